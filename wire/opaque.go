package wire

import (
	"fmt"

	"github.com/stele-health/stele"
)

// Opaque fails with KindInvalid unless raw, an id, a hash or a commitment, has n
// bytes and is not text: what a signer puts on the ledger says nothing (law 4).
// what names it for the sentence.
func Opaque(raw []byte, n int, what string) error {
	switch {
	case len(raw) != n:
		return stele.E("read "+what, stele.KindInvalid, fmt.Sprintf("%s has %d bytes, not %d", what, n, len(raw)), nil)
	case stele.IsText(raw):
		return stele.E("read "+what, stele.KindInvalid, what+" reads as text", nil).WithHint("it is drawn at random, or computed")
	}
	return nil
}

// OpaqueID is Opaque for an id.
func OpaqueID(raw []byte) error { return Opaque(raw, len(stele.ID{}), "an id") }

// OwnID is OpaqueID for an id that has to be its owner's (stele.ID.Of).
func OwnID(raw, owner []byte) error {
	if err := OpaqueID(raw); err != nil {
		return err
	}
	if id := stele.ID(raw); id != id.Of(owner) {
		return stele.E("check id", stele.KindInvalid, "the id is not made for its owner", nil)
	}
	return nil
}

// OpaqueDigests is Opaque for digests.
func OpaqueDigests(raw ...[]byte) error {
	for _, r := range raw {
		if err := Opaque(r, len(stele.Digest{}), "a digest"); err != nil {
			return err
		}
	}
	return nil
}
