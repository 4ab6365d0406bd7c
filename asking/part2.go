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
	if !part2(labels) {
		return nil
	}
	return &wire.Disclosure{Notice: consent.Notice, Scope: consent.Scope(g)}
}

// EmergencyDisclosure is Disclosure where the chart is opened in an emergency.
func EmergencyDisclosure(labels []stele.Label) *wire.Disclosure {
	if !part2(labels) {
		return nil
	}
	return &wire.Disclosure{Notice: consent.Notice, Scope: consent.EmergencyScope}
}

// Disclosure is what must accompany what is released of these labels in this reading.
func (r *Reading) Disclosure(labels []stele.Label) *wire.Disclosure {
	if r.Emergency != nil {
		return EmergencyDisclosure(labels)
	}
	return Disclosure(r.Document, labels)
}

func part2(labels []stele.Label) bool {
	return slices.ContainsFunc(labels, func(l stele.Label) bool { return consent.IsPart2(l.Sensitivity) })
}
