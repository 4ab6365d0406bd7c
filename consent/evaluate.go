package consent

import (
	"slices"
	"time"

	"github.com/stele-health/stele"
)

// Asking is who asks, what for, and when: all that a grant decides on before
// any record is named. The caller has verified each of them.
type Asking struct {
	Who          stele.Subject // of the checked card
	Organisation stele.Subject // that the card says they act for; may be zero
	Role         string        // code of the card's role
	FacilityKind string        // code of the card's kind of facility
	Action       stele.Action
	Purpose      stele.Purpose
	At           time.Time // the later of block time and the caller's own clock
}

// Reason says why an asking was denied, for tests and for the patient's own
// account. No asker is ever told.
type Reason string

// The reasons.
const (
	Permitted        Reason = ""
	DenyUnfit        Reason = "the grant document is not fit for use"
	DenyAction       Reason = "the grant is for another action"
	DenyNotYet       Reason = "the grant has not begun"
	DenyEnded        Reason = "the grant has ended"
	DenyPurpose      Reason = "the purpose is not the grant's"
	DenyWho          Reason = "the grant is for somebody else"
	DenyOrganisation Reason = "the grant is for another organisation"
	DenyRole         Reason = "the grant is for another role"
	DenyFacility     Reason = "the grant is for another kind of facility"
	DenyCategory     Reason = "the category is not in the grant"
	DenySensitivity  Reason = "a sensitivity is not in the grant"
	DenyPeriod       Reason = "the clinical date is not in the grant's period"
	DenySource       Reason = "the source is not in the grant"
	DenyRecord       Reason = "the record is not one of the grant's"
	DenyAct          Reason = "the delegation is not for this"
	DenyOfAge        Reason = "the patient has come of age"
	DenyLiving       Reason = "the delegation begins to count with the patient's death"
	DenyDead         Reason = "the patient has died, and the delegate is no executor"
	DenyDelegate     Reason = "the grant was signed by somebody else than the delegate"
)

// Decision is the answer. Its zero value denies.
type Decision struct {
	permit bool
	why    Reason
}

// Permit reports whether the asking is allowed.
func (d Decision) Permit() bool { return d.permit }

// Why returns the reason for a denial, Permitted otherwise.
func (d Decision) Why() Reason { return d.why }

func decide(why Reason) Decision { return Decision{why == Permitted, why} }

// EvaluateActor decides whether the grant allows this asking at all, whatever
// it is for. It answers the same for all records of a chart. Uses, revocation and
// erasure are the ledger's to know and not decided here.
func EvaluateActor(g Grant, a Asking) Decision {
	switch {
	case g.Check() != nil:
		return decide(DenyUnfit)
	case a.Action != g.Action:
		return decide(DenyAction)
	case a.At.Before(g.NotBefore):
		return decide(DenyNotYet)
	case !a.At.Before(g.End):
		return decide(DenyEnded)
	case !a.Purpose.Valid() || !slices.Contains(g.Purposes, a.Purpose):
		return decide(DenyPurpose)
	case a.Who.IsZero():
		return decide(DenyWho)
	}
	return decide(evaluateWho(g.Actor, a))
}

func evaluateWho(actor Actor, a Asking) Reason {
	switch actor.Kind {
	case Person:
		if a.Who != actor.Subject {
			return DenyWho
		}
		return Permitted
	case Practitioner:
		if a.Who != actor.Subject {
			return DenyWho
		}
		if !actor.At.Subject.IsZero() && a.Organisation != actor.At.Subject {
			return DenyOrganisation
		}
		return Permitted
	case Organisation:
		if a.Organisation != actor.Subject && a.Who != actor.Subject {
			return DenyOrganisation
		}
		if actor.Role != "" && a.Role != actor.Role {
			return DenyRole
		}
		return Permitted
	case RoleAtFacility:
		if a.Role != actor.Role {
			return DenyRole
		}
		if a.FacilityKind != actor.FacilityKind {
			return DenyFacility
		}
		return Permitted
	}
	return DenyWho
}

// Covers decides whether a whole folio of this label is in the grant. Dates are
// judged by the label's year, as trustees see no more; a vault then hands out
// only the records that CoversRecord allows. A grant of single records covers
// no folio: its records come by capsules of their own.
func Covers(g Grant, label stele.Label) Decision {
	if g.Check() != nil {
		return decide(DenyUnfit)
	}
	if len(g.Records) > 0 {
		return decide(DenyRecord)
	}
	return decide(coversLabel(g, label))
}

// CoversRecord decides on one record. when is its clinical date as its cover
// writes it. Under a grant with a data period the whole of a partial date must
// lie within the period, and a record without a date is denied.
func CoversRecord(g Grant, label stele.Label, record stele.ID, when string) Decision {
	if g.Check() != nil {
		return decide(DenyUnfit)
	}
	if len(g.Records) > 0 && !slices.Contains(g.Records, record) {
		return decide(DenyRecord)
	}
	if why := coversLabel(g, label); why != Permitted {
		return decide(why)
	}
	if g.From.IsZero() && g.To.IsZero() {
		return decide(Permitted)
	}
	d, ok := ParseDate(when)
	if !ok || !g.From.IsZero() && d.first() < g.From.first() || !g.To.IsZero() && d.last() > g.To.last() {
		return decide(DenyPeriod)
	}
	return decide(Permitted)
}

// CoversCapsule decides whether the capsule of a single record is in the grant, which must be one of
// single records. Dates are judged by the label's year, as in Covers.
func CoversCapsule(g Grant, label stele.Label, record stele.ID) Decision {
	switch {
	case g.Check() != nil:
		return decide(DenyUnfit)
	case !slices.Contains(g.Records, record):
		return decide(DenyRecord)
	}
	return decide(coversLabel(g, label))
}

func coversLabel(g Grant, label stele.Label) Reason {
	if !label.Category.Valid() ||
		g.Categories[0] != AllCategories && !slices.Contains(g.Categories, label.Category) {
		return DenyCategory
	}
	for _, s := range label.Sensitivity {
		if !slices.Contains(g.Sensitivity, s) {
			return DenySensitivity
		}
	}
	if !g.From.IsZero() && label.Year < g.From.Year || !g.To.IsZero() && (label.Year <= 0 || label.Year > g.To.Year) {
		return DenyPeriod
	}
	if len(g.Sources) > 0 && !slices.ContainsFunc(g.Sources, func(p Party) bool { return p.Subject == label.Source }) {
		return DenySource
	}
	return Permitted
}
