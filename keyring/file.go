package keyring

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"filippo.io/age"

	"github.com/stele-health/stele"
)

// secrets is what the passphrase protects.
type secrets struct {
	Version int    `json:"version"` // 1; 2 with a document
	Kind    string `json:"kind"`
	Name    string `json:"name"` // for the owner's own screens and their card
	Seed    []byte `json:"seed"`
	Salt    []byte `json:"salt"` // of the genesis key document

	// Document is the genesis key document of whoever claimed a chart that was made for them: a slip's.
	Document []byte `json:"document,omitempty"`
}

const seedSize = 32

// Seal returns the bytes of the file. workFactor is the base-2 logarithm of scrypt's N; 0
// means age's default, about a second of work.
func (k *Keyring) Seal(passphrase string, workFactor int) ([]byte, error) {
	sealed, err := k.seal(passphrase, workFactor)
	if err != nil {
		return nil, stele.E("seal wallet", stele.KindOther, "", err)
	}
	return sealed, nil
}

func (k *Keyring) seal(passphrase string, workFactor int) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, err
	}
	if workFactor != 0 {
		recipient.SetWorkFactor(workFactor)
	}
	raw, err := json.Marshal(k.secrets)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	to, err := age.Encrypt(&out, recipient)
	if err != nil {
		return nil, err
	}
	if _, err := to.Write(raw); err != nil {
		return nil, err
	}
	if err := to.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Open opens the bytes of a file. It fails with KindDenied when the passphrase is another
// one or empty, and with KindInvalid for what no passphrase opens.
func Open(sealed []byte, passphrase string) (*Keyring, error) {
	s, err := openSecrets(sealed, passphrase)
	if err == nil {
		return of(s)
	}
	kind := stele.KindInvalid
	if _, another := errors.AsType[*age.NoIdentityMatchError](err); another || passphrase == "" || errors.Is(err, age.ErrIncorrectIdentity) {
		kind = stele.KindDenied
	}
	return nil, stele.E("open wallet", kind, "", err)
}

func openSecrets(sealed []byte, passphrase string) (s secrets, err error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return s, err
	}
	from, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		return s, err
	}
	raw, err := io.ReadAll(from)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, err
	}
	if s.Version != 1 && s.Version != 2 || (s.Version == 2) != (len(s.Document) > 0) || len(s.Seed) != seedSize {
		return s, errors.New("unknown version of wallet")
	}
	return s, nil
}
