package timeline

import (
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele/telling"
)

// What is told with a time of day: what was found, done, given or ordered, of which two
// of a day must not be taken for each other's order. When a problem began, by the
// minute, says nothing; nor does the time of what has no day of its own.
func clocked(e Entry) bool {
	return e.When.Clock != "" && !e.Timeless && !e.Daily && e.Type != "Condition"
}

// zones are the zones in which times of day are written on a day and its neighbours.
type zones map[string]map[string]bool

func zonesOf(s Story) zones {
	z := zones{}
	for _, c := range s.Chapters {
		for _, e := range c.Entries {
			z.add(e)
			for _, p := range e.Parts {
				z.add(p)
			}
		}
	}
	return z
}

func (z zones) add(e Entry) {
	day, err := time.Parse(time.DateOnly, e.When.Day)
	if !clocked(e) || err != nil {
		return
	}
	for away := -1; away <= 1; away++ {
		near := day.AddDate(0, 0, away).Format(time.DateOnly)
		if z[near] == nil {
			z[near] = map[string]bool{}
		}
		z[near][e.When.Zone] = true
	}
}

// clock is the time of day of an entry, or from when to when, as its author wrote it.
// The zone is told where it is UTC, which may be nobody's, and where within a day
// there is another: two times that are not of one clock cannot be compared by it.
func (z zones) clock(e Entry) string {
	if !clocked(e) {
		return ""
	}
	end, zone := "", ""
	if e.When.EndClock != "" {
		end = "–" + onDay(e.When.End, e.When.Day) + e.When.EndClock
	}
	if e.When.Zone == telling.UTC || len(z[e.When.Day]) > 1 {
		zone = " " + e.When.Zone
	}
	if strings.Contains(e.When.EndClock, " ") { // the end is of another zone: each its own
		return e.When.Clock + " " + e.When.Zone + end + " "
	}
	return e.When.Clock + end + zone + " "
}

// apart is when a part was of what it is a part of, where that is another time.
func (z zones) apart(part, of Entry) string {
	day, clock := "", ""
	if part.When.Day != of.When.Day {
		day = onDay(part.When.Day, of.When.Day)
	}
	if part.When.Timed && (part.When.At != of.When.At || part.When.EndClock != of.When.EndClock) {
		clock = z.clock(part)
	}
	return day + clock
}

// onDay is the day of what happened during a stay of several days, or of a
// result that is not of its report's day; without the year, which the heading
// has, unless it is another.
func onDay(day, heading string) string {
	if heading == "" || day == "" {
		return ""
	}
	text := telling.Day(day)
	if len(day) > 4 && len(heading) >= 4 && day[:4] == heading[:4] {
		text = strings.TrimSuffix(text, " "+heading[:4])
	}
	return text + " "
}

// among are the times of day that have to be told of entries that stand side by side
// without them: of two of one kind and day, which is the later; of what is given, since
// what hour it runs.
func (z zones) among(list []Entry) func(Entry) string {
	first, several := map[string]telling.Moment{}, map[string]bool{}
	for _, e := range list {
		key := nowWord(e) + e.When.Day
		if f, ok := first[key]; ok && f.Timed && e.When.Timed && f.At != e.When.At {
			several[key] = true
		}
		first[key] = e.When
	}
	return func(e Entry) string {
		if !several[nowWord(e)+e.When.Day] && e.Type != "MedicationAdministration" {
			return ""
		}
		return z.clock(e)
	}
}

// dated says since when, or when it was written down, as far as the date tells.
func dated(e Entry, clock string) string {
	day := strings.TrimSpace(telling.Day(e.When.Day) + " " + clock)
	word := nowWord(e)
	if word == "directive" && !e.Aside && (e.Type == "Composition" || e.Type == "DocumentReference") { // only the whole of it says what was decided
		return joined(" of ", "advance directive", day) + ": " + seeRecord
	}
	if day == "" || e.summary != "" { // which names it
		return ""
	}
	if word == "result" && e.When.Element != "issued" || word == "alert" && e.Type != "Flag" && e.Type != "FamilyMemberHistory" || word == "allergy" && slices.Contains([]string{"Observation", "Procedure", "MedicationAdministration", "QuestionnaireResponse", "Immunization"}, e.Type) {
		return "of " + day
	}
	switch e.When.Element {
	case "abatementDateTime", "abatementPeriod":
		return "" // when it ended, which its status tells
	case "authoredOn":
		if e.again > 0 {
			day += ", the last of " + count(e.again+1, "order")
		}
		return "ordered " + day
	case "recordedDate", "recorded", "dateAsserted", "recordedOn", "date", "dateTime", "created", "issued":
		return "recorded " + day
	}
	if e.Absent {
		return "told " + day
	}
	if word == "directive" || word == "pregnancy" {
		return "of " + day
	}
	if e.Type == "MedicationAdministration" && strings.Contains(e.Status, telling.ActsOn) {
		return "on " + day
	}
	return "since " + day
}
