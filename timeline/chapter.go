package timeline

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// chapters sorts the entries into encounters and days.
func chapters(entries []Entry, o Options) []Chapter {
	visits := index{} // reference of an encounter → chapter
	days := map[string]int{}
	out := []Chapter{}
	for i, e := range entries {
		if e.Type == "Encounter" && within(e.When.Day, o.From, o.To) {
			for _, ref := range e.refs {
				visits.add(ref, len(out))
			}
			out = append(out, Chapter{When: e.When, Visit: &entries[i]})
		}
	}
	for _, e := range entries {
		if e.Type == "Encounter" || !o.tells(e) || !within(e.When.Day, o.From, o.To) {
			continue
		}
		if n := visitOf(e, visits, out); n >= 0 {
			out[n].Entries = append(out[n].Entries, e)
			continue
		}
		n, ok := days[e.When.Day]
		if !ok {
			n = len(out)
			days[e.When.Day] = n
			out = append(out, Chapter{When: telling.Moment{Day: e.When.Day, At: e.When.At}})
		}
		out[n].Entries = append(out[n].Entries, e)
	}
	wantVisits := len(o.Kinds) == 0 || slices.Contains(o.Kinds, stele.Encounters)
	out = slices.DeleteFunc(out, func(c Chapter) bool { return len(c.Entries) == 0 && !wantVisits })
	for i := range out {
		slices.SortStableFunc(out[i].Entries, func(a, b Entry) int { return compareEntries(a, b, o.OldestFirst) })
		sayIssued(out[i].Entries)
	}
	slices.SortStableFunc(out, func(a, b Chapter) int { return compareMoments(a.When, b.When, o.OldestFirst) })
	return out
}

// visitOf returns the chapter of the encounter that an entry belongs to, -1 for
// none: what happened on another day is told on that day.
func visitOf(e Entry, visits index, chapters []Chapter) int {
	for _, ref := range e.encounters {
		if n, ok := visits.find(ref); ok && during(e.When.Day, chapters[n].When) {
			return n
		}
	}
	return -1
}

// during reports whether a day lies in an encounter.
func during(day string, visit telling.Moment) bool {
	return day == visit.Day || day > visit.Day && day <= visit.End
}

// compareMoments orders chapters; what has no date comes last.
func compareMoments(a, b telling.Moment, oldestFirst bool) int {
	if (a.Day == "") != (b.Day == "") {
		return strings.Compare(b.Day, a.Day)
	}
	return directed(oldestFirst, cmp.Or(strings.Compare(a.Day, b.Day), cmp.Compare(a.At, b.At)))
}

// directed turns an order by time in the direction of the page.
func directed(oldestFirst bool, order int) int {
	if oldestFirst {
		return order
	}
	return -order
}

// compareEntries orders a chapter as a note is written: what it was, what was
// found, what was done; each in the direction of the whole page.
func compareEntries(a, b Entry, oldestFirst bool) int {
	return cmp.Or(
		cmp.Compare(rank(a), rank(b)),
		compareTimes(a.When, b.When, oldestFirst),
		cmp.Compare(len(a.Parts), len(b.Parts)),
		strings.Compare(a.Name, b.Name),
		directed(oldestFirst, a.issued().Compare(b.issued())),
		strings.Compare(a.Value, b.Value),
		cmp.Compare(a.Stands, b.Stands),
		strings.Compare(a.says(), b.says()),
	)
}

// compareTimes orders times; what tells a day alone comes after what tells its time.
func compareTimes(a, b telling.Moment, oldestFirst bool) int {
	if da, db := len(a.Day), len(b.Day); a.Timed != b.Timed && a.Day[:min(da, db)] == b.Day[:min(da, db)] {
		if a.Timed {
			return -1
		}
		return 1
	}
	return directed(oldestFirst, cmp.Compare(a.At, b.At))
}

// issued is when a report was put out, zero where that is not told.
func (e *Entry) issued() time.Time {
	if e.Type != "DiagnosticReport" {
		return time.Time{}
	}
	at, _ := time.Parse(time.RFC3339, textOf(e.record.Root(), "issued"))
	return at
}

// sayIssued says when each of several reports on one thing was put out: the last may
// have replaced the first.
func sayIssued(entries []Entry) {
	said := make([]string, len(entries))
	for i := range entries {
		for _, j := range []int{i - 1, i + 1} {
			if j < 0 || j >= len(entries) || entries[i].issued().IsZero() {
				continue
			}
			e, o := &entries[i], &entries[j]
			if o.Type == e.Type && o.Name == e.Name && o.When.At == e.When.At && !o.issued().Equal(e.issued()) {
				said[i] = "issued " + telling.Time(textOf(e.record.Root(), "issued"))
			}
		}
	}
	for i := range entries {
		entries[i].Note = joined(", ", entries[i].Note, said[i])
	}
}

func rank(e Entry) int {
	if alerts(e) {
		return -1
	}
	if n := slices.Index(noteOrder, e.Kind); n >= 0 {
		return n
	}
	return len(noteOrder)
}

// noteOrder is the order in which a note is written.
var noteOrder = []stele.Category{
	stele.Problems, stele.Allergies, stele.Vitals, stele.Results, stele.Imaging, stele.Procedures,
	stele.Medications, stele.Immunizations, stele.Devices, stele.CarePlans, stele.Pregnancy, stele.SocialHistory,
	stele.FamilyHistory, stele.Functional, stele.AdvanceDirectives, stele.Documents, stele.Claims,
}

// within reports whether day lies in [from, to]; "" is open, a year stands for
// all of its days. What has no date is within nothing but the open.
func within(day, from, to string) bool {
	if from == "" && to == "" {
		return true
	}
	if day == "" {
		return false
	}
	if from != "" && day < from && !strings.HasPrefix(from, day) {
		return false
	}
	return to == "" || day <= to || strings.HasPrefix(day, to)
}
