package timeline

import (
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele/telling"
)

// unmade adds to an allergy, a problem or a medicine that a list struck it out, and to a device that
// a procedure took it out, where they only name it: a discharge letter of another source has no
// reference to what is in force elsewhere.
func (m moved) unmade(so, entries []Entry) {
	by := map[string][]act{} // by word under Now, or "device put" for a device that was put in, and each word of the name
	add := func(word string, e *Entry, name, thing string) {
		a := act{e, name, substanceOf(joined(" ", name, thing)), substanceOf(thing), sidesIn(wordsIn(*e))}
		for _, w := range a.of.words {
			by[word+"|"+w] = append(by[word+"|"+w], a)
		}
	}
	for i := range entries {
		e := &entries[i]
		switch {
		case e.Stands != telling.Happened || e.When.Day == "":
		case e.Type == "List":
			for _, f := range e.flags {
				if o := *e; f.name != "" {
					o.flag = f.words
					add(f.under, &o, f.name, "")
				}
			}
		default:
			for _, a := range e.Acts {
				switch a.Act {
				case telling.TookOut:
					add("device", e, e.Name, a.Words)
				case telling.PutIn:
					add("device put", e, e.Name, a.Words)
				}
			}
		}
	}
	for i := range so {
		word := nowWord(so[i])
		if !slices.Contains([]string{"allergy", "problem", "medicine", "device"}, word) || so[i].Absent {
			continue
		}
		s, sides := substanceOf(so[i].Name), sidesIn(wordsIn(so[i]))
		named := substanceOf(joined(" ", so[i].Name, textOf(so[i].record.Root(), "serialNumber")))
		var acts, puts []act
		for _, w := range s.words {
			acts, puts = append(acts, by[word+"|"+w]...), append(puts, by[word+" put|"+w]...)
		}
		since := m.since(so[i])
		for _, a := range acts {
			var same bool
			switch word {
			case "device":
				same = allIn(s.words, a.of.words) || allIn(a.thing.words, named.words) && agree(sides, a.sides)
			case "problem":
				same = strings.EqualFold(so[i].Name, a.name)
			default:
				same = a.of.same(s, true)
			}
			if same && !so[i].opposedBy(a.Entry) && !a.putIn(so[i]) && compareDays(a.When.Day, since.Day) >= 0 && !a.before(since, s, sides, puts) {
				so[i].oppose(*a.Entry)
			}
		}
	}
}

// act is what a list or a procedure did to something that it names.
type act struct {
	*Entry
	name  string
	of    substance
	thing substance // what was taken out, as the act calls it
	sides []string
}

// before reports whether the source of an act that took a device out put one of its name in on
// that day or later, so that the one that is told since then, or from no day, is the new one.
func (a act) before(since telling.Moment, s substance, sides []string, puts []act) bool {
	return (since.Day == "" || notBefore(since, a.When)) && slices.ContainsFunc(puts, func(p act) bool {
		return sourceNumbers(p.Vouched) == sourceNumbers(a.Vouched) && notBefore(p.When, a.When) && allIn(s.words, p.of.words) && agree(sides, p.sides)
	})
}

// notBefore reports whether one moment was on the day of another or later, as far as both tell
// the day, and not before it by the clock where both have one.
func notBefore(p, a telling.Moment) bool {
	if order := compareDays(p.Day, a.Day); order != 0 {
		return order > 0
	}
	return len(p.Day) == len(time.DateOnly) && len(a.Day) == len(time.DateOnly) && !(p.Timed && a.Timed && p.At < a.At)
}

// since is when an entry is told from, for a device the last day on which its source put it in.
func (m moved) since(e Entry) telling.Moment {
	when := e.When
	for _, key := range e.devices() {
		if day := m.in[key]; day > when.Day {
			when = telling.Moment{Day: day}
		}
	}
	return when
}

// putIn reports whether an act that took a device out put in the one of an entry: an
// exchange does both.
func (e *Entry) putIn(other Entry) bool {
	return other.Vouched[0].Handle == e.Vouched[0].Handle || slices.ContainsFunc(e.Acts, func(a telling.DeviceAct) bool {
		return a.Act == telling.PutIn && a.Reference != "" && slices.Contains(other.devices(), reference(e.whose, a.Reference))
	})
}
