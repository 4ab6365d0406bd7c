package consent

import "github.com/stele-health/stele"

// Request is an Asking for one folio or one record.
type Request struct {
	Asking
	Label  stele.Label
	Record *stele.ID // handle; nil asks for the folio
	When   string    // the record's clinical date as its cover writes it; used with Record
}

// Evaluate decides on one folio or record, as [EvaluateActor], [Covers] and
// [CoversRecord] do together.
func Evaluate(g Grant, r Request) Decision {
	if d := EvaluateActor(g, r.Asking); !d.Permit() {
		return d
	}
	if r.Record != nil {
		return CoversRecord(g, r.Label, *r.Record, r.When)
	}
	return Covers(g, r.Label)
}
