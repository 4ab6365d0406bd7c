package intake

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele/fhir"
)

// A Deletion is a DELETE: Name is what it deletes as its server calls it, Called what
// that is called here. Base is its server's; "" when that is not known.
type Deletion struct {
	Name, Called, Base string
	Foreign            bool   // its server's records have ids of their own here
	Version, Updated   string // of the deletion; "" where that is not told
	Strange            bool   // what shows no server may be another's
}

// Deletions are what all DELETEs of the files delete.
func (p *Plan) Deletions() (all []Deletion) {
	for i, f := range p.survey.files {
		for j, n := range f.nodes {
			if n.deletes && n.id != "" {
				all = append(all, p.Deletion(i, j))
			}
		}
	}
	return all
}

// Outlives are the records for which a DELETE is Newer.
func (p *Plan) Outlives(file, entry int) (all []At) {
	for _, m := range p.node(file, entry).outlives {
		all = append(all, At{slices.Index(p.survey.files, m.file), m.index})
	}
	return all
}

// At is the place of an entry: its file, and its number there.
type At struct{ File, Entry int }

// Deletion says what a DELETE deletes.
func (p *Plan) Deletion(file, entry int) Deletion {
	n, s := p.node(file, entry), p.survey
	return Deletion{Name: n.name(), Called: s.here(n.server, n.name()), Base: s.shown[n.server], Foreign: s.foreign[n.server],
		Version: n.version, Updated: n.updated, Strange: !s.ours(n.server)}
}

// deletion says what a DELETE takes back.
func (s *Survey) deletion(n *node) {
	if n.Refused != nil {
		return
	}
	n.Deletes = n.name()
	unsaid := false
	for _, m := range s.byName[n.Deletes] {
		if m.remade() { // another id is made for a POST's: it is not this one
			continue
		}
		if !s.sameServer(n, m) {
			unsaid = unsaid || m.server == 0 && len(m.To) > 0
			continue
		}
		if n.updated != "" && n.updated == n.file.of && m.file.of == n.file.of && m.file != n.file {
			n.refuse(because("its export lists "+n.Deletes+" as deleted and holds it, too", "whether it was deleted is not known"))
			n.Deletes = ""
			return
		}
		if later, told := m.stamp().After(n.stamp()); later || !told && s.comesAfter(m, n) {
			n.Newer, n.outlives = true, append(n.outlives, m)
		}
		for _, subject := range m.To {
			n.To = adds(n.To, subject)
		}
	}
	if unsaid && len(n.To) == 0 {
		n.refuse(because("of which server "+n.name()+" of these files is, is not said, and it is "+s.shown[n.server]+" that deletes one", "say it with --server"))
		n.Deletes = ""
	}
}

// comesAfter reports whether a record comes after a DELETE of its name, where their versions
// do not tell: as if their files, and the Bundles of one file, had come one after the other.
// Beside a DELETE in one Bundle it is what is made anew; a history begins with the newest.
func (s *Survey) comesAfter(m, n *node) bool {
	if m.Refused != nil {
		return false // it goes nowhere
	}
	histories := m.kind == "history" && n.kind == "history"
	switch {
	case m.file == n.file && n.kind == "history" && (histories || m.bundle == n.bundle):
		return m.index < n.index
	case m.file == n.file:
		return m.bundle == n.bundle || m.index > n.index
	case histories:
		return false // pages of one, of which nobody knows which is the first
	}
	mine, err := time.Parse(time.RFC3339, m.file.of)
	its, err2 := time.Parse(time.RFC3339, n.file.of)
	if err == nil && err2 == nil && !mine.Equal(its) {
		return mine.After(its)
	}
	return slices.Index(s.files, m.file) > slices.Index(s.files, n.file)
}

// delete reads what a DELETE deletes. Its address and its fullUrl have to agree: the
// wrong one would take back what is true.
func (n *node) delete(e fhir.Entry) {
	n.deletes, n.updated = true, strings.Clone(e.Modified)
	_, version, _ := strings.Cut(e.URL, "/_history/")
	n.version = strings.Clone(cmp.Or(versionIn(e.ETag), version, versionIn(e.IfMatch)))
	server := ""
	for _, at := range []string{e.URL, e.FullURL} {
		base, name := fhir.Base(at)
		switch typ, id, _ := strings.Cut(name, "/"); {
		case name == "":
			continue
		case n.id == "":
			n.typ, n.id = strings.Clone(typ), strings.Clone(id)
		case name != n.name():
			n.Refused = because("a DELETE of two names", n.name()+" and "+name)
		}
		switch {
		case base == "":
		case server == "":
			server, n.url = base, strings.Clone(at) // of the server that is asked to delete
		case Server(base) != Server(server):
			n.Refused = because("a DELETE on two servers", server+" and "+base)
		}
	}
	switch {
	case n.id == "":
		n.Refused = because("a DELETE of what is not named by type and id is not understood here")
	case version != "" && e.Within != "history": // there it is the version that says it is gone
		n.Refused = because("a DELETE of one version is not understood here", e.URL)
	}
}
