package timeline

import "github.com/stele-health/stele/fhir"

// element follows names down. What does not exist is the zero Value.
func element(v fhir.Value, path ...string) fhir.Value {
	for _, name := range path {
		v = v.Member(name)
	}
	return v
}

// textOf is an element's string, "" for anything else.
func textOf(v fhir.Value, path ...string) string {
	if v = element(v, path...); v.IsText() {
		return v.Text()
	}
	return ""
}

// itemsOf are the items of a list, or a single value as a list of one.
func itemsOf(v fhir.Value, path ...string) (out []fhir.Value) {
	switch v = element(v, path...); {
	case v.IsArray():
		for item := range v.All() {
			out = append(out, item)
		}
	case v.Exists() && !v.IsNull():
		out = append(out, v)
	}
	return out
}

// saidIn are the words of a concept: its text, and of each coding code and display.
func saidIn(concept fhir.Value) []string {
	said := []string{textOf(concept, "text")}
	for _, coding := range itemsOf(concept, "coding") {
		said = append(said, textOf(coding, "code"), textOf(coding, "display"))
	}
	return said
}

// hasCode reports whether a concept has a code of a system.
func hasCode(concept fhir.Value, system, code string) bool {
	for _, coding := range itemsOf(concept, "coding") {
		if textOf(coding, "system") == system && textOf(coding, "code") == code {
			return true
		}
	}
	return false
}
