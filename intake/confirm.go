package intake

import (
	"slices"

	"github.com/stele-health/stele/fhir"
)

// A question is answered by what it asks of. A name without its server is the
// organisation's own server's, or of the only one of which the files name it so; a number
// without its system is of the only one in which the files have it. An answer to one
// question is none to another.

// isConfirmed reports whether a name or number was confirmed as it is written; none is
// by being empty.
func (s *Survey) isConfirmed(name string) bool { return slices.Contains(s.asked.Same, name) }

// nameConfirmed reports whether what a server calls so was confirmed.
func (s *Survey) nameConfirmed(server int32, name string) bool {
	return slices.ContainsFunc(s.asked.Same, func(same string) bool {
		base, one := fhir.Base(same)
		switch {
		case one != name || name == "":
			return false
		case base == "":
			return s.asking(server, name) == name
		}
		return s.serverOf(base) == server
	})
}

// asking is the name by which a question asks of what a server calls so.
func (s *Survey) asking(server int32, name string) string {
	named := func(at int32) bool { return at != server }
	is := func(n *node) bool { return n.server != server }
	if s.ours(server) || !slices.ContainsFunc(s.homes[name], named) && !slices.ContainsFunc(s.byName[name], is) {
		return name
	}
	return s.shown[server] + "/" + name
}

// numberConfirmed reports whether a number was confirmed.
func (s *Survey) numberConfirmed(n Number) bool {
	return s.isConfirmed(n.String()) || s.isConfirmed(s.askingOf(n))
}

// askingOf is how a question asks of a number.
func (s *Survey) askingOf(n Number) string {
	if s.systems == nil {
		s.systems = map[string][]string{}
		s.eachNumber(func(n Number) {
			if n.Value != "" {
				s.systems[n.Value] = adds(s.systems[n.Value], system(n.System))
			}
		})
	}
	if len(s.systems[n.Value]) > 1 {
		return n.String()
	}
	return n.Value
}

// eachNumber calls f for the numbers by which the files name people.
func (s *Survey) eachNumber(f func(Number)) {
	for _, file := range s.files {
		for _, t := range file.targets {
			f(t.number())
		}
		for _, n := range file.nodes {
			for _, p := range append(slices.Clone(n.within), n.person) {
				if p == nil {
					continue
				}
				for _, number := range p.numbers {
					f(number)
				}
			}
		}
	}
}

// confirmed reports whether a Patient is confirmed, by its name or a number. A name
// that is of several people in the files confirms nobody.
func (s *Survey) confirmed(p *person, n *node) bool {
	if slices.ContainsFunc(p.numbers, s.numberConfirmed) {
		return true
	}
	if n == nil || n.person != p || !s.nameConfirmed(n.server, n.name()) {
		return false
	}
	return !slices.ContainsFunc(s.byName[n.name()], func(m *node) bool {
		return m.person != nil && s.sameServer(m, n) && s.oneOf(m) != s.oneOf(n) && (m.file != n.file || m.url != n.url)
	})
}

// confirm is by what a Patient is confirmed; "" where it has neither id nor number.
func (s *Survey) confirm(p *person, n *node) string {
	switch {
	case n != nil && n.person == p && n.id != "":
		return s.asking(n.server, n.name())
	case len(p.numbers) > 0:
		return s.askingOf(p.numbers[0])
	}
	return ""
}

// sure reports whether a record was confirmed to be of whom it names.
func (s *Survey) sure(n *node) bool {
	if n.id != "" {
		return s.nameConfirmed(n.server, n.name())
	}
	return n.called() != n.typ && s.isConfirmed(n.called())
}

// askedBy is by what a question asks of a record; its type alone where it has no name.
func (s *Survey) askedBy(n *node) string {
	if n.id != "" {
		return s.asking(n.server, n.name())
	}
	return n.called()
}

// wordsConfirmed reports whether the words of a reference were confirmed, by whom it leads
// to; asks is by what they are.
func (s *Survey) wordsConfirmed(n *node, t target) (confirmed bool, asks string) {
	server, name := s.absolute(n, t.to)
	switch {
	case name != "":
		return s.nameConfirmed(server, name) || t.value != "" && s.numberConfirmed(t.number()), s.asking(server, name)
	case t.to != "":
		return s.isConfirmed(t.to) || t.value != "" && s.numberConfirmed(t.number()), t.to
	case t.value != "":
		return s.numberConfirmed(t.number()), s.askingOf(t.number())
	}
	return false, ""
}
