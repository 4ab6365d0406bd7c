package timeline

import (
	"strconv"

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
		key := strconv.Itoa(e.whose) + "|" + e.concept()
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
