package timeline

import "slices"

// replaced names, by key, what records of a source that count say they replace:
// an order its prior prescription, a letter the draft before it. Whoever is only
// proposed, was not done or has not begun on the day of reading replaces nothing
// yet. Of an order that is itself over, as a short course is, the value is false:
// that it ended what came before it is not sure, unless another took its place.
func replaced(resources []view, source func(int) int, of verdicts, today string) map[string]bool {
	out := map[string]bool{}
	type past struct{ keys, priors []string }
	var ended []past
	for i, r := range resources {
		r = r.quiet()
		refs := replaces(r)
		if of[i].version != Current || len(refs) == 0 {
			continue
		}
		var priors []string
		for _, ref := range refs {
			if key := reference(source(i), ref.at("reference").raw()); key != "" {
				priors = append(priors, key)
			}
		}
		switch s := standingOf(r, today); {
		case s.is == over && (r.at("priorPrescription").has() || r.at("priorRequest").has() || r.at("intent").has()):
			ended = append(ended, past{keysOf(source(i), r), priors})
		case s.is == holds, s.is == over, s.is == happened:
			for _, key := range priors {
				out[key] = true
			}
		}
	}
	// A chain of orders: what took the place of the last took that of all before.
	for changed := true; changed; {
		changed = false
		for _, p := range ended {
			if !slices.ContainsFunc(p.keys, func(key string) bool { return out[key] }) {
				continue
			}
			for _, key := range p.priors {
				changed = changed || !out[key]
				out[key] = true
			}
		}
	}
	for _, p := range ended {
		for _, key := range p.priors {
			out[key] = out[key]
		}
	}
	return out
}

// replaces lists the references of a record to what it replaces.
func replaces(r view) (out []view) {
	for _, place := range []string{"priorPrescription", "priorRequest", "replaces"} {
		out = append(out, r.at(place).list()...)
	}
	for _, related := range r.at("relatesTo").list() {
		if related.at("code").raw() == "replaces" {
			out = append(out, related.at("target"), related.at("targetReference"))
		}
	}
	return out
}

// replace tells that a later record took the place of this one.
func (e *Entry) replace() {
	if e.is == holds || e.is == unclear {
		e.is, e.Active = over, false
	}
	e.held = false
	e.Status = notes("replaced by a later one", without(e.Status, "active"))
}

// outlived tells that a later record that is over took the place of this one for a
// time, or for good: a short course of steroids does not end those for life.
func (e *Entry) outlived() {
	if e.is != holds && !e.held {
		return
	}
	e.is, e.Active, e.held = unclear, false, false
	e.Status = notes(e.Status, "replaced by a later one that is over", seeRecord)
}
