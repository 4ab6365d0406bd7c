package wallet

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// MaxSingles is how many single records a grant is for at most: their capsules travel with it.
const MaxSingles = 16

// Single is a record of the owner's that a grant is for, alone.
type Single struct {
	Handle     stele.ID
	Key        seal.Key         // the record's own, from which its folio's cannot be computed
	Place      *wire.CapsuleRef // of its folio, without a capsule
	Submission *wire.Signed     // SubmissionHead, as its source signed it
}

// capsules makes the capsule of each record for one grant, encoded as wire.SingleRecord. A capsule is
// bound to the record, to its folio and to this grant: under another it opens nothing. It fails with KindUsage for too many.
func (s *Session) capsules(g consent.Grant, singles []Single) (encoded [][]byte, err error) {
	if len(singles) > MaxSingles {
		return nil, stele.E("give grant", stele.KindUsage, "a grant is for 16 single records at most", nil).WithHint("give two, or grant a category")
	}
	committee, chain := s.Committee(), s.Consortium().Chain
	for _, single := range singles {
		place := &wire.CapsuleRef{
			Submission: single.Place.Submission, Head: single.Place.Head, Label: single.Place.Label,
			Index: single.Place.Index, Folios: single.Place.Folios, Path: single.Place.Path, Handle: single.Handle[:],
		}
		label := wire.RecordLabelBytes(chain, committee.Key, s.Subject(), wire.FolioDigest(place.Head), single.Handle, g.ID)
		if place.Capsule, err = threshold.Encrypt(committee.Key, label, (*[32]byte)(&single.Key)); err != nil {
			return nil, err
		}
		encoded = append(encoded, wire.Marshal(&wire.SingleRecord{Place: place, Submission: single.Submission}))
	}
	return encoded, nil
}

// Handles are the single records that terms are for.
func (t Terms) Handles() (list []stele.ID) {
	for _, s := range t.Records {
		list = append(list, s.Handle)
	}
	return list
}

// ForSingles reports whether the grant is for single records.
func (h Held) ForSingles() bool { return len(h.Records) > 0 }

// Singles are the single records that a grant is for, each with its capsule; none where it is for
// folios. What is not understood is left out.
func (h Held) Singles() (records []*wire.SingleRecord) {
	return singlesOf(h.Records)
}

func singlesOf(encoded [][]byte) (records []*wire.SingleRecord) {
	for _, raw := range encoded {
		m := new(wire.SingleRecord)
		if wire.Decode(raw, m) == nil && m.Place != nil {
			records = append(records, m)
		}
	}
	return records
}

// packed takes single records out of a package, as far as the grant names them.
func packed(g consent.Grant, records []*wire.SingleRecord) (encoded [][]byte) {
	for _, r := range records {
		if handle, err := stele.IDFrom(r.GetPlace().GetHandle()); err == nil && slices.Contains(g.Records, handle) && len(encoded) < MaxSingles {
			encoded = append(encoded, wire.Marshal(r))
		}
	}
	return encoded
}
