package timeline

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/stele-health/stele/telling"
)

// dispute adds to what stands under Now what tells it otherwise: another source that
// calls the same medicine stopped, an allergy that was refuted since, an earlier word
// on resuscitation. Whoever reads Now alone must not miss it. Which of them is right
// nobody here knows.
func dispute(so, entries []Entry) {
	others := map[string][]matter{} // by the word under Now
	for i := range entries {
		o := &entries[i]
		word := nowWord(*o)
		later := word == "directive" && o.Type == "Observation"
		if o.Absent || word == "" || !later && (o.Stands != telling.Over && o.Stands != telling.Denied || strings.HasPrefix(o.Status, "replaced") ||
			!slices.ContainsFunc(ending[word], func(s string) bool { return strings.Contains(o.Status, s) })) {
			continue
		}
		others[word] = append(others[word], matterOf(o))
	}
	for i := range so {
		if list := others[nowWord(so[i])]; len(list) > 0 {
			e := matterOf(&so[i])
			for _, o := range list {
				if disputes(o, e) {
					so[i].Against = append(so[i].Against, *o.Entry)
				}
			}
		}
	}
}

// ending are the words for what is over or not so that say something against the same
// thing in force; that a course was completed, or an order cancelled, does not.
var ending = map[string][]string{
	"allergy": {"refuted", "inactive", "resolved"}, "problem": {"refuted", "inactive", "remission", "resolved"},
	"medicine": {"stopped", "not taken", "ended"}, "device": {"inactive", "completed", "stopped", "ended"},
}

// matter is an entry with what it is about.
type matter struct {
	*Entry
	about string
	words []string // of its name
}

func matterOf(e *Entry) matter {
	return matter{e, e.concept(), strings.FieldsFunc(strings.ToLower(e.Name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })}
}

// disputes reports whether o, which is over or not so, is told of what e tells as so,
// and not of an earlier day.
func disputes(o, e matter) bool {
	since := compareDays(o.ended(), e.When.Day)
	if nowWord(*e.Entry) == "directive" { // a later answer to the same question
		return e.Type == o.Type && since > 0 && o.about == e.about && o.Value != e.Value
	}
	if e.Absent || o.Not != e.Not || since < 0 || !o.covers(e) {
		return false
	}
	if !slices.ContainsFunc(o.Vouched, func(v Vouch) bool {
		return slices.ContainsFunc(e.Vouched, func(w Vouch) bool { return w.Source == v.Source })
	}) {
		return true
	}
	// One source knows that it stopped one order and wrote another.
	switch nowWord(*e.Entry) {
	case "medicine":
		return since > 0 && o.ended() != "" && e.When.Day != ""
	case "device":
		return true
	}
	return o.Stands == telling.Denied
}

// ended is the day on which it ended or was said to be over, "" when only its
// beginning is known.
func (e Entry) ended() string {
	if e.When.End != "" {
		return e.When.End
	}
	if strings.HasPrefix(e.When.Element, "onset") || e.When.Element == "effectivePeriod" || e.When.Element == "timingPeriod" {
		return ""
	}
	return e.When.Day
}

// compareDays compares two days as far as both tell; what is not known is neither
// earlier nor later.
func compareDays(a, b string) int {
	n := min(len(a), len(b))
	return strings.Compare(a[:n], b[:n])
}

// covers reports whether o is about what e is about, or about more: what is told of
// "bisoprolol" is told of "bisoprolol 5 mg", but not the other way round.
func (o matter) covers(e matter) bool {
	longest := 0
	for _, w := range o.words {
		longest = max(longest, len([]rune(w)))
	}
	return o.about == e.about || longest >= 4 && !slices.ContainsFunc(o.words, func(w string) bool { return !slices.Contains(e.words, w) })
}

// explanted adds to a device that a procedure took it out, or did another thing to it.
func explanted(so, entries []Entry) {
	for i := range so {
		if nowWord(so[i]) != "device" {
			continue
		}
		for _, p := range entries {
			if p.Type != "Procedure" || p.Stands == telling.Denied || p.Stands == telling.Ahead {
				continue
			}
			if slices.ContainsFunc(p.acts, func(key string) bool { return slices.Contains(so[i].refs, key) }) {
				so[i].Against = append(so[i].Against, p)
			}
		}
	}
}

// copied notes, of what one source tells, that another told the same and has changed
// it since or took it back: what was copied from an error stays one.
func copied(entries, past []Entry) {
	byFact, wrong := map[string][]Entry{}, map[string]bool{}
	for _, p := range past {
		byFact[p.Fact] = append(byFact[p.Fact], p)
		for _, ref := range p.refs {
			wrong[ref] = wrong[ref] || p.record.Retracted()
		}
	}
	for i := range entries {
		e := &entries[i]
		said := ""
		for _, p := range byFact[e.Fact] {
			same := e.Timeless || e.When.Timed && p.When.Timed && e.When.At == p.When.At || e.When.Day == p.When.Day && !(e.When.Timed && p.When.Timed)
			if !same || slices.ContainsFunc(e.Vouched, func(v Vouch) bool { return v.Source == p.Vouched[0].Source }) {
				continue
			}
			said = "another source told the same and has changed it since"
			if p.Gone == Withdrawn {
				said = "another source told the same and withdrew it"
				if p.record.Retracted() || slices.ContainsFunc(p.refs, func(ref string) bool { return wrong[ref] }) {
					said = "another source told the same and marked it as entered in error"
				}
				break
			}
		}
		e.Note = joined(", ", e.Note, said)
	}
}

// against says what tells an entry otherwise, in the words of the page.
func (t *setter) against(e Entry) string {
	var out []string
	for _, o := range e.Against {
		name := ""
		if !strings.EqualFold(o.Name, e.Name) {
			name = o.Name + " "
		}
		said, day := "told as "+o.Status, telling.Day(o.ended())
		if o.Type == "Procedure" {
			said = ""
		}
		if o.Type == "Observation" || o.Stands == telling.Denied {
			said = "told as " + cmp.Or(o.Status, o.Value)
		} else if o.Type != "Procedure" {
			day = "" // its status says when it ended
		}
		if day != "" {
			day = "(" + day + ")"
		}
		out = append(out, joined(" ", strings.TrimSpace(name), said, day)+t.tag(o, nil))
	}
	if len(out) > 3 {
		out = append(out[:3], "and "+count(len(out)-3, "record")+" more")
	}
	if len(out) == 0 {
		return ""
	}
	return "; yet " + strings.Join(out, "; ")
}
