package timeline

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// dispute adds to what stands under Now, or may be so, what tells it otherwise: another source that
// calls the same medicine stopped, an allergy that was refuted since, an earlier word
// on resuscitation. Whoever reads that alone must not miss it. Which of them is right
// nobody here knows.
func dispute(told, entries []Entry) {
	var list []matter
	for i := range entries {
		o := &entries[i]
		word := nowWord(*o)
		later := word == "directive" && o.Type == "Observation"
		if o.Absent || word == "" || !later && !(o.Held && o.inUse()) && (o.Stands != telling.Over && o.Stands != telling.Denied || strings.HasPrefix(o.Status, "replaced") ||
			!o.endedFor() && !slices.ContainsFunc(ending[word], func(s string) bool { return strings.Contains(o.Status, s) })) {
			continue
		}
		list = append(list, matterOf(o))
	}
	others := mattersOf(list)
	for i := range told {
		e := matterOf(&told[i])
		for _, o := range others.near(nowWord(told[i]), e) {
			if disputes(o, e) {
				told[i].oppose(*o.Entry)
			}
		}
	}
}

// mostAgainst is how many records of one source are told against a line.
const mostAgainst = 4

// oppose adds what tells an entry otherwise. A source that does so a thousand times is
// heard a few times, and the others with it.
func (e *Entry) oppose(o Entry) {
	n := 0
	for _, a := range e.Against {
		if a.Vouched[0].Source == o.Vouched[0].Source {
			n++
		}
	}
	if o.Against = nil; n < mostAgainst {
		e.Against = append(e.Against, o)
	}
}

// opposedBy reports whether an entry is told otherwise by another already.
func (e *Entry) opposedBy(o *Entry) bool {
	return slices.ContainsFunc(e.Against, func(a Entry) bool { return a.Vouched[0].Handle == o.Vouched[0].Handle })
}

// matters are found by the word under Now and by what they are about, or by the
// longest word of their name, which the name of what they dispute has, too; medicines
// by each word of what they are made of, and by their codes.
type matters map[string][]matter

// mattersOf keeps of one source's matters about one thing the last few.
func mattersOf(list []matter) matters {
	slices.SortStableFunc(list, func(a, b matter) int { return strings.Compare(cmp.Or(b.ended(), "~"), cmp.Or(a.ended(), "~")) })
	m, n := matters{}, map[string]int{}
	for _, o := range list {
		word := nowWord(*o.Entry)
		key := word + "|about|" + o.about
		of := strings.Join([]string{key, sourceNumbers(o.Vouched), o.Name}, "|")
		if n[of]++; n[of] > 2*mostAgainst {
			continue
		}
		m[key] = append(m[key], o)
		for _, k := range o.keys() {
			m[word+"|word|"+k] = append(m[word+"|word|"+k], o)
		}
	}
	return m
}

// keys are the words by which an entry that disputes is found.
func (o matter) keys() []string {
	if o.inUse() {
		return slices.Concat(o.made.words, o.codes)
	}
	if long := o.longest(); len([]rune(long)) >= 4 {
		return []string{long}
	}
	return nil
}

// near returns each matter that may be about what e is about, once.
func (m matters) near(word string, e matter) []matter {
	out := slices.Clone(m[word+"|about|"+e.about])
	seen := map[*Entry]bool{}
	for _, w := range slices.Concat(e.words, e.codes) {
		for _, o := range m[word+"|word|"+w] {
			if o.about != e.about && !seen[o.Entry] {
				seen[o.Entry] = true
				out = append(out, o)
			}
		}
	}
	return out
}

func (o matter) longest() string {
	long := ""
	for _, w := range o.words {
		if len([]rune(w)) > len([]rune(long)) {
			long = w
		}
	}
	return long
}

// ending are the words for what is over or not so that say something against the same
// thing in force; that a course was completed, or an order cancelled, does not.
var ending = map[string][]string{
	"allergy": {"refuted", "inactive", "resolved"}, "problem": {"refuted", "inactive", "remission", "resolved"},
	"medicine": {"stopped", "not taken", "ended"}, "device": {"inactive", "completed", "stopped", "ended"}, "alert": {"inactive", "ended"},
}

// matter is an entry with what it is about.
type matter struct {
	*Entry
	about string
	words []string  // of its name
	codes []string  // of a medicine
	made  substance // of a medicine
}

