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
