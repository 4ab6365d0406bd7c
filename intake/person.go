package intake

import (
	"cmp"
	"encoding/json"
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
	said    Number // of a contained one: what the reference to it says of its number

	server  int32         // on which it stands
	subject stele.Subject // zero while nobody's
	here    bool          // found by what counts on the organisation's own server only
	problem string        // why it is nobody's; "" while it may still be found
	note    string        // what differs from the one who is linked
}

// link is Patient.link.
type link struct {
	replaced bool // by the other; else it replaces the other
	to       target
}

// read reads a Patient.
func read(r *fhir.Resource) *person {
	var p struct {
		Identifier []struct {
			Use, System, Value string
			Type               struct{ Coding []struct{ Code string } }
			Period             struct{ End string }
		}
		Name []struct {
			Use, Text, Family string
			Given, Suffix     []string
		}
		BirthDate, Gender string
		Link              []struct {
			Type  string
			Other struct {
				Reference, Type string
				Identifier      struct {
					System, Value string
					Type          struct{ Coding []struct{ Code string } }
				}
			}
		}
	}
	// What does not fit is missing here, and refused when it is validated.
	_ = json.Unmarshal(r.JSON, &p)
	out := &person{known: Demographics{Born: p.BirthDate, Sex: p.Gender}}
	for _, i := range p.Identifier {
		n := Number{System: i.System, Value: Clean(i.Value), Old: i.Use == "old", Ended: i.Period.End != ""}
		for _, c := range i.Type.Coding {
			n.Kinds += " " + c.Code
		}
		if Placeholder(n.Value) {
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
	for _, l := range p.Link {
		if l.Type != "replaced-by" && l.Type != "replaces" {
			continue // refer and seealso say less than that it is one chart
		}
		if l.Other.Type != "" && l.Other.Type != "Patient" {
			continue // a relative
		}
		to := target{to: l.Other.Reference, typ: "Patient", system: l.Other.Identifier.System, value: Clean(l.Other.Identifier.Value)}
		for _, c := range l.Other.Identifier.Type.Coding {
			to.kinds += " " + c.Code
		}
		out.links = append(out.links, link{l.Type == "replaced-by", to})
	}
	return out
}

// Read returns what a Patient says of who it is, for an enrolment: its numbers
// (placeholders left out) and what is known of the person beside.
func Read(r *fhir.Resource) ([]Number, Demographics) {
	p := read(r)
	return p.numbers, p.known
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
				if p.server = n.server; p.problem == "" {
					s.byTable(p, nil)
				}
			}
		}
	}
	s.linksAgree()
	s.byLinks()
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
				if p != nil && p.subject.IsZero() && p.problem == "" {
					p.problem = "its patient is not linked here: " + p.called(n) + s.hint(p)
				}
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
	p.here = base == ""
	for _, number := range p.numbers {
		for _, subject := range s.table.find(number, base) {
			found = adds(found, subject)
			p.here = p.here && number.System == ""
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
		if len(byID) > 0 && !slices.Contains(byID, found[0]) && !s.confirmed(p, n) && !p.known.compare(s.table.known(found[0])).exact() {
			p.problem = "is it the person linked? Its number is one patient's, and its id another's; if the number is right: --confirm " + n.name()
			return
		}
		p.take(s, found[0], n)
	default:
		p.problem = "its numbers are linked to different patients"
	}
}

// byFiles ties a contained Patient to one in the files who has its number.
func (s *Survey) byFiles(p *person) {
	for _, number := range p.numbers {
		if !p.subject.IsZero() || p.problem != "" {
			return
		}
		switch a := s.lookUpNumber("Patient", number, p.server); {
		case a.problem != "":
			p.problem = a.problem
		case a.person:
			p.take(s, a.subject, nil)
		}
	}
}

// take ties a Patient to a subject, unless something speaks against it.
func (p *person) take(s *Survey, subject stele.Subject, n *node) {
	if number, other := s.table.contradicts(p.numbers, s.shown[p.server], subject); other {
		p.problem = "it is another person than the one linked: " + number.String() + " is not a number of theirs"
		if own := s.table.numberIn(number.System, subject); own != "" {
			p.problem += ", but " + own + "; if it is one, too: stele patient link --mrn " + word(number.Value) + " --system " + word(number.System)
		}
		return
	}
	known := s.table.known(subject)
	differs := p.known.Differs(known)
	why := ""
	if differs.Question != "" {
		why = "It has " + differs.Question
	} else if l, other := s.table.closer(p.known, subject); other {
		why = "Another patient, " + l.String() + ", has its name and birth date"
	}
	for _, number := range p.numbers {
		if l, other := s.table.mistyped(number, s.shown[p.server], subject); other && why == "" && len(s.table.find(number, s.shown[p.server])) == 0 {
			why = "Its number " + number.String() + " is nearly " + l.String() + ", which is another patient's"
		}
	}
	if differs.Note != "" {
		p.note = "it has " + differs.Note + " than the person linked"
	}
	if why != "" && !s.confirmed(p, n) {
		p.problem = "is it the person linked? " + why
		if called := p.confirm(n); called != "" {
			p.problem += "; if it is: --confirm " + called
		}
		return
	}
	p.subject = subject
}

