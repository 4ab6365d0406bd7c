package asking

import (
	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// opensActivation checks who opened the chart against what the ledger committed to: the
// one who asks now, for this chart, with a reason.
func (r *Reading) opensActivation() Reason {
	if len(r.Asked.Document) > stele.MaxDetail || !Opens(r.Grant.Commitment, r.Asked.DocumentSalt, seal.TagDetail, r.Asked.Document) {
		return "what is shown of the emergency is not what is on the ledger"
	}
	a, card := new(wire.AccessDetail), new(wire.Card)
	if wire.DecodeKnown(r.Asked.Document, a) != nil {
		return "what is shown of the emergency is not fit for use"
	}
	switch {
	case string(a.Request) != string(r.GrantID[:]) || string(a.Subject) != string(r.Subject[:]):
		return "what is shown of the emergency is of another one"
	case wire.Decode(a.Card.GetBody(), card) != nil || string(card.Subject) != string(r.Card.Says.Subject):
		return "the chart was opened in an emergency by somebody else"
	case a.Reason == "" || stele.CheckReason(a.Reason) != nil:
		return "the chart was opened in an emergency without a reason"
	}
	r.Emergency = a
	return Permitted
}

// forEmergency checks the purpose: of the activation, and of the opening under it.
func (r *Reading) forEmergency() Reason {
	if p := stele.Purpose(r.Detail.Purpose); p != stele.EmergencyTreatment || stele.Purpose(r.Emergency.Purpose) != p {
		return "the purpose is not emergency treatment"
	}
	return Permitted
}

// allowed asks what the patient says of emergencies: is this one allowed, in this role, at this
// facility?
func (r *Reading) allowed() Reason {
	if r.Emergency == nil {
		return Permitted
	}
	why := r.says.Allows(slot.Asking{
		Who: r.Card.Subject(), Organisation: r.Grant.Member, Role: r.Credentials.Role.Role, Facility: r.Credentials.Accreditation.Facility,
	})
	if why != slot.Permitted {
		r.heard = false
	}
	return Reason(why)
}
