package seal

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/stele-health/stele"
)

// ErasureKey is a stored record's own key. It lives apart from the record;
// destroying it erases the record wherever a copy lies. It prints as [redacted].
type ErasureKey [KeyLen]byte

// NewErasureKey draws an erasure key. Each wraps one record.
func NewErasureKey() ErasureKey {
	var k ErasureKey
	rand.Read(k[:])
	return k
}

// Erase overwrites the key in memory. Best effort: Go may have left copies
// behind; what counts is the key file.
func (k *ErasureKey) Erase() { clear(k[:]) }

// Format prints [redacted], whatever the verb.
func (ErasureKey) Format(f fmt.State, _ rune) { redact(f) }

// MarshalText writes [redacted].
func (ErasureKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Wrap puts a sealed record under its erasure key, bound to its handle.
func Wrap(k *ErasureKey, handle stele.ID, sealed []byte) []byte {
	return wrap(k, handle, sealed, newNonce())
}

func wrap(k *ErasureKey, handle stele.ID, sealed []byte, nonce [nonceLen]byte) []byte {
	return gcmSeal(k[:], SuiteWrap, nonce, wrapContext(handle), sealed)
}

// Unwrap takes a sealed record out of its wrapping. It fails with KindProof.
func Unwrap(k *ErasureKey, handle stele.ID, wrapped []byte) ([]byte, error) {
	sealed, ok := gcmOpen(k[:], SuiteWrap, wrapContext(handle), wrapped)
	if !ok {
		return nil, stele.E("unwrap record", stele.KindProof, "the stored record does not open with this erasure key and handle", nil)
	}
	return sealed, nil
}

func wrapContext(handle stele.ID) []byte {
	out := binary.BigEndian.AppendUint16(nil, SuiteWrap)
	out = appendField(out, []byte(tagWrap))
	return append(out, handle[:]...)
}
