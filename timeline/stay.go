package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele/telling"
)

// inBed are the classes of visits during which a ward gives what was ordered.
var inBed = set("IMP", "ACUTE", "NONAC", "OBSENC", "SS", "EMER", "inpatient", "emergency")

// ofStays are the types of what is often left in force when a stay ends.
var ofStays = set("MedicationRequest", "ServiceRequest", "MedicationAdministration", "Flag")

// runsAtMost is how many days an infusion of no stay that is known is taken to run.
const runsAtMost = 7

// outlasted tells of orders that hold by their own word that the stay for which they
// were made has ended: what a ward gives is not taken at home, but nobody closes every
// order on the day of discharge. Of an order for the ward it is not clear whether it
// still holds; any other, as one to take at home may have been written there, too,
// stands as it is and says so, and so does a flag. What a ward gives is not given any more
// when its stay has ended, nor, where no stay is told that goes on, after some days: nobody
// ends each infusion either.
func outlasted(entries []Entry, today string) {
	stays, of := index{}, map[int][]*Entry{} // by reference, by source
	for i := range entries {
		e := &entries[i]
		if e.Type != "Encounter" || !inBed[textOf(e.record.Root(), "class", "code")] {
			continue
		}
		for _, ref := range e.refs {
			stays.add(ref, i)
		}
		of[e.whose] = append(of[e.whose], e)
	}
	for i := range entries {
		e := &entries[i]
		if e.handedOut() && settingOf(e) != "elsewhere" {
			e.takenOnWard(stayOf(e, entries, stays))
		}
		if e.Stands != telling.Holds && !e.Held || !ofStays[e.Type] {
			continue
		}
		given := e.Type == "MedicationAdministration"
		setting := settingOf(e)
		if setting == "elsewhere" && !given {
			continue
		}
		stay := stayOf(e, entries, stays)
		if stay == nil && (setting == "ward" || given) && e.whose != nobody {
			stay = theOnly(of[e.whose], e.When.Day)
		}
		if stay == nil && given && today != "" && e.When.Day != "" && e.When.Day < daysBefore(today, runsAtMost)[:min(len(today), len(e.When.Day))] {
			e.doubt("nobody told its end")
		}
		if stay == nil || stay.Stands != telling.Happened {
			continue
		}
		said := joined(" ", "its stay ended", telling.Day(stay.When.End))
		if (setting == "ward" || given) && !e.Held {
			e.doubt(said)
		} else {
			e.Status = joined(", ", e.Status, said)
		}
	}
}

// stayOf is the stay to which an entry refers, nil for none.
func stayOf(e *Entry, entries []Entry, stays index) (stay *Entry) {
	for _, ref := range e.encounters {
		if n, ok := stays.find(ref); ok {
			stay = &entries[n]
		}
	}
	return stay
}

// handedOut reports what was handed out of which nobody says for how long.
func (e *Entry) handedOut() bool {
	return e.Type == "MedicationDispense" && e.Stands == telling.Unclear && strings.Contains(e.Status, telling.HandedOut)
}

// takenOnWard tells what was handed out during a stay, and before the day on which that ended, as of its
// day: it was taken there. What is handed out on the last day is taken home.
func (e *Entry) takenOnWard(stay *Entry) {
	if stay == nil || stay.Stands != telling.Happened || stay.When.End == "" || len(e.When.Day) != len(stay.When.End) || e.When.Day >= stay.When.End {
		return
	}
	e.Stands, e.Status = telling.Happened, strings.Trim(strings.Replace(e.Status, telling.HandedOut, "", 1), ", ")
}

// leftRunning reports an infusion that runs by its own word, and perhaps not any more.
func (e *Entry) leftRunning() bool {
	return e.Stands == telling.Unclear && textOf(e.record.Root(), "status") == "in-progress"
}

// settingOf sorts an order by where it is to be carried out: the ward, elsewhere, or ""
// for what does not say.
func settingOf(e *Entry) string {
	said := ""
	for _, c := range itemsOf(e.record.Root(), "category") {
		for _, w := range saidIn(c) {
			switch strings.ToLower(w) {
			case "inpatient":
				said = "ward"
			case "discharge", "community", "outpatient":
				return "elsewhere"
			}
		}
	}
	return said
}

// theOnly is the one stay of a day, nil for none or several.
func theOnly(stays []*Entry, day string) *Entry {
	stays = slices.DeleteFunc(slices.Clone(stays), func(s *Entry) bool {
		return !during(day, s.When) && (s.When.End != "" || day < s.When.Day)
	})
	if len(stays) != 1 {
		return nil
	}
	return stays[0]
}
