package asking

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// What a patient says in the one slot that everybody has holds against everybody: what she
// restricts is opened by nobody else, whatever they were granted, and in an emergency
// unless she said so. Her own reading asks nobody.

// Slots opens what patients say of emergencies and restrict, as far as it was brought to the own
// member.
type Slots interface {
	// Slot returns what a subject committed to. It fails where that is not here, or is
	// nothing that is understood.
	Slot(subject stele.Subject, commitment stele.Digest) (slot.Slot, error)
	// Capsules returns the capsules that go with that.
	Capsules(subject stele.Subject, commitment stele.Digest) (slot.Capsules, error)
}

const unsaid Reason = "what the patient says of emergencies and restricts has not come to the member"

// opensSlot opens what the patient says now. A member that does not have it opens nothing: it
// would not know what to keep back.
func (r *Reading) opensSlot() Reason {
	said := r.Patient.Emergency
	switch {
	case r.Emergency == nil && (r.byOwner() || said == (stele.Digest{}) || r.slotless()):
		r.heard = true
		return Permitted
	case r.judge.Slots == nil || said == (stele.Digest{}):
		return unsaid
	}
	says, err := r.judge.Slots.Slot(r.Subject, said)
	if err != nil {
		return unsaid
	}
	r.says, r.said, r.heard = says, said, true
	return Permitted
}

// byOwner reports whether the patient herself asks.
func (r *Reading) byOwner() bool {
	return r.Attributed && r.Card != nil && r.Card.Subject() == r.Subject
}

// slotless reports whether nothing can have been brought to the member: the network was founded
// before members had keys for it, and no wallet restricts anything there.
func (r *Reading) slotless() bool {
	i := slices.IndexFunc(r.Consortium.Members, func(m stele.Member) bool { return m.Subject == r.judge.Member })
	return i >= 0 && len(r.Consortium.Members[i].SealKey) == 0
}

// stillSays is what can change from block to block: what the patient says counts from the next
// block on, and whoever asks again is judged by it.
func (r *Reading) stillSays() Reason {
	if !r.heard || r.Emergency == nil && (r.byOwner() || r.slotless()) {
		return Permitted
	}
	patient, err := r.judge.Ledger.Subject(r.Subject)
	if err != nil || patient.Emergency != r.said {
		return "the patient has changed what may be opened"
	}
	return Permitted
}

// Restricts decides on a folio by its digest and its label, with all its records: what the patient has
// restricted is, for everybody else, as if it were not there. It comes beside Covers.
func (r *Reading) Restricts(folio stele.Digest, label stele.Label) Reason {
	switch {
	case !r.heard:
		return unsaid
	case r.says.Restricts(r.Emergency != nil, folio, label):
		return Reason(slot.DenyRestricted)
	}
	return Permitted
}

// RestrictsRecord decides on one record of a folio, as Restricts does on all of them.
func (r *Reading) RestrictsRecord(folio stele.Digest, handle stele.ID, label stele.Label) Reason {
	switch {
	case !r.heard:
		return unsaid
	case r.says.RestrictsRecord(r.Emergency != nil, slot.Record{Folio: folio, Handle: handle}, label):
		return Reason(slot.DenyRestricted)
	}
	return Permitted
}

// Siblings are the capsules of a folio's records that are not restricted though another of it is; none
// where the patient's wallet brought none. Who reads them is judged by Covers, as of the folio.
func (r *Reading) Siblings(folio stele.Digest, label stele.Label) (open []*wire.RecordCapsule) {
	if r.says.Capsules == (stele.Digest{}) {
		return nil
	}
	if r.beside == nil {
		r.beside = slot.Capsules{}
		if all, err := r.judge.Slots.Capsules(r.Subject, r.said); err == nil && all != nil {
			r.beside = all
		}
	}
	for _, c := range r.beside[folio] {
		if handle, err := stele.IDFrom(c.Handle); err == nil && r.RestrictsRecord(folio, handle, label) == Permitted {
			open = append(open, c)
		}
	}
	return open
}
