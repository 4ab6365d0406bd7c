package timeline

import (
	"slices"
	"strings"
)

// endangered adds to each medicine what says that it harms: an allergy,
// wherever it is told, and an order not to give it. It finds them by a code or by a
// word of the substance; that amoxicillin is a penicillin it does not know.
func endangered(told []Entry) {
	type danger struct {
		*Entry
		of    []substance
		codes []string
	}
	var dangers []danger
	for i := range told {
		e := &told[i]
		d := danger{Entry: e, codes: e.codes()}
		for _, name := range e.Harms {
			if e.Under == "directive" { // which harms nobody
				break
			}
			d.of = append(d.of, substanceOf(name))
		}
		if e.Not && e.Type == "MedicationRequest" {
			d.of = append(d.of, substanceOf(strings.TrimPrefix(e.Name, "not to be taken: ")))
		}
		if len(d.of) > 0 {
			dangers = append(dangers, d)
		}
	}
	for i := range told {
		if !told[i].inUse() || told[i].Absent {
			continue
		}
		s, codes := substanceOf(told[i].Name), told[i].codes()
		for _, d := range dangers {
			if slices.ContainsFunc(codes, func(c string) bool { return slices.Contains(d.codes, c) }) || slices.ContainsFunc(d.of, s.harmedBy) {
				told[i].oppose(*d.Entry)
			}
		}
	}
}
