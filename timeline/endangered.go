package timeline

import (
	"slices"
	"strings"
)

// endangered adds to each medicine under Now what says that it harms: an allergy,
// wherever it is told, and an order not to give it. It finds them by a code or by a
// word of the substance; that amoxicillin is a penicillin it does not know.
func endangered(so, unclear []Entry) {
	type danger struct {
		*Entry
		of    []substance
		codes []string
	}
	var dangers []danger
	for _, list := range [][]Entry{so, unclear} {
		for i := range list {
			e := &list[i]
			d := danger{Entry: e, codes: e.record.Codes()}
			for _, name := range e.Harms {
				d.of = append(d.of, substanceOf(name))
			}
			if e.Not && e.Type == "MedicationRequest" {
				d.of = append(d.of, substanceOf(strings.TrimPrefix(e.Name, "not to be taken: ")))
			}
			if len(d.of) > 0 {
				dangers = append(dangers, d)
			}
		}
	}
	for i := range so {
		if !so[i].inUse() || so[i].Absent {
			continue
		}
		s, codes := substanceOf(so[i].Name), so[i].record.Codes()
		for _, d := range dangers {
			if slices.ContainsFunc(codes, func(c string) bool { return slices.Contains(d.codes, c) }) || slices.ContainsFunc(d.of, s.harmedBy) {
				so[i].oppose(*d.Entry)
			}
		}
	}
}
