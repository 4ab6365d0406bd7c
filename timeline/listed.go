package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
)

// listed marks the lists of allergies, problems and medicines that name what has no
// record of its own here: some sources have no other place for them. Of a source's lists
// of one kind and name the last one counts.
func listed(entries []Entry) {
	here := map[string]bool{}
	for _, e := range entries {
		for _, ref := range e.refs {
			here[ref] = true
		}
	}
	last := map[string]*Entry{}
	for i := range entries {
		e := &entries[i]
		if e.Type != "List" || e.Absent || e.Stands != telling.Happened || !slices.Contains([]stele.Category{stele.Allergies, stele.Problems, stele.Medications}, e.Kind) {
			continue
		}
		of := strings.Join([]string{sourceNumbers(e.Vouched), string(e.Kind), e.Name}, "|")
		if o := last[of]; o == nil || compareMoments(e.When, o.When, true) > 0 {
			last[of] = e
		}
	}
	for _, e := range last {
		e.listed = slices.ContainsFunc(itemsOf(e.record.Root(), "entry"), func(item fhir.Value) bool {
			return textOf(item, "item", "display") != "" && !strikes(item) && !here[reference(e.whose, textOf(item, "item", "reference"))]
		})
	}
}
