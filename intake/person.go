package intake

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// person is a Patient resource, as far as it says who it is.
type person struct {
	numbers []Number
	known   Demographics
	links   []link
	none    string // a number that stands for none
	unread  string // an element that is not written as FHIR does, and might say that it is another
	said    Number // of a contained one: what the reference to it says of its number

	server  int32         // on which it stands
	subject stele.Subject // zero while nobody's
	problem *Reason       // why it is nobody's; nil while it may still be found
	note    string        // what differs from the one who is linked
}

// link is Patient.link.
type link struct {
	replaced bool // by the other; else it replaces the other
	to       target
}

// identifier is FHIR's Identifier.
type identifier struct {
	Use, System, Value string
	Type               struct {
		Coding []struct{ System, Code string }
	}
	Period   struct{ End string }
	Assigner struct { // for its form: fhir.Resource.System reads it
		Reference, Display string
		Identifier         struct{ System, Value string }
	}
}

// number is the identifier as a Number, of a system.
func (i identifier) number(system string) Number {
	n := Number{System: system, Value: Clean(i.Value), Old: i.Use == "old", Ended: i.Period.End != ""}
	for _, c := range i.Type.Coding {
		n.Kinds += " " + fhir.IdentifierKind(c.System, c.Code)
	}
	return n
}

// read reads a Patient; system tells that of an identifier in it, and stands whether a number stands for one.
func read(patient []byte, system func(at string) string, stands func(Number) bool) *person {
	var p struct {
		Identifier []identifier
		Name       []struct {
			Use, Text, Family string
			Given, Suffix     []string
		}
		BirthDate, Gender string
		Link              []struct {
			Type  string
			Other struct {
				Reference, Type string
				Identifier      identifier
			}
		}
	}
	// What does not fit is missing here, and refused when it is validated; what refers to
	// the Patient is not, and goes where the rest leads.
	unread := unfit(json.Unmarshal(patient, &p))
	out := &person{known: Demographics{Born: p.BirthDate, Sex: p.Gender}, unread: unread}
	for at, i := range p.Identifier {
		if n := i.number(system(fmt.Sprintf("identifier[%d]", at))); !stands(n) {
			out.none = cmp.Or(out.none, i.Value)
		} else {
			out.numbers = append(out.numbers, n)
		}
	}
	for _, n := range p.Name {
		name := cmp.Or(fullName(n.Family, n.Given, n.Suffix), strings.TrimSpace(n.Text))
		if name != "" && n.Use != "anonymous" {
			out.known.Names = adds(out.known.Names, name)
		}
	}
	for at, l := range p.Link {
		if l.Type != "replaced-by" && l.Type != "replaces" {
			continue // refer and seealso say less than that it is one chart
		}
		if relative(l.Other.Type) || relative(typeOf(l.Other.Reference)) {
			continue
		}
		n := l.Other.Identifier.number(system(fmt.Sprintf("link[%d].other.identifier", at)))
		to := target{to: l.Other.Reference, typ: "Patient", system: n.System, value: n.Value, kinds: n.Kinds}
		out.links = append(out.links, link{l.Type == "replaced-by", to})
	}
	return out
}

// unfit says which element has other JSON than in FHIR; "" where all fits.
func unfit(err error) string {
	fit := (*json.UnmarshalTypeError)(nil)
	if !errors.As(err, &fit) {
		return ""
	}
	at := "Patient"
	for name := range strings.SplitSeq(fit.Field, ".") {
		at += "." + strings.ToLower(name[:min(1, len(name))]) + name[min(1, len(name)):]
	}
	return at + ", a JSON " + fit.Value
}

// relative reports whether a type to which a Patient is linked is another than its own.
func relative(typ string) bool { return typ != "" && typ != "Patient" }

// typeOf is the type that a reference shows; "" for none.
func typeOf(ref string) string {
	if _, typ, _, _ := conditional(ref); typ != "" {
		return typ
	}
	_, name := fhir.Base(ref)
	typ, _, _ := strings.Cut(name, "/")
	return typ
}

