package timeline

import (
	"fmt"
	"slices"
	"strings"
)

// taken says how a record of the past was taken back.
func (e Entry) taken() string {
	if e.record.Retracted() {
		return "entered in error"
	}
	return "withdrawn by its source"
}

// gather puts the results of a report under it; what two reports share stands
// under the first, and a report left empty by that says where to look. A result that
// has results itself has a line of its own, which its report names. What a report
// or a document lists and is not here is counted, by name where it has one; what was
// withdrawn or was an error is told apart from that. Results of a report that was
// itself taken back, or that a newer version no longer lists, say so.
func gather(entries, past []Entry, gone map[string]string) []Entry {
	byRef, here := index{}, map[string]bool{}
	for i, e := range entries {
		for _, ref := range e.refs {
			here[ref] = true
			switch e.Type {
			case "Observation", "QuestionnaireResponse", "MolecularSequence", "DiagnosticReport":
				byRef.add(ref, i)
			}
		}
	}
	owner := make([]int, len(entries)) // of a result, its report's index + 1
	named := make([]bool, len(entries))
	for i := range entries {
		other := 0
		var panels []string // among its results, which have a line of their own
		for _, l := range entries[i].results {
			j, ok := byRef.find(l.key)
			if !ok || j == i {
				continue
			}
			switch named[j] = true; {
			case len(entries[j].results) > 0:
				if name := entries[j].Name; !slices.Contains(panels, name) {
					panels = append(panels, name)
				}
			case owner[j] == 0:
				owner[j] = i + 1
				part := entries[j]
				if l.other(part) {
					part.Note = joined(", ", part.Note, "another version than its report names")
				}
				entries[i].Parts = append(entries[i].Parts, part)
			case owner[j] != i+1:
				other = owner[j]
			}
		}
		e := &entries[i]
		e.Note = joined(", ", e.Note, lacking(e.results, "result", here, gone), lacking(e.lists, "listed record", here, gone))
		if len(e.Parts) == 0 && other > 0 {
			e.Note = joined(", ", e.Note, "its results stand under "+entries[other-1].Name)
		}
		if len(panels) > 0 {
			e.Note = joined(", ", e.Note, "with its results: "+strings.Join(panels, ", "))
		}
	}
	for _, report := range past {
		for _, l := range report.results {
			if j, ok := byRef.find(l.key); ok && !named[j] {
				named[j] = true
				entries[j].Note = joined(", ", entries[j].Note, orphaned(report))
			}
		}
	}
	out := entries[:0]
	for i, e := range entries {
		if owner[i] == 0 {
			out = append(out, e)
		}
	}
	return out
}

// orphaned says what became of the report to which a result belongs.
func orphaned(report Entry) string {
	what := "its report"
	if report.Type == "Observation" {
		what = "its panel"
	}
	if report.Gone == Earlier {
		return what + " no longer lists it"
	}
	return what + " was " + report.taken()
}

// lacking says which of the links lead to nothing that counts here. Where several
// sources deliver the same report, one that has all is enough.
func lacking(links []link, what string, here map[string]bool, gone map[string]string) string {
	said := ""
	for n, of := range perSource(links) {
		var missing []link
		taken := map[string][]link{}
		for _, l := range of {
			switch how := gone[l.key]; {
			case here[l.key]:
			case how != "":
				taken[how] = append(taken[how], l)
			default:
				missing = append(missing, l)
			}
		}
		words := joined(", ", counted(missing, what, "not here"), counted(taken["withdrawn by its source"], what, "withdrawn by its source"),
			counted(taken["entered in error"], what, "entered in error"))
		if n == 0 || words == "" {
			said = words
		}
		if words == "" {
			break
		}
	}
	return said
}

// perSource groups links, in the order in which their sources come.
func perSource(links []link) (out [][]link) {
	for _, l := range links {
		n := slices.IndexFunc(out, func(of []link) bool { return of[0].source == l.source })
		if n < 0 {
			out, n = append(out, nil), len(out)
		}
		out[n] = append(out[n], l)
	}
	return out
}

// counted says how many links lead nowhere, and what they are called.
func counted(links []link, what, how string) string {
	if len(links) == 0 {
		return ""
	}
	var names []string
	for _, l := range links {
		if l.words != "" && !slices.Contains(names, l.words) {
			names = append(names, l.words)
		}
	}
	if len(links) > 1 {
		how = strings.Replace(how, "its source", "their source", 1)
	}
	words := count(len(links), what) + " " + how
	if len(names) == 0 {
		return words
	}
	more := ""
	if n := len(names); n > 8 {
		names, more = names[:8], fmt.Sprintf(" and %d more", n-8)
	}
	return words + ": " + strings.Join(names, ", ") + more
}
