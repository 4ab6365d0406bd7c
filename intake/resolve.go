package intake

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// place is a reference as it stands in entries of one server.
type place struct {
	to     int32
	bundle int
	server int32
}

// answer is where a reference leads.
type answer struct {
	nodes   []*node       // records; none where it leads to a person alone
	person  bool          // to somebody
	subject stele.Subject // whose they are
	problem *Reason       // why not, where it leads to somebody or to nothing
}

// resolve follows a reference of a record.
func (s *Survey) resolve(n *node, p pointer) answer {
	if p.to < 0 {
		if p.inside < 0 {
			return answer{problem: because("it is about something contained, which is no patient")}
		}
		a := n.within[p.inside].answer()
		if said := n.within[p.inside].said; a.problem == nil && said.Value != "" && s.disagrees(a, said, n.server) {
			a.problem = because("its reference and the Patient in it name different people", said.String())
		}
		if a.problem == nil && p.words != "" {
			names := append(slices.Clone(s.table.known(a.subject).Names), n.within[p.inside].known.Names...)
			if why := s.wordsOfAnother(p.words, a.subject, names, 2); why != "" {
				a.problem = because("its reference names another person than the Patient in it. " + why)
			}
		}
		return a
	}
	at := place{p.to, n.bundle, n.server}
	a, ok := n.file.found[at]
	if !ok {
		a = s.lookUp(n, n.file.targets[p.to])
		n.file.found[at] = a
	}
	if n.typ == "Provenance" && len(a.nodes) == 0 && !a.person && len(s.before) > 0 {
		if earlier := s.earlier(n, n.file.targets[p.to].to); earlier.person {
			return earlier
		}
	}
	return a
}

func (p *person) answer() answer { return answer{person: true, subject: p.subject, problem: p.problem} }

func (s *Survey) lookUp(n *node, t target) answer {
	a := s.lookUpLiteral(n, t)
	number := t.number()
	switch {
	case t.value == "":
	case a.person && a.problem == nil:
		if s.disagrees(a, number, n.server) {
			why := because("its reference and its identifier name different people", t.called())
			if other := s.lookUpNumber("Patient", number, n.server); len(a.nodes) == 0 && !other.subject.IsZero() {
				server, name := s.absolute(n, t.to)
				if ties := s.table.tyingID(s.shown[server], strings.TrimPrefix(name, "Patient/"), other.subject); ties != "" {
					why = why.And("; the id is linked to another than the number; if the number is right", ties)
				}
			}
			return answer{person: true, problem: why}
		}
	case len(a.nodes) == 0 && !a.person:
		if a = s.lookUpNumber(t.typ, number, n.server); a.problem != nil {
			a.problem = a.problem.And("", t.called())
		}
	}
	if why := ""; a.person && a.problem == nil {
		if why = s.displaysAnother(n, a, t); why == "" {
			return a
		}
		a.problem = unsure(isItLinked, a.subject, why)
		if _, asks := s.wordsConfirmed(n, t); asks != "" {
			a.problem = a.problem.or("if it is", asks)
		}
	}
	if len(a.nodes) == 0 && !a.person && a.problem == nil {
		says, how := s.calledWhere(n, t.to)
		if says == "" {
			says, how = s.ownHint(n, t)
		}
		a.problem = unlinked("it names "+t.called()+", which is not in these files and not linked here").And(says, how...)
		switch {
		case t.to == "" && t.value == "":
			a.problem = because("it names " + t.called())
		case t.value != "" && Placeholder(t.value):
			a.problem = because("it names somebody by a number that stands for none", t.called())
		}
	}
	return a
}

