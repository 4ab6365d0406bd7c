package timeline

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stele-health/stele/telling"
)

// supplied reports whether an entry tells of a medicine that was handed out and lasts
// still, or was injected and may act on. A pharmacy knows no order, nor do all who inject,
// and yet they know what is in their patient.
func (e *Entry) supplied() bool {
	return strings.HasPrefix(e.Type, "Medication") && e.Stands == telling.Unclear &&
		slices.ContainsFunc([]string{telling.Supplied, telling.HandedOut, telling.ActsOn}, func(s string) bool { return strings.Contains(e.Status, s) })
}

// ofSeveral is a name of a medicine that is made of several: "Metformin/Sitagliptin 50/1000".
var ofSeveral = regexp.MustCompile(`(?i)\pL\s*[/+&]\s*\pL|\d\s*(mg|mcg|g)?\s*/\s*\d|\s(and|und|et|con|met|with|mit|avec)\s`)

// dispensed keeps what was handed out or injected of which no medicine that stands elsewhere
// tells: that one is on hold, or has ended, says not that none of it acts, or is at home.
// What is made of several is told only by what names each of them: metformin is not metformin
// with sitagliptin.
func dispensed(list, now []Entry) []Entry {
	var told []matter
	for i := range now {
		if now[i].inUse() && !now[i].Absent && !now[i].Held && !strings.Contains(now[i].Status, telling.YetEnded) {
			told = append(told, matterOf(&now[i]))
		}
	}
	others := mattersOf(told)
	return slices.DeleteFunc(list, func(e Entry) bool {
		d := matterOf(&e)
		return slices.ContainsFunc(others.near("medicine", d), func(m matter) bool {
			return m.about == d.about || m.made.same(d.made, true) && (!ofSeveral.MatchString(e.Name) || allIn(d.made.words, m.made.words))
		})
	})
}
