package asking

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
)

// caresOnly holds a grant that two members gave, for somebody whom nobody had claimed, to what
// the template of direct care allows: treatment, and nothing that is marked as sensitive. Whom
// they let act for that person, a newborn's parent, may ask in the person's own name besides, and
// lets others do no more. It holds after the claim, too, until whoever claimed it takes it back.
func (r *Reading) caresOnly() Reason { return caresOnly(r.Grant, r.Document) }

// caresOnly is about one grant or delegation and its document.
func caresOnly(given stele.Grant, d consent.Grant) Reason {
	by := given.Members
	if len(by) == 0 {
		return Permitted
	}
	other := func(p stele.Purpose) bool {
		return p != stele.Treatment && (p != stele.PatientRequest || d.Action != stele.ActionDelegate)
	}
	if slices.ContainsFunc(d.Purposes, other) || len(d.Sensitivity) > 0 || !slices.Contains(by, d.Signed.By.Subject) {
		return "members give for direct care alone, where nobody has claimed the chart"
	}
	return Permitted
}
