package timeline

import (
	"strconv"
	"strings"

	"github.com/stele-health/stele/telling"
)

// reassessed takes for past, of the risks that one source assessed again and again, all
// assessments but the last of each: a risk that was high in March and is low in May is
// none to be warned of.
func reassessed(entries []Entry) {
	last := map[string]*Entry{}
	for i := range entries {
		e := &entries[i]
		if e.Type != "RiskAssessment" || e.whose == nobody || e.Stands != telling.Holds && e.Stands != telling.Happened {
			continue
		}
		key := strings.Join(append(outcomesOf(e), strconv.Itoa(e.whose), e.concept()), "|")
		earlier, before := last[key], e
		switch {
		case earlier == nil:
			last[key] = e
			continue
		case compareMoments(earlier.When, e.When, true) < 0:
			last[key], before = e, earlier
		case earlier.When.At == e.When.At:
			continue // two of one time: which is the later nobody tells
		}
		if before.Warns {
			before.Stands, before.Active = telling.Happened, false
		}
	}
}

// outcomesOf are the names and codes of what a risk is of: many assessments have no code.
func outcomesOf(e *Entry) (out []string) {
	for _, p := range itemsOf(e.record.Root(), "prediction") {
		out = append(out, textOf(p, "outcome", "text"))
		for _, c := range itemsOf(p.Member("outcome"), "coding") {
			out = append(out, textOf(c, "code"))
		}
	}
	return out
}
