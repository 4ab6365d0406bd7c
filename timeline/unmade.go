package timeline

import (
	"strings"

	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
)

// unmade adds to a medicine that a list struck it out, and to a device that a procedure
// took it out, where they only name it: a discharge letter of another source has no
// reference to what is in force elsewhere.
func unmade(so, entries []Entry) {
	type act struct {
		*Entry
		of substance
	}
	by := map[string][]act{} // by word under Now and each word of the name
	add := func(word string, e *Entry, name string) {
		a := act{e, substanceOf(name)}
		for _, w := range a.of.words {
			by[word+"|"+w] = append(by[word+"|"+w], a)
		}
	}
	for i := range entries {
		e := &entries[i]
		switch {
		case e.Stands != telling.Happened:
		case e.Type == "List":
			for _, name := range struckNames(e.record.Root()) {
				add("medicine", e, name)
			}
		default:
			for _, a := range e.Acts {
				if a.Act == telling.TookOut {
					add("device", e, joined(" ", e.Name, a.Words))
				}
			}
		}
	}
	for i := range so {
		word := nowWord(so[i])
		if word != "medicine" && word != "device" || so[i].Absent {
			continue
		}
		s := substanceOf(so[i].Name)
		var acts []act
		for _, w := range s.words {
			acts = append(acts, by[word+"|"+w]...)
		}
		for _, a := range acts {
			same := word == "device" && allIn(s.words, a.of.words) || word == "medicine" && a.of.same(s, true)
			if same && !so[i].opposedBy(a.Entry) && a.When.Day != "" && compareDays(a.When.Day, so[i].When.Day) >= 0 {
				so[i].oppose(*a.Entry)
			}
		}
	}
}

// struckNames are the names of what a list struck out, where it has no reference to it.
func struckNames(list fhir.Value) (out []string) {
	for _, item := range itemsOf(list, "entry") {
		if name := textOf(item, "item", "display"); name != "" && strikes(item) && textOf(item, "item", "reference") == "" {
			out = append(out, strings.ToLower(name))
		}
	}
	return out
}
