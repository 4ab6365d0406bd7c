package intake

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// connect finds whose the records are that name nobody: of those whose records
// they hang together with (a Provenance and its target, a Binary and its
// DocumentReference, an Observation and its Encounter). Of one person, or none:
// then of the only person that their file is about. Where one of them leads to
// something that is not here, or to somebody else, all that hang together with it
// are nobody's.
func (s *Survey) connect() {
	s.each(func(n *node) {
		for _, p := range n.points {
			if n.state == nameless {
				s.lead(n, p)
			}
			for _, m := range s.resolve(n, p).nodes {
				switch {
				case n.state >= shared || m.state >= shared || m == n:
				case n.state == nameless && m.state == nameless:
					if !p.party {
						n.join(m)
					}
				case m.state == nameless:
					m.hear(n, false)
				case n.state == nameless && m.person == nil: // people are asked for in lead
					n.hear(m, p.party)
				}
			}
		}
	})
	s.each(func(n *node) {
		if n.state == nameless && n.stand() != n {
			top := n.stand()
			for _, subject := range n.people {
				top.people = adds(top.people, subject)
			}
			for _, subject := range n.parties {
				top.parties = adds(top.parties, subject)
			}
			if top.doubt == nil {
				top.doubt = n.doubt
			}
		}
	})
	s.each(func(n *node) {
		if n.state == nameless {
			n.found()
		}
	})
}

func (s *Survey) each(f func(*node)) {
	for _, file := range s.files {
		for _, n := range file.nodes {
			if !n.nothing {
				f(n)
			}
		}
	}
}

// lead takes what a nameless record's reference says of whose it is.
func (s *Survey) lead(n *node, p pointer) {
	a := s.resolve(n, p)
	if s.ownLog() && p.role >= fhir.Mentions && (a.person || n.file.perhapsPatient(p, a)) {
		n.doubt = because("it mentions somebody who may be a patient, and the organisation's own log takes nothing of any")
	}
	switch {
	case a.person && a.problem == nil && (p.role >= fhir.Names || p.about):
		n.people = adds(n.people, a.subject)
	case a.person && a.problem == nil:
		n.parties = adds(n.parties, a.subject)
	case a.person, a.problem != nil && p.personal && n.file.leadsOut(p) && !s.beside(n, p):
		n.doubt = a.problem
	}
}

// beside reports whether a reference to what is not here says nothing of whose a record is:
// the record says what it is about, which is here and somebody's, and this is to no Patient.
// What a Provenance's target was made of is often elsewhere.
func (s *Survey) beside(n *node, p pointer) bool {
	if typ := n.file.targets[max(p.to, 0)].typ; p.to < 0 || p.about || typ == "" || typ == "Patient" {
		return false
	}
	return slices.ContainsFunc(n.points, func(q pointer) bool {
		if !q.about {
			return false
		}
		a := s.resolve(n, q)
		return a.problem == nil && (a.person || slices.ContainsFunc(a.nodes, func(m *node) bool { return !fhir.Shared(m.typ) }))
	})
}

// leadsOut reports whether a reference is more than words, or a number that may be
// anybody's.
func (f *File) leadsOut(p pointer) bool {
	if p.to < 0 {
		return true
	}
	t := f.targets[p.to]
	return t.to != "" || t.value != "" && (t.typ != "" || medical(t.kinds) || f.survey.table.own(t.system))
}

// perhapsPatient reports whether a reference may be to a Patient who is not here: it
// says so, or it does not say to what else it is.
func (f *File) perhapsPatient(p pointer, a answer) bool {
	if p.to < 0 {
		return p.inside >= 0
	}
	t := f.targets[p.to]
	return t.typ == "Patient" || t.typ == "" && len(a.nodes) == 0 && (t.to != "" || t.value != "")
}

// aboutIt are the elements that say whom a record is about by what was done, or is to be.
var aboutIt = map[string]bool{"Provenance.target": true, "AuditEvent.entity.what": true, "Task.focus": true}