// Read returns what a Patient says of who it is, for an enrolment: its numbers
// (placeholders left out) and what is known of the person beside. unread is what of that
// is not written as FHIR does, and may say something else than what was read.
func Read(r *fhir.Resource) (numbers []Number, known Demographics, unread string) {
	p := read(r.JSON, r.System, new(Table).stands)
	for _, i := range r.Validate() {
		at := strings.FieldsFunc(i.Path, func(c rune) bool { return c == '.' || c == '[' })
		if !i.Warning && len(at) > 1 && slices.Contains([]string{"identifier", "name", "birthDate", "gender"}, at[1]) {
			return p.numbers, p.known, i.Path + ": " + i.Text
		}
	}
	return p.numbers, p.known, p.unread
}

// identify finds the subjects of all Patients of the files: by the link table,
// then by the subject that was named, then along Patient.link.
func (s *Survey) identify() {
	for _, f := range s.files {
		for _, n := range f.nodes {
			if n.person != nil {
				n.person.server = n.server
				s.byTable(n.person, n)
			}
			for _, p := range n.within {
				if p.server = n.server; p.problem == nil {
					s.byTable(p, nil)
				}
			}
		}
	}
	s.byBefore()
	s.linksAgree()
	s.byLinks()
	s.byBefore() // whoever is said to be one person with another, too
	s.byAsked()
	s.byLinks() // whoever replaces or is replaced by the one who was named
	for _, f := range s.files {
		f.unify()
	}
	for _, f := range s.files {
		for _, n := range f.nodes {
			for _, p := range n.within {
				s.byFiles(p)
			}
			for _, p := range append(slices.Clone(n.within), n.person) {
				if p != nil && p.subject.IsZero() && p.problem == nil {
					says, how := s.hint(p)
					p.problem = unlinked("its patient is not linked here", p.called(n)).And(says, how...)
				}
			}
		}
	}
}

// byBefore asks about a Patient whose id was another's when it was delivered: what names it
// by that was, too, or will be. Not where that id is linked to the person.
func (s *Survey) byBefore() {
	if s.asked.Strays == nil {
		return
	}
	named := map[stele.Subject]map[string]bool{}
	s.eachNamed(func(n *node, name string) {
		if named[n.person.subject] == nil {
			named[n.person.subject] = map[string]bool{}
		}
		named[n.person.subject][name] = true
	})
	if len(named) == 0 {
		return
	}
	others := s.asked.Strays(named)
	s.eachNamed(func(n *node, name string) {
		if p := n.person; others[p.subject][name] && !s.confirmed(p, n) {
			p.problem = unsure(isItLinked, p.subject, "Its id was another patient's when it was delivered before").or("if it is this one", s.asking(n.server, n.name()))
			p.subject = stele.Subject{}
		}
	})
}

// eachNamed calls f for the Patients whose person is known by a number, with what they are
// called here.
func (s *Survey) eachNamed(f func(n *node, name string)) {
	for _, file := range s.files {
		for _, n := range file.nodes {
			if n.person == nil || n.id == "" || n.person.subject.IsZero() || n.remade() {
				continue
			}
			if !slices.Contains(s.table.findID(s.shown[n.server], n.id), n.person.subject) {
				f(n, s.here(n.server, n.name()))
			}
		}
	}
}

// called is how a Patient is called in a sentence.
func (p *person) called(n *node) string {
	called := "a Patient without id"
	if n.person == p && n.id != "" {
		called = n.name()
	}
	if len(p.numbers) > 0 {
		called += " (" + p.numbers[0].String() + ")"
	}
	return called
}

// byTable looks a Patient up by numbers, or by its id where that is linked.
func (s *Survey) byTable(p *person, n *node) {
	base := s.shown[p.server]
	var found []stele.Subject
	for _, number := range p.numbers {
		for _, subject := range s.table.find(number, base) {
			found = adds(found, subject)
		}
	}
	var byID []stele.Subject
	if n != nil && n.id != "" {
		byID = s.table.findID(base, n.id)
	}
	if len(found) == 0 && !slices.ContainsFunc(p.numbers, s.table.identifies) {
		found = byID
	}
	switch len(found) {
	case 0:
	case 1:
		another := len(byID) > 0 && !slices.Contains(byID, found[0])
		if another && !s.confirmed(p, n) && !p.known.compare(s.table.known(found[0])).exact() {
			p.problem = unsure(isItLinked, found[0], "Its number is one patient's, and its id another's").or("if the number is right", s.asking(n.server, n.name()))
			return
		}
		if p.take(s, found[0], n); another && p.problem == nil {
			p.tell("its id is linked to another here, " + s.table.nameOf(byID[0]) + ": what names it without this Patient goes there; if the id is this one's: " + s.table.tyingID(base, n.id, found[0]))
		}
	default:
		p.ofSeveral(s, n)
	}
}