func matterOf(e *Entry) matter {
	m := matter{Entry: e, about: e.concept(), words: strings.FieldsFunc(strings.ToLower(e.Name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })}
	if m.inUse() {
		m.codes, m.made = e.codes(), substanceOf(e.Name)
		m.words = m.made.words
	} else if nowWord(*e) == "allergy" { // to penicillins, ou à la pénicilline
		if s := substanceOf(e.Name); len(s.words) > 0 {
			m.words = s.words
		}
	}
	return m
}

// disputes reports whether o, which is over or not so, is told of what e tells as so,
// and not of an earlier day.
func disputes(o, e matter) bool {
	since := compareDays(o.ended(), e.When.Day)
	if nowWord(*e.Entry) == "directive" { // a later answer to the same question
		return e.Type == o.Type && (since > 0 || since == 0 && compareMoments(o.When, e.When, true) > 0) && o.about == e.about && o.Value != e.Value
	}
	if e.Absent || o.Not != e.Not || o.Held && e.Held || !o.covers(e) {
		return false
	}
	if renumbered(o.Entry, e.Entry) || e.listed { // which may have been copied from an older list
		return true
	}
	if since < 0 && !o.endedFor() {
		return false
	}
	if !slices.ContainsFunc(o.Vouched, func(v Vouch) bool {
		return o.whose != nobody && slices.ContainsFunc(e.Vouched, func(w Vouch) bool { return w.Source == v.Source })
	}) {
		return true
	}
	// One source knows that it stopped one order and wrote another.
	switch nowWord(*e.Entry) {
	case "medicine":
		return o.Stands == telling.Denied || o.endedFor() || o.Held || since > 0 && o.ended() != "" && e.When.Day != ""
	case "device":
		return true
	}
	anotherBout := o.When.End != "" && compareDays(o.When.Day, e.When.Day) > 0
	return o.Stands == telling.Denied || since > 0 && !anotherBout
}

// endedFor reports whether an entry is an order that was stopped or cancelled for a
// reason, or tells that the medicine was stopped or is not taken for one: it may be one
// against any order of the medicine, whenever and by whom.
func (e *Entry) endedFor() bool {
	tells := e.Type == "MedicationRequest" || e.Type == "MedicationStatement" && !strings.HasPrefix(e.Status, "completed")
	return tells && (e.Stands == telling.Over || e.Stands == telling.Denied) && e.givesReason()
}

// givesReason reports whether an entry says why it stands as it does, if in a note alone.
func (e *Entry) givesReason() bool { return e.Why != "" || strings.Contains(e.Status, ": ") }

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
// "bisoprolol" is told of "bisoprolol 5 mg", but not the other way round. Medicines are
// compared by code and by what they are made of; whoever gives a reason for stopping
// one strength of a medicine may mean all.
func (o matter) covers(e matter) bool {
	if o.inUse() {
		return o.about == e.about || slices.ContainsFunc(o.codes, func(c string) bool { return slices.Contains(e.codes, c) }) ||
			o.made.alike(e.made, !o.givesReason())
	}
	return o.about == e.about || len([]rune(o.longest())) >= 4 && allIn(o.words, e.words)
}

// follows adds to what is told as taken that the order by which it is, is over, and to an order
// that what is told as taken by it is not, or is on hold.
func follows(so, entries []Entry) {
	orders, taken := map[string]*Entry{}, map[string][]*Entry{}
	for i := range entries {
		switch o := &entries[i]; o.Type {
		case "MedicationRequest":
			if (o.Stands == telling.Over || o.Stands == telling.Denied) && !strings.HasPrefix(o.Status, "replaced") {
				for _, key := range o.refs {
					orders[key] = o
				}
			}
		case "MedicationStatement":
			if o.Stands == telling.Denied || o.Held || o.Stands == telling.Over && strings.HasPrefix(o.Status, "stopped") {
				for _, key := range o.takenBy() {
					taken[key] = append(taken[key], o)
				}
			}
		}
	}
	for i := range so {
		e := &so[i]
		var against []*Entry
		if e.Type == "MedicationRequest" {
			for _, key := range e.refs {
				against = append(against, taken[key]...)
			}
		}
		for _, key := range e.takenBy() {
			against = append(against, orders[key])
		}
		for _, o := range against {
			if o != nil && !e.opposedBy(o) {
				e.oppose(*o)
			}
		}
	}
}

// takenBy are the keys of the orders by which a medicine is told as taken.
func (e *Entry) takenBy() (out []string) {
	if e.Type != "MedicationStatement" {
		return nil
	}
	for _, place := range []string{"basedOn", "derivedFrom"} {
		for _, by := range itemsOf(e.record.Root(), place) {
			if key := reference(e.whose, textOf(by, "reference")); key != "" {
				out = append(out, key)
			}
		}
	}
	return out
}

