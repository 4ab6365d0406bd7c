package intake

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// PatientID is the system of a link whose number is the id of a Patient resource
// ("pa", or "https://host/fhir/Patient/pa"): it finds a reference to a Patient
// that is not in the files.
const PatientID = "urn:stele:patient-id"

// A Link says that a number is a person's: a row of the organisation's link
// table.
type Link struct {
	System  string // of the identifier, or made of its assigner; "" is a number without either
	Number  string
	Subject stele.Subject
	Name    string   // this and the next three as the organisation knew them then; "" where it did not
	Also    []string // other names of the person
	Born    string   // FHIR date, perhaps partial
	Sex     string   // FHIR administrative gender
	// Firm says that the number is known to be of type MR or the organisation's
	// own. One that is not links only where that shows in the file.
	Firm bool
}

// Table is an organisation's link table.
type Table struct {
	Links []Link
	Find  Finder   // finds them in their place: nil where they are in Links
	Own   []string // systems, or bases of servers, that the organisation calls its own
	Late  []string // of those, servers that were others' when the first of their records came: these keep the ids that were made for them

	// Same reports whether two who are linked are one person, as charts are that were merged; nil: none are.
	Same func(a, b stele.Subject) bool

	given func(Number) bool // a number is linked in its system; nil: none is
}

// A Number is an identifier of a Patient.
type Number struct {
	System string
	Value  string
	Kinds  string // codes of its type, a space before each; "" for an identifier without
	Old    bool   // not theirs any more
	Ended  bool   // perhaps not: it has an end, and there is no clock here
}

// String returns "system|value".
func (n Number) String() string {
	if n.System == "" {
		return n.Value
	}
	return n.System + "|" + n.Value
}

// bare reports whether a number has no system: it is of the server where it stands, though
// it may say who assigned it.
func (n Number) bare() bool { return n.System == "" || fhir.IsAssigned(n.System) }

// says reports whether a number may be anybody's: it is no placeholder, or is linked all the same, and who assigned
// it is not told by a name that another record or Bundle has for somebody else.
func (t *Table) says(n Number) bool { return t.stands(n) && !fhir.IsAssignedHere(n.System) }

// stands reports whether a number stands for one.
func (t *Table) stands(n Number) bool {
	return !Placeholder(n.Value) || t.given != nil && Nines(n.Value) && t.given(n)
}

// String returns "system|number"; "Patient/1" for the id of a Patient.
func (l Link) String() string {
	if l.System == PatientID {
		return "Patient/" + l.Number
	}
	return Number{System: l.System, Value: l.Number}.String()
}

// typed is how a command calls somebody who is linked: by the newest number that is nobody else's, or by the DID.
func (x index) typed(subject stele.Subject) string {
	for _, l := range slices.Backward(x.links.Of(subject)) {
		another := func(o Link) bool { return o.Subject != subject && o.System != PatientID }
		if l.System != PatientID && !slices.ContainsFunc(x.links.Numbered(Clean(l.Number)), another) {
			return Word(l.Number)
		}
	}
	return subject.String()
}

// own reports whether a system, or a server's base, is one of the organisation's.
func (t *Table) own(system string) bool {
	return system != "" && slices.ContainsFunc(t.Own, func(o string) bool { return SameSystem(o, system) })
}

// Foreign reports whether the records of a server have ids of their own here; "" is the
// one that is not known.
func (t *Table) Foreign(base string) bool { return base != "" && (!t.own(base) || t.late(base)) }

func (t *Table) late(base string) bool {
	return base != "" && slices.ContainsFunc(t.Late, func(o string) bool { return SameSystem(o, base) })
}

// SameSystem reports whether two systems are one: what may differ between two ways to
// write an address does not count.
func SameSystem(a, b string) bool { return a == b || system(a) == system(b) }

// SystemKey is a system as it is compared.
func SystemKey(text string) string { return system(text) }

func system(text string) string {
	if len(text) > 4 && strings.EqualFold(text[:4], "urn:") {
		return strings.ToLower(text)
	}
	return Server(text)
}

// Linkable reports whether a number may tie a Patient to a person: a medical
// record number (type MR, v2-0203), or one of a system that is the
// organisation's own. A member number of an insurer, say, is a family's.
func (t *Table) Linkable(n Number) bool {
	return t.says(n) && (t.own(n.System) || medical(n.Kinds))
}

func medical(kinds string) bool { return slices.Contains(strings.Fields(kinds), "MR") }

// identifies reports whether a number may say who somebody is where it stands: a
// number of another kind than MR does not, unless its system is the
// organisation's own.
func (t *Table) identifies(n Number) bool {
	return t.says(n) && (t.own(n.System) || n.Kinds == "" || medical(n.Kinds))
}

// index finds the links of a number.
type index struct {
	*Table
	links patients
}

