package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"

	"github.com/stele-health/stele"
)

// KeyLen is the length of a folio key and of an erasure key in bytes.
const KeyLen = 32

// Key is a folio key. It prints as [redacted].
type Key [KeyLen]byte

// NewKey draws a folio key.
func NewKey() Key {
	var k Key
	rand.Read(k[:])
	return k
}

// KeyFrom reads the 32 raw bytes of a folio key. It fails with KindInvalid.
func KeyFrom(raw []byte) (Key, error) {
	if len(raw) != KeyLen {
		return Key{}, stele.E("read folio key", stele.KindInvalid, "a folio key is 32 bytes", nil)
	}
	return Key(raw), nil
}

// Commitment returns the public value that stands in the leaf of every record of
// the folio. AES-GCM alone would let a liar craft a ciphertext that opens under
// two keys to two texts; a reader who checks the commitment sees one only.
func (k *Key) Commitment() stele.Digest {
	return stele.Digest(derive(k[:], string(tagKeyCommitment), 32))
}

// CheckKey checks a folio key against its commitment, in constant time. It fails
// with KindProof.
func CheckKey(k *Key, commitment stele.Digest) error {
	got := k.Commitment()
	if subtle.ConstantTimeCompare(got[:], commitment[:]) != 1 {
		return stele.E("check folio key", stele.KindProof, "the key is not the one the folio was sealed with", nil)
	}
	return nil
}

// Erase overwrites the key. Best effort: Go may have left copies behind.
func (k *Key) Erase() { clear(k[:]) }

// Format prints [redacted], whatever the verb.
func (Key) Format(f fmt.State, _ rune) { redact(f) }

// MarshalText writes [redacted]: a key reaches no file by accident.
func (Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

const redacted = "[redacted]"

func redact(f fmt.State) { io.WriteString(f, redacted) }

// derive is HKDF-SHA-256 (RFC 5869) without a salt: secret is uniform already.
func derive(secret []byte, info string, length int) []byte {
	out, err := hkdf.Key(sha256.New, secret, nil, info, length)
	if err != nil {
		panic(err) // only for lengths over 255 hashes
	}
	return out
}