// acted adds to a device that a procedure took it out, or did another thing to it, and
// to whatever a list struck out that it did.
func acted(so, entries []Entry) {
	on := map[string][]*Entry{} // by key of what was acted on
	for i := range entries {
		p := &entries[i]
		if p.Stands != telling.Happened && p.Type == "List" || p.Stands == telling.Denied || p.Stands == telling.Ahead {
			continue
		}
		for _, key := range p.acts {
			on[key] = append(on[key], p)
		}
	}
	for i := range so {
		seen := map[*Entry]bool{}
		for _, key := range slices.Concat(so[i].refs, so[i].uses) { // what was done to the device ends its use
			for _, p := range on[key] {
				if before := compareDays(p.When.Day, so[i].When.Day) < 0; !seen[p] && !(before && p.Type == "List") {
					seen[p] = true
					so[i].oppose(p.saying(key))
				}
			}
		}
	}
}

// saying is a list that is told against an entry, with what it says of what has a key.
func (e *Entry) saying(key string) Entry {
	o := *e
	if i := slices.IndexFunc(e.flags, func(f flagged) bool { return f.key == key }); i >= 0 {
		o.flag = e.flags[i].words
	}
	return o
}

// against says what tells an entry otherwise, in the words of the page.
func (t *setter) against(e Entry) string {
	var out []string
	for _, o := range inTurn(e.Against) {
		out = append(out, otherwise(o, e)+t.tag(o, nil))
	}
	if len(out) > 3 {
		out = append(out[:3], "and more")
	}
	if len(out) == 0 {
		return ""
	}
	return "; yet " + strings.Join(out, "; ")
}

// otherwise says what o tells against e.
func otherwise(o, e Entry) string {
	name, day := o.Name, ""
	if d := telling.Day(o.ended()); d != "" {
		day = "(" + d + ")"
	}
	switch {
	case o.Gone == Withdrawn:
		return tookBack(o, e)
	case nowWord(e) == "result":
		if strings.EqualFold(o.Name, e.Name) {
			name = ""
		}
		return joined(" ", name, "told as", joined(", ", joined(" ", o.Mark, o.Value), o.Status), bracketed(joined(" ", telling.Day(o.When.Day), o.When.Clock)))
	case o.Type == "List" && !o.listed:
		if d := telling.Day(o.When.Day); d != "" {
			day = " (" + d + ")"
		}
		return o.flag + day
	case e.Pregnant && o.Ended && o.Type != "Observation":
		if d := telling.Day(o.When.Day); d != "" {
			day = "(" + d + ")"
		}
		return joined(" ", name, day)
	case e.inUse() && !o.inUse() && !o.Not:
		if o.Type == "Immunization" { // which is called by what did the harm
			name += ": " + o.Value
		}
		return joined(" ", nowWord(o)+" told: "+name, day)
	case nowWord(o) == "device" && nowWord(e) != "device":
		return name + " told as MR " + inMagnet(o)
	case o.Type == "Procedure", e.inUse() && o.Not && !e.Not:
		return joined(" ", name, day)
	case o.Directive && o.Type != "Observation", o.Type == "Consent": // which says itself what was decided, and when
		return joined(" ", joined(": ", name, o.Value), bracketed(joined(", ", without(without(o.Status, "active"), "ordered"), dated(o, ""))))
	case strings.EqualFold(o.Name, e.Name):
		name = ""
	}
	if o.Type == "Observation" || o.Stands == telling.Denied && !o.endedFor() {
		return joined(" ", name, "told as "+cmp.Or(o.Status, o.Value), day)
	}
	day = ""
	if when := dated(o, ""); o.When.End == "" && o.When.Day != "" && (o.endedFor() || e.listed || strings.HasPrefix(when, "recorded")) {
		day = "(" + when + ")"
	}
	return joined(" ", name, joined(" ", "told as "+joined(": ", o.Status, o.Why), day)) // which says when it ended
}

// bracketed is a text in brackets, "" for none.
func bracketed(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// inUse reports whether an entry under Now tells a medicine, in use or once.
func (e *Entry) inUse() bool { return nowWord(*e) == "medicine" }

// inTurn orders entries so that each source is heard once before one is heard again.
func inTurn(list []Entry) []Entry {
	turn, heard := map[stele.ID]int{}, map[int]int{}
	for _, e := range list {
		turn[e.Vouched[0].Handle] = heard[e.Vouched[0].Source]
		heard[e.Vouched[0].Source]++
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Entry) int { return cmp.Compare(turn[a.Vouched[0].Handle], turn[b.Vouched[0].Handle]) })
	return list
}