// ownHint says what helps where a reference would lead to somebody if its server were the
// organisation's own, or that of the files.
func (s *Survey) ownHint(n *node, t target) (says string, how []string) {
	if number := t.number(); t.value != "" && s.table.loose(number) {
		return loosely(number)
	}
	server, name := s.absolute(n, t.to)
	if base, typ, _, _ := conditional(t.to); typ != "" {
		server = cmp.Or(s.serverOf(base), server)
	}
	own := s.table.own(s.shown[server]) // be it late
	if !s.foreign[server] {
		return "", nil
	}
	is := func(m *node) bool { return m.server == 0 && m.person != nil }
	id, patient := strings.CutPrefix(name, "Patient/")
	switch base := Word(s.shown[server]); {
	case patient && n.server == 0 && slices.ContainsFunc(s.byName[name], is):
		if own {
			return "; if these files are that server's", []string{"--server " + base}
		}
		return "; if that is your own server", []string{"stele patient system add " + base + "; if it is another's, and these files are, too", "--server " + base}
	case own:
	case patient && len(s.table.findID("", id)) > 0, t.number().bare() && len(s.table.find(t.number(), "")) > 0:
		return "; that is linked for your own servers", []string{"stele patient system add " + base + ", if it is one"}
	}
	return "", nil
}

// called says whom a reference names, as it is written.
func (t target) called() string {
	switch {
	case t.to != "":
		return t.to
	case t.value != "":
		return Number{System: t.system, Value: t.value}.String()
	}
	return "somebody by words alone"
}

func (s *Survey) lookUpLiteral(n *node, t target) answer {
	if base, typ, number, ok := conditional(t.to); typ != "" {
		at := n.server
		if base != "" {
			at = s.serverOf(base)
		}
		if !ok {
			return answer{problem: because("it names " + t.to + ", a search that is not understood here")}
		}
		return s.lookUpNumber(typ, number, at)
	}
	nodes := n.file.literal(n, t.to)
	people, subject := 0, stele.Subject{}
	var problem *Reason
	for _, m := range nodes {
		if m.person == nil {
			continue
		}
		people++
		switch {
		case m.person.problem != nil:
			problem = m.person.problem
		case m.astray():
			problem = because("it names a Patient whose fullUrl and id are not of one", t.to)
		case people > 1 && m.person.subject != subject:
			problem = because("there are several Patients of this id", t.to)
		default:
			subject = m.person.subject
		}
	}
	switch {
	case people > 0 && people < len(nodes):
		return answer{person: true, nodes: nodes, problem: because("a Patient and something else are both called " + t.to)}
	case people > 0 && problem != nil:
		return answer{person: true, nodes: nodes, problem: problem}
	case people > 0:
		return answer{person: true, nodes: nodes, subject: subject}
	case len(nodes) > 0:
		return answer{nodes: nodes}
	}
	if base, name := fhir.Base(t.to); strings.HasPrefix(name, "Patient/") {
		if !s.asked.Subject.IsZero() && s.isCalled(n, t.to) {
			return answer{person: true, subject: s.asked.Subject, problem: s.calledAnother(n, t.to)}
		}
		// A linked id is less than the Patients who are here, and a relative reference
		// is of the server that its own record is of.
		if len(s.byName[name]) > 0 {
			says, how := s.ownHint(n, t)
			return answer{person: true, problem: because("which of the Patients of this id it names is not said", t.to).And(says, how...)}
		}
		if base == "" {
			base = s.shown[n.server]
		}
		if found := s.table.findNamed(base, name); len(found) == 1 {
			return answer{person: true, subject: found[0]}
		}
	}
	return answer{}
}

// key is under what a number is found: with its system, or, without one, with its
// server, unless that is the organisation's own or not known.
func (s *Survey) key(typ string, number Number, server int32) string {
	key := typ + " " + number.Value
	if number.System != "" {
		key = typ + " " + system(number.System) + "|" + number.Value
	}
	if base := s.shown[server]; number.bare() && base != "" && !s.table.own(base) {
		key += " of " + s.bases[server]
	}
	return key
}

// number is the logical reference of a target.
func (t target) number() Number { return Number{System: t.system, Value: t.value, Kinds: t.kinds} }

