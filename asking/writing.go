package asking

import (
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wire"
)

// The ledger does not know for what somebody acts. So whoever delivers under a grant to write that
// a delegate gave shows the documents: the grant's, and those of the delegations above it, up to
// the patient's own word. Under what the patient gave herself, nothing is shown.

// Writing is a delivery under a grant that a delegate gave. Its zero value is one under the
// patient's own.
type Writing struct{ documents []consent.Grant } // the grant's, then those of the delegations above it

// Writes judges a delivery under a grant to write, at a time: now, or that of its anchor. That the
// grant holds is not decided here.
func (j *Judge) Writes(grant stele.Grant, shown *wire.ShownGrant, at time.Time) (Writing, Reason) {
	if grant.Delegation.IsZero() {
		return Writing{}, Permitted
	}
	if len(shown.GetDocument()) > stele.MaxDocument || !fewDelegations(shown.GetDelegations()) {
		return Writing{}, malformed
	}
	d, why := documentOf(grant, shown.GetSalt(), shown.GetDocument())
	switch {
	case why != Permitted:
		return Writing{}, why
	case d.Action != stele.ActionWrite:
		return Writing{}, "the grant document is of another grant"
	}
	above, why := j.shownAbove(d, grant.Delegation, shown.GetDelegations())
	if why != Permitted {
		return Writing{}, why
	}
	patient, err := j.Ledger.Subject(grant.Subject)
	if err != nil {
		return Writing{}, "there is no such patient"
	}
	// What was given before a death goes on, as with a grant to read.
	acting := consent.Acting{Act: consent.ActWrite, At: at, Dead: patient.Died != 0 && grant.Height >= patient.Died}
	return Writing{append([]consent.Grant{d}, above...)}, allAct(above, acting)
}

// Covers decides on a folio that is delivered, by its label: it must be in the grant and in all
// that the grant was given under. How sensitive it is does not count: a mark takes readers away,
// and whoever may not let others read a record may well have it written.
func (w Writing) Covers(label stele.Label) Reason {
	label.Sensitivity = nil
	for _, d := range w.documents {
		if why := consent.Covers(d, label).Why(); why != consent.Permitted {
			return Reason(why)
		}
	}
	return Permitted
}
