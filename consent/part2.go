package consent

import (
	"slices"

	"github.com/stele-health/stele"
)

// Part2Notice is the statement of 42 CFR 2.32(a)(2), in the regulation's own
// words, that goes with every release of substance use records (R22).
const Part2Notice = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."

// IsPart2 reports whether data of these sensitivities is handled as protected by
// 42 CFR Part 2. ETH counts too: whether it came from a Part 2 program cannot be
// told from the label, and a notice too many harms nobody.
func IsPart2(sensitivity []stele.Sensitivity) bool {
	return slices.Contains(sensitivity, stele.SUD) || slices.Contains(sensitivity, stele.ETH)
}
