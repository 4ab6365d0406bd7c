package timeline

import (
	"slices"

	"github.com/stele-health/stele/telling"
)

// unmade adds to a medicine that a list struck it out, and to a device that a procedure
// took it out, where they only name it: a discharge letter of another source has no
// reference to what is in force elsewhere.
func (m moved) unmade(so, entries []Entry) {
	by := map[string][]act{} // by word under Now, or "put" for a device that was put in, and each word of the name
	add := func(word string, e *Entry, name, thing string) {
		a := act{e, substanceOf(joined(" ", name, thing)), substanceOf(thing), sidesIn(wordsIn(*e))}
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
				if o := e.saying(func(g flagged) bool { return g == f }); f.name != "" {
					add("medicine", &o, f.name, "")
				}
			}
		default:
			for _, a := range e.Acts {
				switch a.Act {
				case telling.TookOut:
					add("device", e, e.Name, a.Words)
				case telling.PutIn:
					add("put", e, e.Name, a.Words)
				}
			}
		}
	}
	for i := range so {
		word := nowWord(so[i])
		if word != "medicine" && word != "device" || so[i].Absent {
			continue
		}
		s, sides := substanceOf(so[i].Name), sidesIn(wordsIn(so[i]))
		named := substanceOf(joined(" ", so[i].Name, textOf(so[i].record.Root(), "serialNumber")))
		var acts, puts []act
		for _, w := range s.words {
			acts, puts = append(acts, by[word+"|"+w]...), append(puts, by["put|"+w]...)
		}
		day := m.since(so[i])
		for _, a := range acts {
			same := word == "medicine" && a.of.same(s, true) || word == "device" && (allIn(s.words, a.of.words) || allIn(a.thing.words, named.words) && agree(sides, a.sides))
			if same && !so[i].opposedBy(a.Entry) && !a.putIn(so[i]) && compareDays(a.When.Day, day) >= 0 && !(word == "device" && a.before(day, s, sides, puts)) {
				so[i].oppose(*a.Entry)
			}
		}
	}
}

// act is what a list or a procedure did to something that it names.
type act struct {
	*Entry
	of    substance
	thing substance // what was taken out, as the act calls it
	sides []string
}

// before reports whether the source of an act that took a device out put one of its name in on
// that day or later, so that the one that is told from that day, or from none, is the new one.
func (a act) before(day string, s substance, sides []string, puts []act) bool {
	return compareDays(day, a.When.Day) == 0 && slices.ContainsFunc(puts, func(p act) bool {
		return sourceNumbers(p.Vouched) == sourceNumbers(a.Vouched) && compareDays(p.When.Day, a.When.Day) >= 0 && allIn(s.words, p.of.words) && agree(sides, p.sides)
	})
}

// since is the day from which an entry is told, for a device the last on which its source
// put it in.
func (m moved) since(e Entry) string {
	day := e.When.Day
	for _, key := range e.devices() {
		day = max(day, m.in[key])
	}
	return day
}

// putIn reports whether an act that took a device out put in the one of an entry: an
// exchange does both.
func (p *Entry) putIn(e Entry) bool {
	return e.Vouched[0].Handle == p.Vouched[0].Handle || slices.ContainsFunc(p.Acts, func(a telling.DeviceAct) bool {
		return a.Act == telling.PutIn && a.Reference != "" && slices.Contains(e.devices(), reference(p.whose, a.Reference))
	})
}