func newIndex(t *Table, organisation stele.Subject) index {
	links := t.Find
	if links == nil {
		links = listed(t.Links)
	}
	own := *t
	x := index{&own, patients{links, organisation}}
	own.given = func(n Number) bool {
		return slices.ContainsFunc(x.links.Numbered(n.Value), func(l Link) bool { return l.System != PatientID && x.sameSystem(l, n) })
	}
	return x
}

// nameOf is how a subject is called in a sentence.
func (x index) nameOf(subject stele.Subject) string {
	if names := x.known(subject).Names; len(names) > 0 {
		return names[0]
	}
	return subject.String()
}

// known is what is known of a subject: every name of every link, and what the
// newest says of the rest.
func (x index) known(subject stele.Subject) (d Demographics) {
	for _, l := range x.links.Of(subject) {
		for _, name := range append([]string{l.Name}, l.Also...) {
			if name != "" {
				d.Names = adds(d.Names, name)
			}
		}
		d.Born, d.Sex = cmp.Or(l.Born, d.Born), cmp.Or(l.Sex, d.Sex)
	}
	return d
}

// closer returns a number of another person who is linked, and whom a Patient fits
// better in name and birth date than the one linked to its number; or as much, where
// it is a newborn without a name.
func (x *index) closer(known Demographics, subject stele.Subject) (Link, bool) {
	mine := known.compare(x.known(subject))
	for _, other := range x.likely(known) {
		if other == subject {
			continue
		}
		c := known.compare(x.known(other))
		better := c.fit() > max(mine.fit(), 1)
		better = better || mine.name == newborn && c.name == newborn && c.date == sameDate && !c.sex
		if better && (x.Same == nil || !x.Same(subject, other)) {
			return x.links.Of(other)[0], true
		}
	}
	return Link{}, false
}

// likely are the people whom somebody may be better than the one linked: of the same
// birth date, or of a name that has the same words.
func (x *index) likely(known Demographics) []stele.Subject {
	var found []stele.Subject
	if len(known.Born) == len("2006-01-02") {
		for _, l := range x.links.Born(known.Born) {
			found = adds(found, l.Subject)
		}
	}
	for _, name := range known.Names[:min(len(known.Names), maxNames)] {
		for _, subject := range x.bearing(name) {
			found = adds(found, subject)
		}
	}
	return found
}

// bearing returns who is linked under a name of the same words.
func (x *index) bearing(name string) (found []stele.Subject) {
	key := parseName(name).key()
	if key == "" {
		return nil
	}
	for _, l := range x.links.Called(key) {
		found = adds(found, l.Subject)
	}
	return found
}

// mistyped returns a link of a number that differs from this one only in what is
// easily mistyped, or in that this one has no system, of anybody but a subject.
func (x index) mistyped(n Number, base string, subject stele.Subject) (Link, bool) {
	if !x.counts(n, base) {
		return Link{}, false
	}
	for _, l := range x.links.Near(Near(n.Value)) {
		bare := n.System == "" && x.own(l.System)
		if l.Subject != subject && (bare || Clean(l.Number) != n.Value && x.sameSystem(l, n)) {
			return l, true
		}
	}
	return Link{}, false
}

func (x index) sameSystem(l Link, n Number) bool {
	return SameSystem(l.System, n.System) || l.System == "" && x.own(n.System)
}

// counts reports whether a number that stands on a server may say who somebody is: one
// without a system is of that server, and says nothing where that is not the
// organisation's own. base is "" where the server is not known.
func (x index) counts(n Number, base string) bool {
	return x.identifies(n) && (!n.bare() || base == "" || x.own(base))
}

// find returns the subjects that a number is linked to. A number counts in its
// own system only; a link without one stands for numbers without system and for
// the organisation's own.
func (x index) find(n Number, base string) (found []stele.Subject) {
	if !x.counts(n, base) {
		return nil
	}
	for _, l := range x.links.Numbered(n.Value) {
		if !x.sameSystem(l, n) || l.System == PatientID || !x.firm(l) && !x.Linkable(n) {
			continue
		}
		found = adds(found, l.Subject)
	}
	return found
}

// loose reports whether a number is linked in its system, and leads to nobody all the same:
// nothing has told that the numbers of that system are the organisation's.
func (x index) loose(n Number) bool {
	return n.System != "" && slices.ContainsFunc(x.links.Numbered(n.Value), func(l Link) bool {
		return l.System != PatientID && SameSystem(l.System, n.System) && !x.firm(l)
	}) && len(x.find(n, "")) == 0
}

// ownAlone reports whether a number is known, and counts on the organisation's own server
// only.
func (x index) ownAlone(n Number) bool { return n.bare() && len(x.find(n, "")) > 0 }

// sure reports whether a number is one person's: not, perhaps, a family's, because
// its kind is not told.
func (x index) sure(n Number) bool {
	return x.Linkable(n) || x.identifies(n) && x.links.Firm(system(n.System))
}

func (x index) firm(l Link) bool { return l.Firm || l.System == "" || x.own(l.System) }

// findNamed is findID for a name as references have it, "Patient/1".
func (x index) findNamed(base, name string) []stele.Subject {
	return x.findID(base, strings.TrimPrefix(name, "Patient/"))
}

