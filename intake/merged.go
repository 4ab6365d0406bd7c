package intake

import (
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// What is said to be one person: Patient.link (FHIR R4 § Patient.link), and versions of
// one Patient.

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

// said is what links say of a Patient in one round.
type said struct {
	subjects []stele.Subject // who it is
	n        *node
	other    string // the Patient at the other end, of several the first by name
	mends    string // the command that makes one of two charts, where those are linked to different people
}

// round looks at all links once and then changes what they say: where two
// Patients that are linked are different people here (quarrels), or where one is
// known and the other is not. Charts that were merged are one person's.
func (s *Survey) round(quarrels bool) (changed bool) {
	found := map[*person]*said{}
	say := func(p *person, n *node, subject stele.Subject, other string, replaced bool) {
		switch {
		case n == nil || p.problem != nil || subject.IsZero() || p.subject == subject || p.subject.IsZero() == quarrels:
			return
		case quarrels && s.table.Same != nil && s.table.Same(p.subject, subject):
			return
		}
		is := found[p]
		if is == nil {
			is = &said{}
			found[p] = is
		}
		is.subjects, is.n = adds(is.subjects, subject), n
		if is.other != "" && is.other <= other {
			return
		}
		if is.other = other; quarrels && replaced {
			is.mends = s.merging(p.subject, subject)
		} else if quarrels {
			is.mends = s.merging(subject, p.subject)
		}
	}
	for _, f := range s.files {
		for _, n := range f.nodes {
			for _, p := range n.merged() {
				if p.problem != nil {
					continue
				}
				for _, l := range p.links {
					for _, other := range s.linked(f, n, l.to) {
						called := l.to.called()
						if other.node != nil {
							called = other.called(other.node)
						}
						say(p, n, other.subject, called, l.replaced)
						if other.problem == nil && !quarrels && p == n.person {
							say(other.person, other.node, p.subject, p.called(n), !l.replaced)
						}
					}
				}
			}
		}
	}
	for p, is := range found {
		if quarrels || len(is.subjects) > 1 {
			p.subject, p.problem = stele.Subject{}, because("it is said to be one person with "+is.other+", and they are linked to different people here")
			if is.mends != "" {
				p.problem = p.problem.And("; if they are one", is.mends)
			}
		} else {
			if p.take(s, is.subjects[0], is.n); p.problem == nil {
				p.tell("a link between them says that it is one person with " + is.other + ", and so it is taken")
			}
		}
		changed = true
	}
	return changed
}

// merging is the command that makes one of the charts of two who are one person: the only number of who was replaced
// goes to the other where that chart is empty; else the charts are merged.
func (s *Survey) merging(replaced, by stele.Subject) string {
	var numbers []Link
	for _, l := range s.table.links.Of(replaced) {
		if l.System != PatientID {
			numbers = append(numbers, l)
		}
	}
	if len(numbers) == 1 && s.asked.Empty != nil && s.asked.Empty(replaced) {
		return linking(Number{System: numbers[0].System, Value: numbers[0].Number}, by) + " --move --reason \"…\""
	}
	return "stele patient merge " + s.table.typed(replaced) + " FILE --into " + s.table.typed(by) + " --reason \"…\""
}

// merged are the Patients of an entry, itself or in it, that are linked to others.
func (n *node) merged() (people []*person) {
	if n.person != nil && len(n.person.links) > 0 {
		people = append(people, n.person)
	}
	for _, p := range n.within {
		if len(p.links) > 0 {
			people = append(people, p)
		}
	}
	return people
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
		for _, p := range n.merged() {
			for _, l := range p.links {
				if l.to.to == "" || l.to.value == "" {
					continue
				}
				for _, other := range s.linked(n.file, n, l.to) {
					a := answer{person: true, subject: other.subject}
					if other.node != nil {
						a.nodes = []*node{other.node}
					}
					if s.disagrees(a, l.to.number(), n.server) && p.problem == nil {
						p.subject, p.problem = stele.Subject{}, because("the reference and the identifier of its link name different people", l.to.called())
					}
				}
			}
		}
	})
}

// linked finds the Patients that a Patient.link leads to, in the files or in the table: by
// its reference, which may be a search for a number, or by its identifier.
func (s *Survey) linked(f *File, from *node, to target) (found []other) {
	for _, n := range f.literal(from, to.to) {
		if n.person != nil {
			found = append(found, other{n.person, n})
		}
	}
	if len(found) > 0 {
		return found
	}
	found = s.numbered(to.number(), from.server)
	if base, typ, number, ok := conditional(to.to); ok && typ == "Patient" {
		at := from.server
		if base != "" {
			at = s.serverOf(base)
		}
		found = append(found, s.numbered(number, at)...)
	}
	if _, name := fhir.Base(to.to); name != "" {
		server, name := s.absolute(from, to.to)
		for _, subject := range s.table.findNamed(s.shown[server], name) {
			found = append(found, other{&person{subject: subject}, nil})
		}
	}
	return found
}

// numbered finds the Patients who have a number that stands on a server.
func (s *Survey) numbered(number Number, server int32) (found []other) {
	for _, subject := range s.table.find(number, s.shown[server]) {
		found = append(found, other{&person{subject: subject}, nil})
	}
	if s.table.identifies(number) {
		for _, n := range s.byNumber[s.key("Patient", number, server)] {
			found = append(found, other{n.person, n})
		}
	}
	return found
}

// unify makes of the versions of one Patient in a file, or in one Bundle of it, one
// person. Where they are not of one, nobody knows whose a reference to them is.
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
			doubt = doubt || n.person.problem != nil || n.person.known.another(same[0].person.known)
		}
		for _, n := range same {
			switch p := n.person; {
			case len(subjects) == 0 || len(same) == 1:
			case len(subjects) > 1 || doubt:
				p.subject, p.problem = stele.Subject{}, because("there are two Patients of this id, and they are not one person")
			case p.subject.IsZero():
				p.take(f.survey, subjects[0], n)
			}
		}
	}
}
