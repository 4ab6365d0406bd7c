package timeline

// replaced names, by key, what records of a source that count say they replace:
// an order its prior prescription, a letter the draft before it. Whoever is only
// proposed, or was not done, replaces nothing.
func replaced(resources []view, source func(int) int, of verdicts) map[string]bool {
	out := map[string]bool{}
	for i, r := range resources {
		r = r.quiet()
		refs := replaces(r)
		if of[i].version != Current || len(refs) == 0 {
			continue
		}
		switch s := standingOf(r, ""); s.is {
		case holds, over, happened:
			for _, ref := range refs {
				if key := reference(source(i), ref.at("reference").raw()); key != "" {
					out[key] = true
				}
			}
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
