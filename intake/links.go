package intake

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// Finder finds links where there may be too many to have them all at hand. Each answer is
// in the order in which the links were made.
type Finder interface {
	Numbered(number string) []Link   // those of which it is one of Numbers
	Near(near string) []Link         // those of that NearKey
	Of(subject stele.Subject) []Link // a person's
	Born(date string) []Link         // those of that whole birth date
	Called(key string) []Link        // those of which it is one of NameKeys
	// Firm returns a firm link with a system (see SystemKey) that is not of a subject.
	Firm(system string, but stele.Subject) (Link, bool)
}

// Numbers are those under which a link is looked for: its number or, of an id with a
// server, as servers are compared.
func (l Link) Numbers() []string {
	number := Clean(l.Number)
	if base, name := fhir.Base(number); l.System == PatientID && base != "" {
		return []string{Server(base) + "/" + name}
	}
	return []string{number}
}

// NearKey is what a number is easily mistaken by; false for an id, which is not typed.
func (l Link) NearKey() (string, bool) {
	return Near(Clean(l.Number)), l.System != PatientID
}

// NameKeys are the names of a link as they are compared: the same words are one name.
func (l Link) NameKeys() (keys []string) {
	for _, name := range append([]string{l.Name}, l.Also...) {
		if key := parseName(name).key(); name != "" && key != "" {
			keys = adds(keys, key)
		}
	}
	return keys
}

// patients are the links but for numbers of the organisation itself: they are of no
// patient.
type patients struct {
	all          Finder
	organisation stele.Subject
}

func (p patients) only(links []Link) []Link {
	its := func(l Link) bool { return l.Subject == p.organisation }
	if p.organisation.IsZero() || !slices.ContainsFunc(links, its) {
		return links
	}
	return slices.DeleteFunc(slices.Clone(links), its)
}

func (p patients) Numbered(number string) []Link   { return p.only(p.all.Numbered(number)) }
func (p patients) Near(near string) []Link         { return p.only(p.all.Near(near)) }
func (p patients) Of(subject stele.Subject) []Link { return p.only(p.all.Of(subject)) }
func (p patients) Born(date string) []Link         { return p.only(p.all.Born(date)) }
func (p patients) Called(key string) []Link        { return p.only(p.all.Called(key)) }

func (p patients) Firm(system string) bool {
	_, firm := p.all.Firm(system, p.organisation)
	return firm
}

// list finds links in memory.
type list struct {
	all                      []Link
	byNumber, byNear, byBorn map[string][]Link
	byName                   map[string][]Link // nil until it is asked for, which is seldom
	bySubject                map[stele.Subject][]Link
	firm                     map[string][]Link // by system
}

func listed(links []Link) *list {
	x := &list{all: links, byNumber: map[string][]Link{}, byNear: map[string][]Link{}, byBorn: map[string][]Link{}, bySubject: map[stele.Subject][]Link{}, firm: map[string][]Link{}}
	for _, l := range links {
		for _, number := range l.Numbers() {
			x.byNumber[number] = append(x.byNumber[number], l)
		}
		if near, typed := l.NearKey(); typed {
			x.byNear[near] = append(x.byNear[near], l)
		}
		if l.Born != "" {
			x.byBorn[l.Born] = append(x.byBorn[l.Born], l)
		}
		x.bySubject[l.Subject] = append(x.bySubject[l.Subject], l)
		if l.Firm && l.System != "" {
			x.firm[SystemKey(l.System)] = append(x.firm[SystemKey(l.System)], l)
		}
	}
	return x
}

func (x *list) Numbered(number string) []Link   { return x.byNumber[number] }
func (x *list) Near(near string) []Link         { return x.byNear[near] }
func (x *list) Of(subject stele.Subject) []Link { return x.bySubject[subject] }
func (x *list) Born(date string) []Link         { return x.byBorn[date] }

func (x *list) Called(key string) []Link {
	if x.byName == nil {
		x.byName = map[string][]Link{}
		for _, l := range x.all {
			for _, key := range l.NameKeys() {
				x.byName[key] = append(x.byName[key], l)
			}
		}
	}
	return x.byName[key]
}

func (x *list) Firm(system string, but stele.Subject) (Link, bool) {
	for _, l := range x.firm[system] {
		if l.Subject != but || but.IsZero() {
			return l, true
		}
	}
	return Link{}, false
}