// confirm is by what a Patient is confirmed; "" where it has neither id nor number.
func (p *person) confirm(n *node) string {
	switch {
	case n != nil && n.person == p && n.id != "":
		return n.name()
	case len(p.numbers) > 0:
		return word(p.numbers[0].Value)
	}
	return ""
}

// word writes what comes from a file as one word of a command, for whoever copies it.
func word(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._:/", r)
	}
	if text != "" && !strings.HasPrefix(text, "-") && !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// confirmed reports whether a Patient is confirmed, by its name or a number. A name
// that is of several people in the files confirms nobody.
func (s *Survey) confirmed(p *person, n *node) bool {
	for _, number := range p.numbers {
		if slices.Contains(s.asked.Same, number.String()) || slices.Contains(s.asked.Same, number.Value) {
			return true
		}
	}
	if n == nil || n.person != p || !slices.Contains(s.asked.Same, n.name()) {
		return false
	}
	return !slices.ContainsFunc(s.byName[n.name()], func(m *node) bool {
		return m.person != nil && s.oneOf(m) != s.oneOf(n) && (m.file != n.file || m.url != n.url)
	})
}

// hint says what helps a Patient who is not linked.
func (s *Survey) hint(p *person) string {
	for _, number := range p.numbers {
		if !s.table.identifies(number) {
			continue
		}
		if base := s.shown[p.server]; !s.table.counts(number, base) && len(s.table.find(number, "")) > 0 {
			return "; " + number.Value + " has no system, and counts on your own servers only: stele patient system add " + word(base) + ", if that is yours"
		}
		for _, i := range s.table.byNumber[number.Value] {
			switch l := s.table.Links[i]; {
			case l.System == "" && number.System != "":
				return "; " + number.Value + " is linked without a system: stele patient system add " + word(number.System) + ", if that is yours"
			case l.System != PatientID && number.System == "":
				return "; " + number.Value + " is linked in the system " + l.System + ", and the file tells none"
			}
		}
		if l, other := s.table.mistyped(number, s.shown[p.server], stele.Subject{}); other {
			return "; is it " + l.String() + ", who is linked? If it is: stele patient link --mrn " + word(number.Value) + " --system " + word(number.System) + " --did " + l.Subject.String()
		}
	}
	for _, l := range p.links {
		to := l.to.called()
		switch {
		case len(p.numbers) == 0:
		case l.replaced:
			return "; it was replaced by " + to + ", who is not linked here: link " + p.numbers[0].Value + " to the same person, or the number of " + to
		default:
			return "; it replaces " + to + ", who is not linked here: link " + p.numbers[0].Value + " to the same person, or the number of " + to
		}
	}
	if p.none != "" && len(p.numbers) == 0 {
		return fmt.Sprintf("; its number %q stands for none", p.none)
	}
	return ""
}

// byLinks follows Patient.link: who is replaced by somebody known is that
// person, and so is who replaces somebody known. It goes in rounds, so that the
// order of the files does not matter.
func (s *Survey) byLinks() {
	for s.round(true) {
	}
	for s.round(false) {
		for s.round(true) {
		}
	}
}

// round looks at all links once and then changes what they say: where two
// Patients that are linked are different people here (quarrels), or where one is
// known and the other is not.
func (s *Survey) round(quarrels bool) (changed bool) {
	found, nodes, others := map[*person][]stele.Subject{}, map[*person]*node{}, map[*person]string{}
	say := func(p *person, n *node, subject stele.Subject, other string) {
		if n != nil && p.problem == "" && !subject.IsZero() && p.subject != subject && p.subject.IsZero() == !quarrels {
			found[p], nodes[p] = adds(found[p], subject), n
			if others[p] == "" || other < others[p] {
				others[p] = other
			}
		}
	}
	for _, f := range s.files {
		for _, n := range f.nodes {
			if n.person == nil || n.person.problem != "" {
				continue
			}
			for _, l := range n.person.links {
				for _, other := range s.linked(f, n, l.to) {
					called := l.to.called()
					if other.node != nil {
						called = other.called(other.node)
					}
					say(n.person, n, other.subject, called)
					if other.problem == "" && !quarrels {
						say(other.person, other.node, n.person.subject, n.person.called(n))
					}
				}
			}
		}
	}
	for p, subjects := range found {
		if quarrels || len(subjects) > 1 {
			p.subject, p.problem = stele.Subject{}, "it is said to be one person with "+others[p]+", and they are linked to different people here"
			if len(p.numbers) > 0 {
				p.problem += "; if they are one: stele patient link --mrn " + word(p.numbers[0].Value) + " --move"
			}
		} else {
			p.take(s, subjects[0], nodes[p])
		}
		changed = true
	}
	return changed
}

