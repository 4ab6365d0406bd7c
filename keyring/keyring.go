package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Keyring is the keys of one wallet. Its methods are safe for concurrent use, but for
// Forget.
type Keyring struct {
	secrets secrets
	owner   *Keyring // of the keyring for a chart that is merged into another; nil otherwise

	// What every request needs is derived once.
	document []byte
	subject  stele.Subject
	sealKey  *seal.SealKey
}

// New draws a seed. kind and name say whose it is; they are sealed with it.
func New(kind, name string) (*Keyring, error) {
	s := secrets{Version: 1, Kind: kind, Name: name, Seed: make([]byte, seedSize), Salt: make([]byte, 16)}
	rand.Read(s.Seed)
	rand.Read(s.Salt)
	return of(s)
}

// NewClaiming is New for whoever claims the chart of a slip: what the ledger knows them by is the
// slip's, the keys are fresh.
func NewClaiming(kind, name string, slip Slip) (*Keyring, error) {
	s := secrets{Version: 2, Kind: kind, Name: name, Seed: make([]byte, seedSize), Document: slip.Document}
	rand.Read(s.Seed)
	return of(s)
}

// of derives what every request needs.
func of(s secrets) (*Keyring, error) {
	k := &Keyring{secrets: s}
	seed := k.Derive("seal", nil)
	key, err := seal.SealKeyFromSeed(seed[:])
	if err != nil {
		return nil, stele.E("derive keys", stele.KindOther, "", err)
	}
	k.sealKey = key
	if k.document = s.Document; len(k.document) == 0 {
		k.document = wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{k.Device()}, Salt: s.Salt})
	}
	k.subject = stele.SubjectOf(k.document)
	return k, nil
}

// Forget clears the seed. Nobody uses the keyring any more.
func (k *Keyring) Forget() { clear(k.secrets.Seed) }

// Kind returns whose wallet it is, as New was told.
func (k *Keyring) Kind() string { return k.secrets.Kind }

// Name returns the owner's name.
func (k *Keyring) Name() string { return k.secrets.Name }

// Subject returns the wallet's subject.
func (k *Keyring) Subject() stele.Subject { return k.subject }

// Speaks returns whose key signs for the subject: its own, or that of the owner into whose chart it is
// merged.
func (k *Keyring) Speaks() stele.Subject {
	if k.owner != nil {
		return k.owner.Speaks()
	}
	return k.subject
}

// Device is the public half of the keys that sign and open for the subject.
func (k *Keyring) Device() *wire.Device {
	return &wire.Device{Signing: k.Signer().Public(), SealSuite: wire.SuiteSeal, SealKey: k.sealKey.Public()}
}

// KeyDocument returns the genesis key document's bytes, the same each time.
func (k *Keyring) KeyDocument() []byte { return k.document }

// Signer returns the key that signs for the subject.
func (k *Keyring) Signer() wire.Signer {
	if k.owner != nil {
		return k.owner.Signer()
	}
	return wire.Ed25519FromSeed(k.Derive("signing", nil))
}

// SealKey returns the key that folio keys and post are sealed to.
func (k *Keyring) SealKey() *seal.SealKey { return k.sealKey }

// OneTime returns the pairwise key of an index; each is named by one grant only.
func (k *Keyring) OneTime(index uint32) wire.Signer {
	return wire.Ed25519FromSeed(k.Derive("one-time", binary.BigEndian.AppendUint32(nil, index)))
}

// Derive gives a key of the seed for one use.
func (k *Keyring) Derive(use string, context []byte) [32]byte {
	key, err := hkdf.Key(sha256.New, k.secrets.Seed, nil, "stele.v1.wallet."+use+"\x00"+string(context), 32)
	if err != nil {
		panic("keyring: " + err.Error()) // only for lengths that are too large
	}
	return [32]byte(key)
}

// AEAD seals what the wallet keeps for itself, for one use: AES-256-GCM, its nonce drawn
// and put before what is sealed.
func (k *Keyring) AEAD(use string) cipher.AEAD {
	key := k.Derive(use, nil)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("keyring: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("keyring: " + err.Error())
	}
	return aead
}
