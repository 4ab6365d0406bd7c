package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// A summary was made from records, and tells what they told on its day. Beside them it says nothing of
// its own: they count, and so does what became of them since. What it tells and no record here does is
// told as a summary's word, with who made it and when: a chart may have nothing else.

// summarised takes from what documents tell of allergies, decisions and the like what the chart's own records
// tell, or were asked for: those that a summary was made from, and those of the same words.
func summarised(entries []Entry, items []Item, sources []Source) {
	handles := map[stele.ID]bool{}
	for _, it := range items {
		handles[it.Handle] = true
	}
	for i := range entries {
		e := &entries[i]
		if e.Type != "Bundle" || !e.AmongOthers() && len(e.Decided) == 0 {
			continue
		}
		from := map[string]bool{} // what a record that it was made of is called, and whether all of that name are here
		for handle, name := range e.record.MadeFrom() {
			all, named := from[name]
			from[name] = handles[handle] && (all || !named)
		}
		ofOneHere := func(line string) bool {
			for name, here := range from {
				if here && beginsWith(line, name) {
					return true
				}
			}
			return false
		}
		if e.Decided = slices.DeleteFunc(slices.Clone(e.Decided), ofOneHere); !e.AmongOthers() {
			continue
		}
		e.Harms = slices.DeleteFunc(slices.Clone(e.Harms), func(harm string) bool {
			return ofOneHere(harm) || slices.ContainsFunc(entries, func(o Entry) bool {
				warns := o.Type != "Bundle" && (o.Allergy || o.Peril || o.Warns) && o.Stands != telling.Denied && o.Stands != telling.Over
				return warns && beginsWith(standingText(o, ""), harm)
			})
		})
		if len(e.Harms) == 0 {
			*e = e.withoutAside()
			continue
		}
		by := e.record.Author()
		if by == "" {
			by = sources[e.Vouched[0].Source-1].Name
		}
		e.summary = "in a summary made by " + by
		if day := telling.Day(e.When.Day); day != "" {
			e.summary += " on " + day
		}
	}
}

// beginsWith reports whether a line tells a thing of this name, and not "Penicillin V" where it is
// "Penicillin".
func beginsWith(line, name string) bool {
	rest, is := strings.CutPrefix(stele.Fold(line), stele.Fold(name))
	return is && name != "" && (rest == "" || strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, ",") || strings.HasPrefix(rest, " ("))
}
