package slot

import (
	"bytes"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// What a reader gets of a folio with a restricted record is the others, each by a capsule of its own
// key: the folio's key opens the restricted one, too. The patient's wallet makes these capsules, for
// no grant in particular, so that they need not be made anew for each; the slot goes to every member
// already, so they go with it, live as long as it, and its document names them, so that nobody can put
// others in their place. A record without a capsule is as if it were restricted.

// capsuleLen is a capsule's length, as in package threshold: who holds ciphertext does not know that room.
const capsuleLen = 194

// MaxCapsules is how many capsules go with a slot at most, and MaxCapsulesLen how many bytes they have.
const (
	MaxCapsules    = 512
	MaxCapsulesLen = MaxCapsules * (capsuleLen + 80)
)

// Capsules are capsules of single records, by folio, ascending by handle.
type Capsules map[stele.Digest][]*wire.RecordCapsule

// Encode writes capsules in their one form; none: no bytes. It fails with KindUsage for too many.
func (c Capsules) Encode() ([]byte, error) {
	m, n := new(wire.SlotCapsules), 0
	for folio, records := range c {
		if len(records) == 0 {
			continue
		}
		n += len(records)
		of := &wire.FolioCapsules{Folio: folio[:], Records: slices.Clone(records)}
		slices.SortFunc(of.Records, func(a, b *wire.RecordCapsule) int { return bytes.Compare(a.Handle, b.Handle) })
		m.Folios = append(m.Folios, of)
	}
	if n > MaxCapsules {
		return nil, stele.E("write emergency slot", stele.KindUsage, "more records lie in one folio with restricted ones than there is room for", nil).
			WithHint("restrict them by what they are of, and not by record: stele wallet restrict")
	}
	slices.SortFunc(m.Folios, func(a, b *wire.FolioCapsules) int { return bytes.Compare(a.Folio, b.Folio) })
	return wire.Marshal(m), nil
}

// ReadCapsules reads capsules. It fails with KindInvalid for what is not in its one form.
func ReadCapsules(raw []byte) (Capsules, error) {
	m, c := new(wire.SlotCapsules), Capsules{}
	if err := wire.DecodeKnown(raw, m); err != nil {
		return nil, err
	}
	for _, of := range m.Folios {
		folio, err := stele.DigestFrom(of.Folio)
		if err != nil {
			return nil, err
		}
		for i, r := range of.Records {
			if len(r.Handle) != len(stele.ID{}) || len(r.Capsule) != capsuleLen || i > 0 && bytes.Compare(of.Records[i-1].Handle, r.Handle) >= 0 {
				return nil, invalid("the capsules are not in their one form")
			}
		}
		c[folio] = of.Records
	}
	again, err := c.Encode()
	if err != nil || !bytes.Equal(again, raw) {
		return nil, invalid("the capsules are not in their one form")
	}
	return c, nil
}

// CapsulesOf returns the capsules that go with a slot that a subject committed to, none where none do. It fails
// with KindNotFound where the member does not have them, and with KindProof where it has others than
// the document names.
func (b Box) CapsulesOf(s Slot, subject stele.Subject, commitment stele.Digest) (Capsules, error) {
	if s.Capsules == (stele.Digest{}) {
		return nil, nil
	}
	raw, err := b.Beside(subject, commitment)
	if err != nil {
		return nil, err
	}
	if wire.SlotCapsulesDigest(raw) != s.Capsules {
		return nil, stele.E("read emergency slot", stele.KindProof, "the capsules are not those that the document names", nil)
	}
	return ReadCapsules(raw)
}
