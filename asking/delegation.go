package asking

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Somebody who acts for the patient opens the chart by the delegation itself, or gives a grant
// to another who opens it. Whoever opens shows the documents of all delegations above the
// grant, up to the patient's own word, and what is opened is what all of them allow. That they
// hold is the ledger's to know: a grant's status says of its delegations, too.

// maxAbove is how many delegations stand above a grant at most: a delegation that was given
// under another gives none on (contract/grants).
const maxAbove = 2

// fewDelegations reports whether what is shown of delegations can be looked at.
func fewDelegations(shown []*wire.ShownDelegation) bool {
	return len(shown) <= maxAbove && !slices.ContainsFunc(shown, func(d *wire.ShownDelegation) bool { return len(d.GetDocument()) > stele.MaxDocument })
}

// opensDelegations checks the delegations shown against the ledger's, each, and that each lets
// its delegate give what stands below it.
func (r *Reading) opensDelegations() Reason {
	given, above := r.Document, r.Grant.Delegation
	var found []consent.Grant
	for _, shown := range r.Asked.Delegations {
		if above.IsZero() {
			return "a delegation was shown that the grant was not given under"
		}
		row, err := r.judge.Ledger.Grant(above)
		if err != nil || row.Subject != r.Subject || !Opens(row.Commitment, shown.GetSalt(), seal.TagGrant, shown.GetDocument()) {
			return "the delegation shown is not the one on the ledger"
		}
		d, err := consent.Parse(shown.GetDocument())
		if err != nil {
			return "the delegation's document is not fit for use"
		}
		if d.ID != above || d.Patient.Subject != r.Subject || d.Grantee != row.Grantee || d.Action != stele.ActionDelegate {
			return "the delegation's document is of another one"
		}
		if why := caresOnly(row, d); why != Permitted {
			return why
		}
		if why := consent.EvaluateGiven(d, given).Why(); why != consent.Permitted {
			return Reason(why)
		}
		found = append(found, d)
		given, above = d, row.Delegation
	}
	if !above.IsZero() {
		return "the delegation that the grant was given under was not shown"
	}
	r.Delegations = found
	return r.stillActs()
}

// stillActs is what of delegations can change from block to block: a child comes of age, a
// patient dies.
func (r *Reading) stillActs() Reason {
	if r.Document.Action == 0 { // none that was judged yet, or an emergency
		return Permitted
	}
	patient, err := r.judge.Ledger.Subject(r.Subject)
	if err != nil {
		return "there is no such patient"
	}
	// What was given before a death goes on: who gives afterwards is an executor.
	given := patient.Died != 0 && r.Grant.Height >= patient.Died
	acting, all := consent.Acting{Act: consent.ActGive, At: r.Now, Dead: given}, r.Delegations
	if r.Document.Action == stele.ActionDelegate { // who opens acts for the patient
		acting.Dead = patient.Died != 0
		acting.Act, all = consent.ActRead, append(slices.Clone(all), r.Document)
	}
	for _, d := range all {
		if why := consent.EvaluateActing(d, acting).Why(); why != consent.Permitted {
			return Reason(why)
		}
	}
	return Permitted
}

// delegationsAllow checks that all delegations above are for a purpose.
func (r *Reading) delegationsAllow(purpose stele.Purpose) Reason {
	for _, d := range r.Delegations {
		if !slices.Contains(d.Purposes, purpose) {
			return Reason(consent.DenyPurpose)
		}
	}
	return Permitted
}
