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

// opensDelegations checks the delegations that are shown above the grant of a reading.
func (r *Reading) opensDelegations() Reason {
	var why Reason
	if r.Delegations, why = r.judge.shownAbove(r.Document, r.Grant.Delegation, r.Asked.Delegations); why != Permitted {
		return why
	}
	return r.stillActs()
}

// shownAbove checks the delegations shown above a grant against the ledger's, each, and that
// each lets its delegate give what stands below it.
func (j *Judge) shownAbove(given consent.Grant, above stele.ID, shown []*wire.ShownDelegation) (found []consent.Grant, why Reason) {
	subject := given.Patient.Subject
	for _, s := range shown {
		if above.IsZero() {
			return nil, "a delegation was shown that the grant was not given under"
		}
		row, err := j.Ledger.Grant(above)
		if err != nil || row.Subject != subject || !Opens(row.Commitment, s.GetSalt(), seal.TagGrant, s.GetDocument()) {
			return nil, "the delegation shown is not the one on the ledger"
		}
		d, err := consent.Parse(s.GetDocument())
		if err != nil {
			return nil, "the delegation's document is not fit for use"
		}
		if d.ID != above || d.Patient.Subject != subject || d.Grantee != row.Grantee || d.Action != stele.ActionDelegate {
			return nil, "the delegation's document is of another one"
		}
		if why := caresOnly(row, d); why != Permitted {
			return nil, why
		}
		if why := consent.EvaluateGiven(d, given).Why(); why != consent.Permitted {
			return nil, Reason(why)
		}
		found = append(found, d)
		given, above = d, row.Delegation
	}
	if !above.IsZero() {
		return nil, "the delegation that the grant was given under was not shown"
	}
	return found, Permitted
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
	return allAct(all, acting)
}

// allAct checks that each of some delegations is for an act.
func allAct(all []consent.Grant, acting consent.Acting) Reason {
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