// findID returns the subjects that the id of a Patient is linked to, see idLinks.
func (x index) findID(base, id string) (found []stele.Subject) {
	for _, l := range x.idLinks(base, id) {
		found = adds(found, l.Subject)
	}
	return found
}

// idLinks returns the links of the id of a Patient. base is of
// the server that the reference shows, "" for none. An id counts on its own server only,
// but for a UUID; the organisation's own are one.
func (x index) idLinks(base, id string) (found []Link) {
	numbers := []string{Server(base) + "/Patient/" + id}
	if ours := !x.Foreign(base); ours || OfItself(id) {
		numbers = append(numbers, id)
		for _, own := range x.Own {
			if ours && !x.Foreign(own) {
				numbers = append(numbers, Server(own)+"/Patient/"+id)
			}
		}
	}
	for _, number := range numbers {
		for _, l := range x.links.Numbered(number) {
			if l.System == PatientID {
				found = append(found, l)
			}
		}
	}
	return found
}

// tyingID is the command that moves the id of a Patient from whom it is linked to; "" where it is linked to nobody.
func (x index) tyingID(base, id string, to stele.Subject) string {
	linked := x.idLinks(base, id)
	if len(linked) == 0 {
		return ""
	}
	return "stele patient link --id " + Word(linked[0].Number) + " --did " + to.String() + " --move --reason \"…\""
}

// numberIn is a number that a subject is linked with in a system; "" for none.
func (x index) numberIn(system string, subject stele.Subject) string {
	for _, l := range x.links.Of(subject) {
		if l.System != PatientID && x.sameSystem(l, Number{System: system}) {
			return l.Number
		}
	}
	return ""
}

// outlived reports whether a number is old, or may be, and there is one of today in its
// system: by the old one it may be somebody else who is named by now.
func outlived(n Number, numbers []Number) bool {
	return (n.Old || n.Ended) && slices.ContainsFunc(numbers, func(m Number) bool {
		return !m.Old && !m.Ended && SameSystem(m.System, n.System)
	})
}

// contradicts returns a number of a Patient that says it is not this subject: one
// in a system in which the subject is linked with others, none of which the Patient
// has now. What was theirs once may be another's today.
func (x index) contradicts(numbers []Number, base string, subject stele.Subject) (Number, bool) {
	for _, n := range numbers {
		if n.Old || !x.counts(n, base) {
			continue
		}
		linked, same := false, false
		for _, l := range x.links.Of(subject) {
			if l.System == PatientID || !x.firm(l) || !x.sameSystem(l, n) {
				continue
			}
			linked = true
			same = same || n.Value == Clean(l.Number) || slices.ContainsFunc(numbers, func(m Number) bool {
				return !m.Old && !m.Ended && SameSystem(m.System, n.System) && m.Value == Clean(l.Number)
			})
		}
		if linked && !same {
			return n, true
		}
	}
	return Number{}, false
}

// Placeholder reports whether a number stands for none: empty, a word like
// "unknown", or one digit again and again.
func Placeholder(number string) bool {
	word, digits := wordOf(number)
	if word == "" || slices.Contains(placeholders, word) {
		return true
	}
	switch {
	case digits == "" || strings.Trim(digits, digits[:1]) != "":
		return false
	case digits[0] == '0':
		return len(digits) > 2 || digits == word
	}
	return digits[0] == '9' && len(digits) > 2 || len(digits) >= nationwide
}

// Nines reports whether a number is a placeholder, of nines, and short enough to be somebody's all the same, as 999 is where
// patients are counted: it counts where somebody has said so and it is linked.
func Nines(number string) bool {
	_, digits := wordOf(number)
	return len(digits) > 2 && len(digits) < nationwide && strings.Trim(digits, "9") == ""
}

// wordOf is a number without what only parts it, and what follows the letters with which it begins ("MRN000000").
func wordOf(number string) (word, digits string) {
	word = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t.-_/\\*#()[]{}<>\"'?:;,|", r) {
			return -1
		}
		return r
	}, strings.ToLower(number))
	return word, strings.TrimLeft(word, "abcdefghijklmnopqrstuvwxyz")
}

// nationwide is how many digits the numbers of a country have at least: one of the same
// digit throughout is given to nobody, and is typed where a form wants one.
const nationwide = 9

var placeholders = []string{
	"unknown", "unk", "na", "nan", "none", "null", "nil", "undefined", "missing", "notavailable", "notapplicable", "notknown", "notprovided",
	"notassigned", "unassigned", "pending", "tbd", "tba", "test", "dummy", "anonymous", "anon", "temp", "temporary", "default",
	"noid", "nomrn", "nonumber", "mrn", "x", "xx", "xxx", "xxxx", "xxxxx", "xxxxxx", "unbekannt", "keine", "inconnu", "desconocido", "sconosciuto",
	"onbekend", "asku", "nask", "nav", "ni", "123456789", "1234567890", "0123456789",
}

func adds[T comparable](list []T, one T) []T {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}
