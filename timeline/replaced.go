package timeline

import (
	"slices"

	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
)

// replaced names, by key, what records of a source that count say they replace:
// an order its prior prescription, a letter the draft before it. Whoever is only
// proposed, was not done or has not begun on the day of reading replaces nothing
// yet. Of an order that is itself over, as a short course is, the value is false:
// that it ended what came before it is not sure, unless another took its place.
func replaced(told []Entry, of verdicts) map[string]bool {
	out := map[string]bool{}
	var ended [][]string       // what records that are over replaced
	open := map[string][]int{} // by key, those that are over
	var queue []string
	replace := func(keys []string) {
		for _, key := range keys {
			if !out[key] {
				out[key] = true
				queue = append(queue, key)
			}
		}
	}
	for i, e := range told {
		if of[i].version != Current {
			continue
		}
		r := e.record.Root()
		var priors []string
		for _, ref := range replaces(r) {
			if key := reference(e.whose, textOf(ref, "reference")); key != "" {
				priors = append(priors, key)
			}
		}
		switch s := e.Stands; {
		case s == telling.Over && (r.Member("priorPrescription").Exists() || r.Member("priorRequest").Exists() || r.Member("intent").Exists()):
			for _, key := range e.refs {
				open[key] = append(open[key], len(ended))
			}
			ended = append(ended, priors)
		case s == telling.Holds, s == telling.Over, s == telling.Happened:
			replace(priors)
		}
	}
	// A chain of orders: what took the place of the last took that of all before.
	for len(queue) > 0 {
		key := queue[0]
		queue = queue[1:]
		for _, n := range open[key] {
			replace(ended[n])
		}
	}
	for _, priors := range ended {
		for _, key := range priors {
			out[key] = out[key]
		}
	}
	return out
}

// replaces lists the references of a record to what it replaces.
func replaces(r fhir.Value) (out []fhir.Value) {
	for _, place := range []string{"priorPrescription", "priorRequest", "replaces"} {
		out = append(out, itemsOf(r, place)...)
	}
	for _, related := range itemsOf(r, "relatesTo") {
		if textOf(related, "code") == "replaces" {
			out = append(out, related.Member("target"), related.Member("targetReference"))
		}
	}
	return out
}

// replacedBy tells what took the place of an entry: see replaced.
func (e *Entry) replacedBy(old map[string]bool) {
	if len(old) == 0 {
		return
	}
	if slices.ContainsFunc(e.refs, func(key string) bool { return old[key] }) {
		e.replace()
	} else if slices.ContainsFunc(e.refs, func(key string) bool { _, ok := old[key]; return ok }) {
		e.outlived()
	}
}

// replace tells that a later record took the place of this one.
func (e *Entry) replace() {
	if e.Stands == telling.Holds || e.Stands == telling.Unclear {
		e.Stands, e.Active = telling.Over, false
	}
	e.Held = false
	e.Status = joined(", ", "replaced by a later one", without(e.Status, "active"))
}

// outlived tells that a later record that is over took the place of this one for a
// time, or for good: a short course of steroids does not end those for life.
func (e *Entry) outlived() {
	if e.Stands == telling.Holds || e.Held {
		e.doubt("replaced by a later one that is over")
	}
}

// succeeded adds to an order in force a later one in its place that is not, or of which nobody
// says whether it is: some write so that an order is to end (OpenMRS, its action DISCONTINUE).
func succeeded(so, entries []Entry) {
	by := map[string][]*Entry{}
	for i := range entries {
		o := &entries[i]
		if o.Stands != telling.Denied && o.Stands != telling.Unclear {
			continue
		}
		for _, ref := range replaces(o.record.Root()) {
			if key := reference(o.whose, textOf(ref, "reference")); key != "" {
				by[key] = append(by[key], o)
			}
		}
	}
	for i := range so {
		for _, key := range so[i].refs {
			for _, o := range by[key] {
				if !so[i].opposedBy(o) {
					so[i].oppose(*o)
				}
			}
		}
	}
}