// other is the Patient at the other end of a link; without a node one that only
// the link table knows.
type other struct {
	*person
	node *node
}

// linksAgree asks where Patient.link names one Patient by its reference and another
// by its identifier.
func (s *Survey) linksAgree() {
	s.each(func(n *node) {
		if n.person == nil {
			return
		}
		for _, l := range n.person.links {
			if l.to.to == "" || l.to.value == "" {
				continue
			}
			for _, other := range s.linked(n.file, n, l.to) {
				a := answer{person: true, subject: other.subject}
				if other.node != nil {
					a.nodes = []*node{other.node}
				}
				if s.disagrees(a, l.to.number(), n.server) && n.person.problem == "" {
					n.person.subject, n.person.problem = stele.Subject{}, "the reference and the identifier of its link name different people: "+l.to.called()
				}
			}
		}
	})
}

// linked finds the Patients that a Patient.link leads to, in the files or in the
// table.
func (s *Survey) linked(f *File, from *node, to target) (found []other) {
	for _, n := range f.literal(from, to.to) {
		if n.person != nil {
			found = append(found, other{n.person, n})
		}
	}
	if len(found) > 0 {
		return found
	}
	subjects := s.table.find(to.number(), s.shown[from.server])
	if _, name := fhir.Base(to.to); name != "" {
		server, name := s.absolute(from, to.to)
		subjects = append(subjects, s.table.findID(s.shown[server], strings.TrimPrefix(name, "Patient/"))...)
	}
	for _, subject := range subjects {
		found = append(found, other{&person{subject: subject}, nil})
	}
	return found
}

// byAsked ties the subject that was named to the only Patient that nobody knows.
// Two of them cannot both be the one; nor can somebody beside a known one.
func (s *Survey) byAsked() {
	if s.asked.Subject.IsZero() {
		return
	}
	var unknown []*node
	beside, others, known := false, map[string]bool{}, map[string]bool{}
	for _, f := range s.files {
		for _, n := range f.nodes {
			switch p := n.person; {
			case p == nil:
			case p.subject == s.asked.Subject:
				beside = true
			case !p.subject.IsZero():
				p.subject, p.problem = stele.Subject{}, "it is linked to another patient than the one that was named"
				f.others, known[n.name()] = true, true
			case s.ownLog(): // a Patient is never the organisation
			case p.problem == "":
				unknown = append(unknown, n)
				others[s.oneOf(n)] = true
			default: // hardly the one linked: perhaps the one who was named
				others[s.oneOf(n)] = true
			}
		}
	}
	strangers := 0
	if len(unknown) > 0 {
		strangers = len(s.strangers())
	}
	unlike := len(others) == 1 && s.unlike(unknown)
	for _, n := range unknown {
		switch {
		case unlike:
			n.person.problem = "there are Patients of one number who are hardly one person, and it is not said which is the one that was named"
		case strangers > 0:
			n.person.problem = "it is not linked here, and the files name somebody else beside"
		case beside:
			n.person.problem = "it is another Patient than the one that was named, who is in the files"
		case len(others) > 1:
			n.person.problem = "there are several Patients, and it is not said which is the one that was named"
		case n.file.others || n.id != "" && known[n.name()]:
			n.person.problem = "it is not linked here, and the files say that it is another patient than the one that was named"
		default:
			n.person.take(s, s.asked.Subject, n)
		}
	}
}

// unlike reports whether there are two people under one number.
func (s *Survey) unlike(patients []*node) bool {
	written := map[string]bool{} // each once: there may be many versions
	var apart []Demographics
	for _, n := range patients {
		known := n.person.known
		if key := fmt.Sprint(known); !written[key] && !s.confirmed(n.person, n) {
			written[key], apart = true, append(apart, known)
		}
	}
	for i, a := range apart {
		if slices.ContainsFunc(apart[:i], func(b Demographics) bool { return a.Differs(b).Question != "" }) {
			return true
		}
	}
	return false
}

// oneOf tells unknown Patients apart: those with one medical record number are
// one, and so are those of one name and the same numbers in a file, or without
// any in a Bundle; the same id elsewhere may be of another server.
func (s *Survey) oneOf(n *node) string {
	for _, number := range n.numbers {
		if s.table.Linkable(number) {
			return s.key("Patient", number, n.server)
		}
	}
	if len(n.numbers) > 0 {
		return fmt.Sprint(n.file.number, n.name(), n.numbers)
	}
	return fmt.Sprint(n.file.number, " ", n.bundle, cmp.Or(n.name(), n.url, fmt.Sprint(n.index)))
}

