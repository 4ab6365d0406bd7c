package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// Whom the person who imports has said the files are of: the Patients, and the names
// of Patients, that this may tell nothing, or somebody, of.

// byAsked ties the subject that was named to the only Patient that nobody knows.
// Two of them cannot both be the one; nor can somebody beside a known one.
func (s *Survey) byAsked() {
	if s.asked.Subject.IsZero() {
		return
	}
	var unknown []*node
	torn := slices.ContainsFunc(s.files, func(f *File) bool { return f.torn })
	beside, others, known := false, map[string]bool{}, map[string]bool{}
	for _, f := range s.files {
		for _, n := range f.nodes {
			switch p := n.person; {
			case p == nil:
			case p.subject == s.asked.Subject:
				beside = true
			case !p.subject.IsZero():
				p.subject, p.problem = stele.Subject{}, because("it is linked to another patient than the one that was named")
				f.others, known[n.name()] = true, true
			case s.ownLog(): // a Patient is never the organisation
			case p.problem == nil:
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
			n.person.problem = because("there are Patients of one number who are hardly one person, and it is not said which is the one that was named")
		case strangers > 0:
			n.person.problem = unlinked("it is not linked here, and the files name somebody else beside")
		case beside:
			n.person.problem = because("it is another Patient than the one that was named, who is in the files")
		case len(others) > 1:
			n.person.problem = because("there are several Patients, and it is not said which is the one that was named")
		case n.file.others || n.id != "" && known[n.name()]:
			n.person.problem = unlinked("it is not linked here, and the files say that it is another patient than the one that was named")
		default:
			if n.person.take(s, s.asked.Subject, n); torn && n.person.note == "" {
				n.person.note = "it is taken for the one that was named, and a part of the files could not be read: whether another is in them is not known"
			}
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
// one, and so are those of one server, one name and the same numbers in a file, or
// without any in a Bundle; the same id elsewhere may be of another server.
func (s *Survey) oneOf(n *node) string {
	for _, number := range n.numbers {
		if s.table.Linkable(number) && !outlived(number, n.numbers) {
			return s.key("Patient", number, n.server)
		}
	}
	server := n.server
	if s.ours(server) {
		server = 0
	}
	if len(n.numbers) > 0 {
		return fmt.Sprint(n.file.number, " ", server, n.name(), n.numbers)
	}
	return fmt.Sprint(n.file.number, " ", server, " ", n.bundle, cmp.Or(n.name(), n.url, fmt.Sprint(n.index)))
}

// strangers are the people whom the files name and whose Patient is not in them:
// by an id or a number, or contained.
func (s *Survey) strangers() map[string]bool {
	found := map[string]bool{}
	for _, f := range s.files {
		for _, n := range f.nodes {
			for i, p := range n.within {
				if !slices.ContainsFunc(p.numbers, func(number Number) bool { return !outlived(number, p.numbers) && s.present(number, n.server) }) {
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
// subject. A name without its server is of one server only: the organisation's own, which
// files that show none are of, or the one that was said.
func (s *Survey) isCalled(n *node, ref string) bool {
	if _, name := fhir.Base(ref); name == "" || s.ownLog() {
		return false
	}
	server, name := s.absolute(n, ref)
	for _, called := range s.asked.Called {
		base, one := fhir.Base(called)
		switch {
		case one != name:
		case base != "" && s.serverOf(base) == server, base == "" && (s.ours(server) || s.said(server)):
			return true
		}
	}
	return false
}

// calledAnother says why a Patient who was said to be the subject is hardly that: the name is
// linked to another, or was delivered into another's chart.
func (s *Survey) calledAnother(n *node, ref string) *Reason {
	server, name := s.absolute(n, ref)
	linked := s.table.findNamed(s.shown[server], name)
	another := slices.ContainsFunc(linked, func(o stele.Subject) bool { return o != s.asked.Subject })
	if !another && len(linked) == 0 {
		another = s.elsewhere(s.here(server, name))
	}
	if !another || s.nameConfirmed(server, name) {
		return nil
	}
	return unsure(isItNamed, s.asked.Subject, name+" is another patient's here").or("if it is", s.asking(server, name))
}

// elsewhere reports whether a Patient of a name is known to be another; it is asked once.
func (s *Survey) elsewhere(name string) bool {
	is, known := s.others[name]
	if !known && s.asked.Elsewhere != nil {
		is = s.asked.Elsewhere(name)
		s.others[name] = is
	}
	return is
}

// calledWhere says how to call a Patient of a server, where it was called without that.
func (s *Survey) calledWhere(n *node, ref string) (says string, how []string) {
	server, name := s.absolute(n, ref)
	if server == 0 || s.asked.Subject.IsZero() || !slices.Contains(s.asked.Called, name) {
		return "", nil
	}
	return "; if it is the one that was named", []string{"--called " + Word(s.shown[server]+"/"+name)}
}

// said reports whether a server was named as that of the files.
func (s *Survey) said(server int32) bool {
	return s.asked.Server != "" && server == s.serverOf(s.asked.Server)
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
			if n.person != nil {
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
		linked := len(s.table.findNamed(base, name)) > 0
		if strings.HasPrefix(name, "Patient/") && !linked && !s.elsewhere(s.here(s.byBase[base], name)) {
			s.asked.Called = []string{stranger}
		}
	}
}