// ofSeveral decides a Patient whose numbers are linked to different people. One that is
// old, beside one of today in its system, is passed over where name and birth date are
// those of whose number it is today: numbers are given again.
func (p *person) ofSeveral(s *Survey, n *node) {
	base := s.shown[p.server]
	var today []stele.Subject
	var told, past []string
	for _, number := range p.numbers {
		for _, subject := range s.table.find(number, base) {
			if outlived(number, p.numbers) {
				past = adds(past, number.String())
			} else {
				today = adds(today, subject)
			}
			told = adds(told, number.String()+" to "+s.table.nameOf(subject))
		}
	}
	if len(today) == 1 && p.known.compare(s.table.known(today[0])).exact() {
		if p.take(s, today[0], n); p.problem == nil {
			p.tell("its old number " + strings.Join(past, ", ") + " is another patient's here by now, and was passed over")
		}
		return
	}
	p.problem = because("its numbers are linked to different patients", strings.Join(told, "; "))
}

// byFiles ties a contained Patient to one in the files who has its number.
func (s *Survey) byFiles(p *person) {
	for _, number := range p.numbers {
		if !p.subject.IsZero() || p.problem != nil {
			return
		}
		switch a := s.lookUpNumber("Patient", number, p.server); {
		case a.problem != nil:
			p.problem = a.problem
		case a.person:
			p.take(s, a.subject, nil)
		}
	}
}

// take ties a Patient to a subject, unless something speaks against it.
func (p *person) take(s *Survey, subject stele.Subject, n *node) {
	if number, other := s.table.contradicts(p.numbers, s.shown[p.server], subject); other {
		p.problem = because("it is another person than the one linked", number.String()+" is not a number of theirs")
		if own := s.table.numberIn(number.System, subject); own != "" {
			p.problem = p.problem.And(", but "+own+"; if it is one, too", linking(number, subject))
		}
		return
	}
	known := s.table.known(subject)
	differs := p.known.Differs(known)
	why := ""
	if differs.Question != "" {
		why = "It has " + differs.Question
	}
	for _, number := range p.numbers {
		if l, other := s.table.mistyped(number, s.shown[p.server], subject); other && why == "" && len(s.table.find(number, s.shown[p.server])) == 0 {
			why = "Its number " + number.String() + " is nearly " + l.String() + ", which is another patient's"
		}
	}
	if l, other := s.table.closer(p.known, subject); other && why == "" {
		why = "Another patient, " + l.String() + ", has its name"
		if p.known.Born != "" {
			why += " and birth date"
		}
	}
	if p.unread != "" && why == "" {
		why = "A part of what it says of who it is can't be read: " + p.unread
	}
	if differs.Note != "" {
		p.note = "it has " + differs.Note + " than the person linked"
	}
	if why != "" && !s.confirmed(p, n) {
		p.problem = unsure(isItLinked, subject, why)
		if called := s.confirm(p, n); called != "" {
			p.problem = p.problem.or("if it is", called)
		}
		return
	}
	p.subject = subject
}

// tell adds to what is told of a Patient.
func (p *person) tell(note string) { p.note = noted(p.note, note) }

// linking is the command that links a number to a person.
func linking(n Number, to stele.Subject) string {
	system := ""
	if n.System != "" {
		system = " --system " + Word(n.System)
	}
	return "stele patient link --mrn " + Word(n.Value) + system + " --did " + to.String()
}

// Word writes what comes from a file as one word of a command, for whoever copies it.
func Word(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._:/", r)
	}
	if text != "" && !strings.HasPrefix(text, "-") && !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