// strangers are the people whom the files name and whose Patient is not in them:
// by an id or a number, or contained.
func (s *Survey) strangers() map[string]bool {
	found := map[string]bool{}
	for _, f := range s.files {
		for _, n := range f.nodes {
			for i, p := range n.within {
				if !slices.ContainsFunc(p.numbers, func(number Number) bool { return s.present(number, n.server) }) {
					found[fmt.Sprint("#", f.number, n.index, i)] = true
				}
			}
			for _, p := range n.points {
				if p.role >= fhir.Names && p.to >= 0 {
					s.stranger(n, f.targets[p.to], found)
				}
			}
		}
	}
	return found
}

func (s *Survey) stranger(n *node, t target, found map[string]bool) {
	if t.typ != "Patient" && t.typ != "" || len(n.file.literal(n, t.to)) > 0 {
		return
	}
	number, at := t.number(), n.server
	if base, typ, asks, ok := conditional(t.to); ok && typ == "Patient" {
		number = asks
		if base != "" {
			at = s.serverOf(base)
		}
	}
	_, name := fhir.Base(t.to)
	switch {
	case s.isCalled(n, t.to), number.Value != "" && s.present(number, at):
	case number.Value != "":
		found["|"+s.key("Patient", number, at)] = true // a number is never called by an id
	case name != "":
		server, name := s.absolute(n, t.to)
		found[strings.TrimPrefix(s.shown[server]+"/"+name, "/")] = true
	case t.to != "":
		found[t.to] = true
	}
}

// absolute returns a reference's name, and its server: the one that it shows, or else
// that of its record.
func (s *Survey) absolute(n *node, ref string) (server int32, name string) {
	base, name := fhir.Base(ref)
	if server = s.serverOf(base); server == 0 {
		return n.server, name
	}
	return server, name
}

// isCalled reports whether a reference is to a Patient who was said to be the
// subject. A name without its server is of one server only: of none that is shown,
// where the files name it so; it calls nobody where they show several.
func (s *Survey) isCalled(n *node, ref string) bool {
	if _, name := fhir.Base(ref); name == "" || s.ownLog() {
		return false
	}
	server, name := s.absolute(n, ref)
	for _, called := range s.asked.Called {
		base, one := fhir.Base(called)
		switch homes := s.homes[name]; {
		case one != name:
		case base != "" && s.serverOf(base) == server, base == "" && (server == 0 || len(homes) == 1 && homes[0] == server):
			return true
		}
	}
	return false
}

// present reports whether a Patient in the files has a number.
func (s *Survey) present(n Number, server int32) bool {
	return s.table.identifies(n) && len(s.byNumber[s.key("Patient", n, server)]) > 0
}

// callStranger takes the subject that was named for the only person whom the files
// name, by an id of which nothing is known, when no Patient is in them.
func (s *Survey) callStranger() {
	if s.asked.Subject.IsZero() || s.ownLog() || len(s.asked.Called) > 0 {
		return
	}
	for _, f := range s.files {
		for _, n := range f.nodes {
			if n.person != nil || len(n.within) > 0 {
				return
			}
		}
	}
	strangers := s.strangers()
	if len(strangers) != 1 {
		return
	}
	for stranger := range strangers {
		base, name := fhir.Base(stranger)
		linked := len(s.table.findID(base, strings.TrimPrefix(name, "Patient/"))) > 0
		if strings.HasPrefix(name, "Patient/") && !linked && (s.asked.Elsewhere == nil || !s.asked.Elsewhere(s.here(s.byBase[base], name))) {
			s.asked.Called = []string{stranger}
		}
	}
}

// unify makes of the versions of one Patient in a file, or in one Bundle of it, one
// person. Where they are
// not of one, nobody knows whose a reference to them is.
func (f *File) unify() {
	versions := map[string][]*node{}
	for _, n := range f.nodes {
		if n.person != nil && n.id != "" {
			key := fmt.Sprint(n.bundle, " ", n.name())
			if n.server != 0 {
				key += fmt.Sprint(" ", n.server)
			}
			versions[key] = append(versions[key], n)
		}
	}
	for _, same := range versions {
		var subjects []stele.Subject
		doubt := false
		for _, n := range same {
			if !n.person.subject.IsZero() {
				subjects = adds(subjects, n.person.subject)
			}
			doubt = doubt || n.person.problem != "" || n.person.known.another(same[0].person.known)
		}
		for _, n := range same {
			switch p := n.person; {
			case len(subjects) == 0 || len(same) == 1:
			case len(subjects) > 1 || doubt:
				p.subject, p.problem = stele.Subject{}, "there are two Patients of this id, and they are not one person"
			case p.subject.IsZero():
				p.take(f.survey, subjects[0], n)
			}
		}
	}
}
