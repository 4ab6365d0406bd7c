package consent

import (
	"slices"

	"github.com/stele-health/stele"
)

// IsPart2 reports whether data of these sensitivities is handled as protected by
// 42 CFR Part 2. ETH counts too: whether it came from a Part 2 program cannot be
// told from the label, and a notice too many harms nobody.
func IsPart2(sensitivity []stele.Sensitivity) bool {
	return slices.Contains(sensitivity, stele.SUD) || slices.Contains(sensitivity, stele.ETH)
}

// Notice must accompany each disclosure of substance use records: the second of the
// statements that 42 CFR 2.32(a) gives, in its words.
const Notice = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."

// EmergencyScope stands for a consent where records are disclosed in a medical emergency, for
// which the law wants none (42 CFR 2.51).
const EmergencyScope = "Disclosed to medical personnel in a medical emergency, without the patient's consent to this (42 CFR 2.51)."

// Scope explains what a patient consented to, to whoever receives substance use records
// under the grant (42 CFR 2.32(b)).
func Scope(g Grant) string {
	return `The patient consented to this: "` + Say(g, g.Language) + `"`
}
