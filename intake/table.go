package intake

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// PatientID is the system of a link whose number is the id of a Patient resource
// ("pa", or "https://host/fhir/Patient/pa"): it finds a reference to a Patient
// that is not in the files.
const PatientID = "urn:stele:patient-id"

// A Link says that a number is a person's: a row of the organisation's link
// table.
type Link struct {
	System  string // of the identifier; "" is a number without system
	Number  string
	Subject stele.Subject
	Name    string // this and the next two as the organisation knew them then; "" where it did not
	Born    string // FHIR date, perhaps partial
	Sex     string // FHIR administrative gender
	// Firm says that the number is known to be of type MR or the organisation's
	// own. One that is not links only where that shows in the file.
	Firm bool
}

// Table is an organisation's link table.
type Table struct {
	Links []Link
	Own   []string // systems, or bases of servers, that the organisation calls its own
}

// A Number is an identifier of a Patient.
type Number struct {
	System string
	Value  string
	Kinds  string // codes of its type, a space before each; "" for an identifier without
	Old    bool
}

// String returns "system|value".
func (n Number) String() string {
	if n.System == "" {
		return n.Value
	}
	return n.System + "|" + n.Value
}

// Own reports whether a system, or a server's base, is one of the organisation's.
func (t *Table) own(system string) bool { return system != "" && slices.Contains(t.Own, system) }

// Linkable reports whether a number may tie a Patient to a person: a medical
// record number (type MR, v2-0203), or one of a system that is the
// organisation's own. A member number of an insurer, say, is a family's.
func (t *Table) Linkable(n Number) bool {
	return !Placeholder(n.Value) && (t.own(n.System) || medical(n.Kinds))
}

func medical(kinds string) bool { return slices.Contains(strings.Fields(kinds), "MR") }

// identifies reports whether a number may say who somebody is where it stands: a
// number of another kind than MR does not, unless its system is the
// organisation's own.
func (t *Table) identifies(n Number) bool {
	return !Placeholder(n.Value) && (t.own(n.System) || n.Kinds == "" || medical(n.Kinds))
}

// index finds the links of a number.
type index struct {
	*Table
	systems   map[string]bool // of firm links
	byNumber  map[string][]int
	bySubject map[stele.Subject][]int
}

func newIndex(t *Table) index {
	x := index{t, map[string]bool{}, map[string][]int{}, map[stele.Subject][]int{}}
	for i, l := range t.Links {
		if l.Firm && l.System != "" {
			x.systems[l.System] = true
		}
		x.byNumber[l.Number] = append(x.byNumber[l.Number], i)
		x.bySubject[l.Subject] = append(x.bySubject[l.Subject], i)
	}
	return x
}

// find returns the subjects that a number is linked to. A number counts in its
// own system only; a link without one stands for numbers without system and for
// the organisation's own.
func (x index) find(n Number) (found []stele.Subject) {
	if !x.identifies(n) {
		return nil
	}
	for _, i := range x.byNumber[n.Value] {
		l := x.Links[i]
		if l.System != n.System && !(l.System == "" && x.own(n.System)) || l.System == PatientID || !x.firm(l) && !x.Linkable(n) {
			continue
		}
		found = adds(found, l.Subject)
	}
	return found
}

// sure reports whether a number is one person's: not, perhaps, a family's, because
// its kind is not told.
func (x index) sure(n Number) bool {
	return x.Linkable(n) || x.identifies(n) && x.systems[n.System]
}

func (x index) firm(l Link) bool { return l.Firm || l.System == "" || x.own(l.System) }

// findID returns the subjects that the id of a Patient is linked to. base is of
// the server that the reference shows, "" for none.
func (x index) findID(base, id string) (found []stele.Subject) {
	for _, number := range []string{id, base + "/Patient/" + id} {
		if number == id && base != "" && !x.own(base) {
			continue // an id counts on its own server only
		}
		for _, i := range x.byNumber[number] {
			if x.Links[i].System == PatientID {
				found = adds(found, x.Links[i].Subject)
			}
		}
	}
	return found
}

// contradicts returns a number of a Patient that says it is not this subject: one
// in a system in which the subject is linked with others.
func (x index) contradicts(numbers []Number, subject stele.Subject) (Number, bool) {
	for _, n := range numbers {
		if n.Old || !x.identifies(n) {
			continue
		}
		linked, same := false, false
		for _, i := range x.bySubject[subject] {
			l := x.Links[i]
			if l.System == PatientID || !x.firm(l) || l.System != n.System && !(l.System == "" && x.own(n.System)) {
				continue
			}
			linked = true
			same = same || slices.ContainsFunc(numbers, func(m Number) bool { return m.System == n.System && m.Value == l.Number })
		}
		if linked && !same {
			return n, true
		}
	}
	return Number{}, false
}

// another reports whether a subject is known by other names alone.
func (x index) another(names []string, subject stele.Subject) bool {
	for _, i := range x.bySubject[subject] {
		if otherName(names, namesOf(x.Links[i].Name)) {
			return true
		}
	}
	return false
}

// Placeholder reports whether a number stands for none: empty, a word like
// "unknown", or one digit again and again.
func Placeholder(number string) bool {
	word := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t.-_/\\*#()[]{}<>\"'?:;,|", r) {
			return -1
		}
		return r
	}, strings.ToLower(number))
	if word == "" || slices.Contains(placeholders, word) {
		return true
	}
	digits := strings.TrimLeft(word, "abcdefghijklmnopqrstuvwxyz") // "MRN000000"
	switch {
	case digits == "" || strings.Trim(digits, digits[:1]) != "":
		return false
	case digits[0] == '0':
		return len(digits) > 2 || digits == word
	}
	return digits[0] == '9' && len(digits) > 2
}

var placeholders = []string{
	"unknown", "unk", "na", "nan", "none", "null", "nil", "undefined", "missing", "notavailable", "notapplicable", "notknown", "notprovided",
	"notassigned", "unassigned", "pending", "tbd", "tba", "test", "dummy", "anonymous", "anon", "temp", "temporary", "default",
	"noid", "nomrn", "nonumber", "mrn", "x", "xx", "xxx", "xxxx", "xxxxx", "xxxxxx", "unbekannt", "keine", "inconnu", "desconocido", "sconosciuto",
	"onbekend", "asku", "nask", "nav", "ni",
}

func adds[T comparable](list []T, one T) []T {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}
