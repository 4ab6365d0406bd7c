package intake

import (
	"cmp"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// verdict is a Verdict in the making.
type verdict struct {
	Verdict
	state     state
	group     *node           // of nameless records that hang together: one stands for all
	must      bool            // it is about a record, whose person has to be found
	parties   []stele.Subject // patients who have a part in it, which makes it nobody's
	whose     []stele.Subject // whom it names, also where it is refused
	strange   bool            // it names somebody who is not found
	lost      bool            // it names somebody who has no chart here, or is not found
	elsewhere bool            // a document with sections about somebody else
	people    []stele.Subject
	doubt     *Reason                    // why a group can be nobody's
	has       map[stele.Subject]struct{} // To of what is shared
}

type state uint8

const (
	undecided state = iota
	named           // decided by itself, perhaps refused
	nameless        // to be found by what it hangs together with
	shared          // of nobody by its type
	ofNone          // no record of anybody
)

// Decide gives every entry its verdict.
func (s *Survey) Decide() *Plan {
	s.serve()
	s.index()
	s.make()
	s.remember()
	s.identify()
	s.callStranger()
	for _, f := range s.files {
		for _, n := range f.nodes {
			s.name(n)
		}
		f.single()
	}
	s.across()
	s.moved()
	s.connect()
	s.spread()
	s.move()
	for _, f := range s.files {
		for _, n := range f.nodes {
			if n.deletes {
				s.deletion(n)
			}
		}
	}
	p := &Plan{survey: s}
	p.nameAll()
	p.nameTargets()
	s.each(s.countLoose)
	s.forget()
	return p
}

// forget lets go of what was needed to decide.
func (s *Survey) forget() {
	s.byURL, s.byName, s.byNumber, s.homes, s.several, s.systems = nil, nil, nil, nil, nil, nil
	for _, f := range s.files {
		f.byPlace = nil
		f.byURL, f.byName, f.found, f.known, f.words = nil, nil, nil, nil, nil
		for _, n := range f.nodes {
			n.numbers, n.person, n.within, n.people, n.has, n.group = nil, nil, nil, nil, nil, nil
		}
	}
}

func (n *node) refuse(why *Reason) { n.state, n.To, n.Refused, n.Note = named, nil, why, "" }

// tell adds a note, if there is any.
func (n *node) tell(note string) { n.Note = noted(n.Note, note) }

// noted adds a note to those before it.
func noted(before, note string) string {
	if before == "" || note == "" {
		return cmp.Or(before, note)
	}
	return before + "; " + note
}

// name decides what a record says itself.
func (s *Survey) name(n *node) {
	switch {
	case n.nothing:
		n.state = named
		return
	case fhir.Definitional(n.typ) && !s.ownLog():
		n.refuse(because("a " + n.typ + " is no record of a patient"))
		n.state = ofNone
		return
	case n.amid && n.kept():
		n.refuse(because("its Bundle shows several servers, and it none", "of which it is, and its id, is not said; say it with --server"))
		n.concerns("", n.called())
		return
	case n.person != nil && n.person.problem != nil:
		n.refuse(n.person.problem)
		n.concerns("", n.name()+n.url)
		return
	case n.person != nil:
		n.state, n.To, n.Note = named, []stele.Subject{n.person.subject}, n.person.note
		n.concerns(string(n.person.subject[:]), "")
		return
	case n.wrong != nil:
		n.refuse(n.wrong)
		n.concerns("", n.wrong.String())
		return
	}
	if whom, ok := s.whom(n); ok {
		n.whose = whom.to
		s.nameBy(n, whom)
	}
}

// naming is whom a record names.
type naming struct {
	to, rest []stele.Subject // by references; by being contained alone
	any      bool            // a record, perhaps, whose person has to be found
	unsure   *Reason         // why one of them may be a patient, who is not found
}

// whom gathers whom a record names; false where that refuses it.
func (s *Survey) whom(n *node) (whom naming, ok bool) {
	for _, p := range n.points {
		if p.role != fhir.Names && p.role != fhir.Takes {
			continue
		}
		a := s.resolve(n, p)
		if p.role == fhir.Takes && !a.person && !n.file.unclear(p, a) {
			if p.to >= 0 && n.file.targets[p.to].typ == "" && n.file.targets[p.to].value != "" && len(a.nodes) == 0 {
				whom.unsure = a.problem // a doctor by a number, or a patient
			}
			continue // a doctor, a place
		}
		whom.any = true
		if why := s.names(n, a); why != nil {
			n.strange = a.problem != nil && (p.to < 0 || n.file.leadsOut(p) && slices.Contains([]string{"Patient", ""}, n.file.targets[p.to].typ))
			n.refuse(why)
			n.lost = a.problem != nil
			n.concerns("", why.String())
			return whom, false
		}
		if !a.person {
			continue
		}
		if p.to < 0 {
			n.tell(n.within[p.inside].note)
		}
		if p.rest {
			whom.rest = adds(whom.rest, a.subject)
		} else {
			whom.to = adds(whom.to, a.subject)
		}
		n.concerns(string(a.subject[:]), "")
	}
	return whom, true
}

// nameBy decides a record by whom it names.
func (s *Survey) nameBy(n *node, whom naming) {
	to := whom.to
	switch {
	case len(to) == 0 && len(whom.rest) > 0:
		n.refuse(unlinked("it names nobody, and contains a Patient to whom nothing refers"))
		n.concerns("", n.Refused.String())
	case len(to) > 1, slices.ContainsFunc(whom.rest, func(s stele.Subject) bool { return !slices.Contains(to, s) }):
		n.refuse(because("it names more than one patient"))
	case len(to) == 1 && !s.asked.Subject.IsZero() && to[0] != s.asked.Subject:
		n.refuse(because("it is of another patient than the one that was named"))
	case len(to) == 1 && !n.must:
		n.state, n.To = named, to
	case len(to) == 0 && whom.unsure != nil:
		n.refuse(whom.unsure)
		n.concerns("", whom.unsure.String())
	case n.ofNobody(whom.any):
		n.state = shared
	default:
		n.state, n.people = nameless, to
	}
}

// unclear reports whether a reference that says neither type nor leads anywhere
// may be to a patient who takes part.
func (f *File) unclear(p pointer, a answer) bool {
	if p.to < 0 {
		return p.inside >= 0
	}
	t := f.targets[p.to]
	return len(a.nodes) == 0 && (t.typ == "Patient" || t.typ == "" && (t.to != "" || medical(t.kinds) || f.survey.table.own(t.system)))
}

// names says why what a record is about makes it nobody's here; nil when it is a
// person, or a record whose person has to be found.
func (s *Survey) names(n *node, a answer) *Reason {
	if a.problem != nil || a.person {
		return a.problem
	}
	for _, m := range a.nodes {
		switch {
		case m.typ == "Group":
			return because("it is about a group", m.called())
		case noPatients(m.typ):
			return because("it is about " + m.called() + ", which is no patient")
		}
	}
	n.must = true
	return nil
}

// ofNobody reports whether a record is of nobody by its type, or is a device that
// nobody has.
func (n *node) ofNobody(names bool) bool {
	if names || !fhir.Shared(n.typ) && n.typ != "Device" {
		return false
	}
	return !slices.ContainsFunc(n.points, func(p pointer) bool { return p.personal })
}

// concerns notes whom a Bundle, and the file, are about.
func (n *node) concerns(subject, stranger string) {
	if subject == "" {
		subject = "stranger " + stranger
	}
	for _, bundle := range []int{0, n.bundle} {
		if about := n.file.about; len(about[bundle]) < 2 { // more than one is enough to know
			about[bundle] = adds(about[bundle], subject)
		}
	}
}

// single finds the only person that a file, or a Bundle in it, is about: the one
// who was named, when it is about nobody else.
func (f *File) single() {
	asked := f.survey.asked.Subject
	f.only = map[int]stele.Subject{}
	if f.torn && asked.IsZero() {
		return // who else is in it is not known
	}
	if len(f.about[0]) == 0 {
		f.only[0] = asked
	}
	for bundle, about := range f.about {
		var only stele.Subject
		if len(about) != 1 || len(about[0]) != len(only) {
			continue
		}
		if copy(only[:], about[0]); asked.IsZero() || only == asked {
			f.only[bundle] = only
		}
	}
}

// onlyPerson is the only person that a record's Bundle is about, or, where that is
// about nobody, its file.
func (n *node) onlyPerson() stele.Subject {
	if len(n.file.about[n.bundle]) > 0 {
		return n.file.only[n.bundle]
	}
	return n.file.only[0]
}
