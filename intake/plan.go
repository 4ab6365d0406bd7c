package intake

import (
	"cmp"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// A Verdict says where a record goes.
type Verdict struct {
	To      []stele.Subject // whose charts; nobody's where it is refused or waits
	Refused *Reason         // why it goes nowhere; nil otherwise
	Waits   bool            // of nobody by its type, and nobody refers to it
	Note    string          // what speaks against it a little, and is told

	// Deletes is what a DELETE takes back, "AllergyIntolerance/a9"; To are those
	// to whom the same files give it. Newer says that they hold a newer version
	// of it than the DELETE: then there is nothing to take back.
	Deletes string
	Newer   bool
}

// A Plan holds a Verdict for each entry of a Survey.
type Plan struct {
	survey *Survey
	urls   map[string]string // what fullUrls become, see settle.go

	targets map[string][]int32 // the servers of what a Provenance of activity DELETE names; see Bases
}

// Of returns the verdict on an entry.
func (p *Plan) Of(file, entry int) Verdict {
	if n := p.node(file, entry); n != nil {
		return n.Verdict
	}
	return Verdict{Refused: because("the file has grown since it was surveyed")}
}

// Count returns how many entries go to each subject.
func (p *Plan) Count() map[stele.Subject]int {
	many := map[stele.Subject]int{}
	for _, f := range p.survey.files {
		for _, n := range f.nodes {
			for _, subject := range n.To {
				many[subject]++
			}
		}
	}
	return many
}

// Loose returns how many references of an entry to a fullUrl ("urn:...") lead to
// nothing in the files.
func (p *Plan) Loose(file, entry int) int { return p.node(file, entry).loose }

func (s *Survey) countLoose(n *node) {
	for _, at := range n.points {
		if at.to >= 0 && strings.HasPrefix(n.file.targets[at.to].to, "urn:") && len(s.byURL[n.file.targets[at.to].to]) == 0 {
			n.loose++
		}
	}
}

// Same reports whether an entry still is what was surveyed: a file may change
// between the two readings.
func (p *Plan) Same(file, entry int, e fhir.Entry) bool {
	n := p.node(file, entry)
	switch {
	case n == nil || n.bundle != e.Bundle || n.kind != e.Within:
		return false
	case e.Resource != nil:
		return !n.nothing && n.url == e.FullURL && n.print == printOf(e.Resource.JSON)
	}
	again := &node{url: e.FullURL}
	if strings.EqualFold(e.Method, "DELETE") {
		again.delete(e)
	}
	return n.nothing && n.deletes == again.deletes && n.url == again.url && n.name() == again.name()
}

// Ends reports whether no entry of a Bundle follows those before one, as a file may
// have lost some since.
func (p *Plan) Ends(file, next, bundle int) bool {
	n := p.node(file, next)
	return n == nil || n.bundle != bundle
}

func (p *Plan) node(file, entry int) *node {
	if file >= len(p.survey.files) || entry >= len(p.survey.files[file].nodes) {
		return nil
	}
	return p.survey.files[file].nodes[entry]
}

// Placed calls f for each record that goes to one person by a name, which it has in
// a chart, too.
func (p *Plan) Placed(f func(name string, to stele.Subject)) {
	p.survey.each(func(n *node) {
		if name := n.nameHere(); len(n.To) == 1 && name != "" && !fhir.Shared(n.typ) {
			f(name, n.To[0])
		}
	})
}

// Lost calls f for each record that goes nowhere, and for each Patient, as its person has no
// chart here, by the name that it would have in one.
func (p *Plan) Lost(f func(name string)) {
	p.survey.each(func(n *node) {
		if name := n.nameHere(); n.Refused != nil && name != "" && !fhir.Shared(n.typ) {
			f(name)
		}
	})
}

// Tells reports whether a record of nobody is a part of what charts tell of a patient: what
// she takes.
func Tells(typ string) bool { return typ == "Medication" || typ == "Substance" }

// Told calls f for each record that Tells, by its name here.
func (p *Plan) Told(f func(name string)) {
	p.survey.each(func(n *node) {
		if name := n.nameHere(); n.state == shared && Tells(n.typ) && name != "" {
			f(name)
		}
	})
}

// NameHere is what a record is called here; "" without an id.
func (p *Plan) NameHere(file, entry int) string { return p.node(file, entry).nameHere() }

// Bases are of which servers the records of the files are that go into a chart and are
// called here as a Provenance of activity DELETE calls its target; "" for one that is not
// known.
func (p *Plan) Bases(name string) []string {
	bases := make([]string, len(p.targets[name]))
	for i, server := range p.targets[name] {
		bases[i] = p.survey.shown[server]
	}
	return bases
}

// nameTargets finds them.
func (p *Plan) nameTargets() {
	p.targets = map[string][]int32{}
	p.survey.each(func(n *node) {
		for _, at := range n.points {
			if !n.takesBack || !at.about || at.to < 0 {
				continue
			}
			to := n.file.targets[at.to].to
			if _, name := fhir.Base(cmp.Or(p.renamed(n, to, true), to)); name != "" {
				p.targets[name] = nil
			}
		}
	})
	p.survey.each(func(n *node) {
		if servers, is := p.targets[n.nameHere()]; is && len(n.To) > 0 {
			p.targets[n.nameHere()] = adds(servers, n.server)
		}
	})
}

// An Origin is where a record comes from, and what it is called there.
type Origin struct {
	Base     string // of its server; "" when it is not known
	ID       string // its id there, where it has another one here
	Once     bool   // it is to be created only where there is none yet
	Replaces string // the version that it is to replace, and no other (If-Match); "" where that is not said
	Version  string // by its server's answer, which stands beside it (ETag); "" where that is not said
	Updated  string // by that answer, when (Last-Modified)
}

// Origin returns where an entry comes from.
func (p *Plan) Origin(file, entry int) Origin {
	if n := p.node(file, entry); n != nil {
		return Origin{p.survey.shown[n.server], n.was, n.once, n.replaces, n.answered, n.answeredAt}
	}
	return Origin{}
}

// Strange reports whether an entry is of a server, and what shows none may be
// another's.
func (p *Plan) Strange(file, entry int) bool { return !p.survey.ours(p.node(file, entry).server) }

// Foreign reports whether records of a server have ids of their own here.
func (p *Plan) Foreign(base string) bool { return p.survey.table.Foreign(base) }

// Late reports whether a server became the organisation's own when records of it had come.
func (p *Plan) Late(base string) bool { return p.survey.table.late(base) }

// A Guest is a server whose records get ids of their own here.
type Guest struct {
	Base    string
	Records int
	Late    bool // it is the organisation's own since records of it came, see Table
}

// Guests returns them, in the order in which they were met.
func (p *Plan) Guests() (guests []Guest) {
	many := map[int32]int{}
	p.survey.each(func(n *node) {
		if n.was != "" {
			many[n.server]++
		}
	})
	for i, base := range p.survey.shown {
		if many[int32(i)] > 0 {
			guests = append(guests, Guest{base, many[int32(i)], p.Late(base)})
		}
	}
	return guests
}
