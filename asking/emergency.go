package asking

import (
	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// Slots opens what patients say of emergencies, as far as it was brought to the own member.
type Slots interface {
	// Slot returns what a subject committed to. It fails where that is not here, or is
	// nothing that is understood.
	Slot(subject stele.Subject, commitment stele.Digest) (slot.Slot, error)
}

// Emergency is what a chart is opened by in an emergency.
type Emergency struct {
	Activation wire.AccessDetail // who opened the chart and why, as the activation committed to it
	Slot       slot.Slot         // what the patient allows then

	commitment stele.Digest // to the slot
}

// opensActivation checks who opened the chart against what the ledger committed to: the
// one who asks now, for this chart, with a reason.
func (r *Reading) opensActivation() Reason {
	if len(r.Asked.Document) > stele.MaxDetail || !Opens(r.Grant.Commitment, r.Asked.DocumentSalt, seal.TagDetail, r.Asked.Document) {
		return "what is shown of the emergency is not what is on the ledger"
	}
	e := &Emergency{Slot: slot.Slot{Nothing: true}} // until it is known
	if wire.DecodeKnown(r.Asked.Document, &e.Activation) != nil {
		return "what is shown of the emergency is not fit for use"
	}
	a, card := &e.Activation, new(wire.Card)
	switch {
	case string(a.Request) != string(r.GrantID[:]) || string(a.Subject) != string(r.Subject[:]):
		return "what is shown of the emergency is of another one"
	case wire.Decode(a.Card.GetBody(), card) != nil || string(card.Subject) != string(r.Card.Says.Subject):
		return "the chart was opened in an emergency by somebody else"
	case a.Reason == "" || stele.CheckReason(a.Reason) != nil:
		return "the chart was opened in an emergency without a reason"
	}
	r.Emergency = e
	return Permitted
}

// allowed asks what the patient has said of emergencies, and by the newest block: is this one
// allowed, in this role, at this facility?
func (r *Reading) allowed() Reason {
	e := r.Emergency
	if p := stele.Purpose(r.Detail.Purpose); p != stele.EmergencyTreatment || stele.Purpose(e.Activation.Purpose) != p {
		return "the purpose is not emergency treatment"
	}
	if r.judge.Slots == nil || r.Patient.Emergency == (stele.Digest{}) {
		return unsaid
	}
	says, err := r.judge.Slots.Slot(r.Subject, r.Patient.Emergency)
	if err != nil {
		return unsaid
	}
	if why := says.Allows(slot.Asking{
		Who: r.Card.Subject(), Organisation: r.Grant.Member, Role: r.Credentials.Role.Role, Facility: r.Credentials.Accreditation.Facility,
	}); why != slot.Permitted {
		return Reason(why)
	}
	e.Slot, e.commitment = says, r.Patient.Emergency
	return Permitted
}

const unsaid Reason = "what the patient says of emergencies has not come to the member"

// stillAllowed is what of allowed can change from block to block: what the patient says of
// emergencies counts from the next block on, and whoever asks again is judged by it.
func (r *Reading) stillAllowed() Reason {
	if r.Emergency == nil {
		return Permitted
	}
	patient, err := r.judge.Ledger.Subject(r.Subject)
	if err != nil || patient.Emergency != r.Emergency.commitment {
		return "the patient has changed what may be opened in an emergency"
	}
	return Permitted
}
