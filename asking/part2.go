package asking

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wire"
)

// Disclosure is what must accompany what is released (R22): nil where none of the labels is
// of substance use records. Trustees bind their release to it, and a reader takes no release
// that comes without: both say it by this function alone.
func Disclosure(g consent.Grant, labels []stele.Label) *wire.Disclosure {
	if !slices.ContainsFunc(labels, func(l stele.Label) bool { return consent.IsPart2(l.Sensitivity) }) {
		return nil
	}
	return &wire.Disclosure{Notice: consent.Notice, Scope: consent.Scope(g)}
}