// lookUpNumber finds who, or what, has a number that stands on a server: in the link
// table and in the files.
func (s *Survey) lookUpNumber(typ string, number Number, server int32) answer {
	if typ != "" && typ != "Patient" {
		return answer{nodes: s.byNumber[s.key(typ, number, server)]}
	}
	subjects := s.table.find(number, s.shown[server])
	var problem *Reason
	if s.table.identifies(number) {
		for _, n := range s.byNumber[s.key("Patient", number, server)] {
			if n.person.problem != nil {
				problem = n.person.problem
			} else {
				subjects = adds(subjects, n.person.subject)
			}
		}
	}
	switch {
	case problem != nil:
		return answer{person: true, problem: problem}
	case len(subjects) == 1:
		return answer{person: true, subject: subjects[0]}
	case len(subjects) > 1:
		return answer{person: true, problem: because("the number is of different people")}
	}
	return answer{}
}

// disagrees reports whether a number is not one of the person that a reference
// has led to.
func (s *Survey) disagrees(a answer, number Number, server int32) bool {
	if !s.table.identifies(number) {
		return false
	}
	if other := s.lookUpNumber("Patient", number, server); other.person {
		return other.subject != a.subject
	}
	if _, other := s.table.contradicts([]Number{number}, s.shown[server], a.subject); other {
		return true
	}
	for _, n := range a.nodes {
		if n.person != nil && slices.ContainsFunc(n.numbers, func(m Number) bool { return SameSystem(m.System, number.System) && m.Value != number.Value }) {
			return true
		}
	}
	return false
}

// literal finds the records that a literal reference leads to (FHIR R4
// § Resolving references in Bundles): by fullUrl, then by name on the same
// server, in its own file before the others. A server that is not told may be any,
// but no two at once.
func (f *File) literal(from *node, ref string) []*node {
	if ref == "" {
		return nil
	}
	base, name := fhir.Base(ref)
	shown := f.survey.serverOf(base) != 0
	byURL := f.byURL[ref]
	if name != "" && !shown {
		byURL = nil // a fullUrl that shows no server names nothing outside of its Bundle
	}
	if found := from.near("as "+ref, byURL); len(found) > 0 {
		return found
	}
	if name == "" {
		return f.survey.byURL[ref]
	}
	server, name := f.survey.absolute(from, ref)
	for i, all := range [][]*node{from.near(name, f.byName[name]), f.byName[name], f.survey.byName[name]} {
		if i == 2 && !shown && from.server == 0 && f.survey.ofSeveral(name) {
			return nil // which is meant, nobody has said
		}
		if !shown || from.server != 0 {
			all = f.survey.within(all, from, server)
		}
		if found := f.survey.onServer(all, server, shown); len(found) > 0 {
			return found
		}
	}
	return nil
}

// ofSeveral reports whether records of one name are of more than one server that the
// files show, counting those that are the organisation's own as one.
func (s *Survey) ofSeveral(name string) bool {
	several, known := s.several[name]
	if known {
		return several
	}
	var first *node
	for _, n := range s.byName[name] {
		switch {
		case n.server == 0:
		case first == nil:
			first = n
		default:
			several = several || !s.sameServer(first, n)
		}
	}
	s.several[name] = several
	return several
}

// within drops, from records of one name, those of other Bundles that may be another
// server's: what shows no server names nothing of one that does, nor the other way
// round, but for the organisation's own.
func (s *Survey) within(all []*node, from *node, server int32) []*node {
	ours := s.ours(server)
	other := func(m *node) bool {
		return (m.file != from.file || m.bundle != from.bundle) && m.server != server && !(ours && s.ours(m.server))
	}
	if !slices.ContainsFunc(all, other) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), other)
}

// near returns the records of a name, or of a fullUrl ("as …"), that stand in the same
// Bundle, or, where there is none, all.
func (n *node) near(name string, all []*node) []*node {
	if found := n.file.byPlace[alias{n.bundle, name}]; len(found) > 0 {
		return found
	}
	return all
}

// onServer takes from records of one name those of a server. Of one that files do not
// show it may be any. What shows no server is of the organisation's own, or,
// where the reference shows none, of its Bundle's.
func (s *Survey) onServer(all []*node, server int32, shown bool) (found []*node) {
	servers := map[int32]bool{}
	for _, n := range all {
		servers[n.server] = true
	}
	switch {
	case server == 0:
		return all
	case !servers[server] && (s.ours(server) || !shown):
		server = 0
	}
	for _, n := range all {
		if n.server == server {
			found = append(found, n)
		}
	}
	return found
}