// hear takes from a record that is decided whose it is; from a party, only whom it
// mentions.
func (n *node) hear(m *node, party bool) {
	for _, subject := range m.To {
		if party {
			n.parties = adds(n.parties, subject)
		} else {
			n.people = adds(n.people, subject)
		}
	}
	if m.elsewhere {
		n.doubt = unlinked("it names nobody, and " + m.called() + " has sections about somebody else")
	}
	if m.Refused != nil {
		n.doubt = m.Refused.by("it belongs to " + m.called() + ", which goes nowhere")
	}
}

// stand returns the record that stands for a group.
func (n *node) stand() *node {
	top := n
	for top.group != nil {
		top = top.group
	}
	for n != top { // the next one is there at once
		n, n.group = n.group, top
	}
	return top
}

func (n *node) join(m *node) {
	if a, b := n.stand(), m.stand(); a != b {
		b.group = a
	}
}

// found ends the search for a nameless record.
func (n *node) found() {
	top, asked, only := n.stand(), n.file.survey.asked.Subject, n.onlyPerson()
	switch {
	case top.doubt != nil:
		n.Refused = top.doubt
	case len(top.people) > 1:
		n.Refused = because("it belongs to records of different patients")
	case len(top.people) == 1 && !asked.IsZero() && top.people[0] != asked:
		n.Refused = because("it is of another patient than the one that was named")
	case len(top.people) == 1 && slices.ContainsFunc(top.parties, func(s stele.Subject) bool { return s != top.people[0] }):
		n.Refused = because("it belongs to a record of one patient, and another had a part in it", "whom it is about is not said")
	case len(top.people) == 1:
		n.To = []stele.Subject{top.people[0]}
	case n.must:
		n.Refused = because("it is about a record of which is not known whose it is")
	case only.IsZero() && len(top.parties) > 0:
		n.Refused = because("it says only who did, asked for or told something, and not whom it is about")
	case only.IsZero() && n.file.torn:
		n.Refused = unlinked("it names nobody, and a part of its file could not be read", "whom else that is about is not known; say --patient, if it is about one person only")
	case only.IsZero():
		n.Refused = unlinked("it names nobody, and nothing says whose it is")
	case slices.ContainsFunc(top.parties, func(s stele.Subject) bool { return s != only }):
		n.Refused = because("it does not say whom it is about, and another patient than the only one of its file had a part in it")
	default:
		n.To = []stele.Subject{only}
	}
}

// spread gives what is of nobody by its type to everyone whose records refer to
// it, and on to what it refers to itself.
func (s *Survey) spread() {
	s.each(func(n *node) {
		for _, subject := range n.To {
			if n.state != shared {
				s.pass(n, subject)
			}
		}
	})
	var left []*node
	s.each(func(n *node) {
		if n.state == shared && len(n.To) == 0 && !n.onlyPerson().IsZero() {
			left = append(left, n)
		}
	})
	for _, n := range left {
		if n.give(n.onlyPerson()) {
			s.pass(n, n.onlyPerson())
		}
	}
	s.each(func(n *node) { n.Waits = n.state == shared && len(n.To) == 0 })
}

// pass gives a person all that a record of hers refers to and is of nobody by its type.
func (s *Survey) pass(from *node, to stele.Subject) {
	work := []*node{from}
	for len(work) > 0 {
		n := work[len(work)-1]
		work = work[:len(work)-1]
		for _, p := range n.points {
			for _, m := range one(s.resolve(n, p).nodes) {
				if m.state == shared && m.give(to) {
					work = append(work, m)
				}
			}
		}
	}
}

// one drops records of one name that stand in several files or Bundles and are not
// the same: which of them is meant is not known.
func one(nodes []*node) []*node {
	for _, n := range nodes {
		if (n.file != nodes[0].file || n.bundle != nodes[0].bundle) && n.print != nodes[0].print {
			return nil
		}
	}
	return nodes
}

// give adds somebody and reports whether they are new.
func (n *node) give(to stele.Subject) (more bool) {
	if n.has == nil {
		n.has = map[stele.Subject]struct{}{}
	}
	if _, had := n.has[to]; had {
		return false
	}
	n.has[to] = struct{}{}
	n.To = append(n.To, to)
	return true
}
