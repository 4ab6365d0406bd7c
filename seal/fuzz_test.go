package seal

import (
	"bytes"
	"testing"

	"github.com/stele-health/stele"
)

func FuzzOpenRecord(f *testing.F) {
	k, handle := NewKey(), stele.NewID()
	sealed, commitment := SealRecord(&k, handle, []byte("cover"), []byte("resource"))
	f.Add(sealed)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := OpenRecord(&k, handle, []byte("cover"), b, commitment); err == nil && !bytes.Equal(b, sealed) {
			t.Fatal("a forged record opened")
		}
	})
}

func FuzzUnwrap(f *testing.F) {
	k, handle := NewErasureKey(), stele.NewID()
	wrapped := Wrap(&k, handle, []byte("sealed"))
	f.Add(wrapped)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := Unwrap(&k, handle, b); err == nil && !bytes.Equal(b, wrapped) {
			t.Fatal("a forged wrapping opened")
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	k := newSealKeyOrFail(f)
	envelope, err := SealTo(k.Public(), TagRelease, nil, []byte("x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(envelope)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, errFor := splitEnvelope(b)
		_, errOpen := k.Open(TagRelease, nil, b)
		if errOpen == nil && errFor != nil {
			t.Fatal("what is no envelope opened")
		}
	})
}

func FuzzPublicKey(f *testing.F) {
	f.Add(newSealKeyOrFail(f).Public())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewRecipient(b)
		if err != nil {
			return
		}
		if len(b) != PublicLen || r.ID() != RecipientID(b) {
			t.Fatal("a public key of another length was read")
		}
		// A point of low order makes X25519 fail; it must not panic.
		_, _ = r.Seal(TagRelease, nil, nil)
	})
}
