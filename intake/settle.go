package intake

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/stele-health/stele/fhir"
)

// What a record is called within its source is its type and id. A transaction or
// a document may leave the id to whoever takes it in, and refer to its resources
// by fullUrl (FHIR R4 § Transaction Processing Rules, § Resolving references in
// Bundles); outside of the Bundle such a reference leads nowhere. So the id is
// settled here and the references follow.

// settle decides the id of an entry's resource.
func (n *node) settle(r *fhir.Resource, e fhir.Entry) {
	if search, ok := searchOf(e.IfNoneExist); ok && n.posted { // sent once more, it is the same
		n.once, n.sought, n.settled = true, true, n.file.survey.made("if none exists", n.typ, search)
		return
	}
	if id := n.put(e); id != "" {
		n.id, n.settled = id, id
		return
	}
	if search, ok := searchOf(n.puts(e)); ok { // what it puts there next is another version of it
		n.sought, n.settled = true, n.file.survey.made("if none exists", n.typ, search)
		return
	}
	given := ""
	for _, scheme := range []string{"urn:uuid:", "urn:oid:"} {
		if id, ok := strings.CutPrefix(n.url, scheme); ok && fhir.IsID(id) {
			given = id
		}
	}
	switch {
	case given != "" && n.posted && n.id != given: // it holds in its Bundle, and a template's comes again
		n.made, given = true, n.file.survey.id(r)
	case given != "" && (n.post || n.id == ""):
	case n.temporary():
		// Kept, it would make the next file's Observation/1 a newer version of this one.
		given = n.file.survey.id(r)
	case n.id != "" || !n.post && n.url == "":
		return
	default:
		if _, name := fhir.Base(n.url); strings.HasPrefix(name, n.typ+"/") {
			given = strings.Clone(name[len(n.typ)+1:])
			n.id, n.settled = given, given // what names it by that means this one
		} else if n.post {
			given = n.file.survey.id(r)
		}
	}
	if given != n.id {
		n.settled = given
	}
}

// remade reports whether a record gets another id than that by which others name it.
func (n *node) remade() bool { return n.settled != "" && n.settled != n.id && n.was == "" }

// kept reports whether a record has the id here that its server gave it, and may share it
// with others'.
func (n *node) kept() bool {
	return n.id != "" && !OfItself(n.id) && !n.remade() && !n.temporary()
}

// idHere is the id that a record has here: its own, but for another that it gets; ""
// for none.
func (n *node) idHere() string { return cmp.Or(n.settled, n.id) }

// nameHere is "Patient/1" by it, "" without an id.
func (n *node) nameHere() string { return typeAndID(n.typ, n.idHere()) }

// temporary reports whether the id is only of this Bundle: a POST leaves the id to
// whoever takes it in (FHIR R4 § create), and no fullUrl says whose it is.
func (n *node) temporary() bool { return n.posted && n.id != "" && n.url == "" }

// id makes an id for a resource without one: the same for the same resource.
func (s *Survey) id(r *fhir.Resource) string { return s.made("id", string(r.JSON)) }

// made makes an id of words, under the wallet's key: the same for the same words.
func (s *Survey) made(words ...string) string {
	mac := hmac.New(sha256.New, s.asked.Key[:])
	mac.Write([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// depth is through how many references a made id depends on what is referred to.
const depth = 3

// make lets the ids that are made of what a record says depend on what it refers to by
// fullUrl: the same words about another encounter are another record.
func (s *Survey) make() {
	for range depth {
		next := map[*node]string{}
		s.each(func(n *node) {
			if !n.made {
				return
			}
			words := []string{"refers", n.settled}
			for _, p := range n.points {
				if p.to < 0 || !strings.HasPrefix(n.file.targets[p.to].to, "urn:") {
					continue
				}
				for _, m := range n.file.byPlace[alias{n.bundle, "as " + n.file.targets[p.to].to}] {
					words = append(words, cmp.Or(m.settled, fmt.Sprint(m.print)))
				}
			}
			if len(words) > 2 {
				next[n] = s.made(words...)
			}
		})
		for n, id := range next {
			n.settled = id
		}
	}
}

// Settle returns a resource with its settled id, and with references to it and
// to others that follow theirs. Where nothing is to be settled it is returned as
// it is.
func (p *Plan) Settle(file, entry int, r *fhir.Resource) (*fhir.Resource, error) {
	n := p.node(file, entry)
	if n == nil || n.settled == "" && !p.follows(n) {
		return r, nil
	}
	return r.Renamed(n.settled, func(ref string, literal bool) string { return p.renamed(n, ref, literal) })
}

// follows reports whether any reference of a record is renamed.
func (p *Plan) follows(n *node) bool {
	if p.survey.foreign[n.server] {
		return true
	}
	for _, at := range n.points {
		if at.to >= 0 && (n.file.abroad[at.to] || len(p.urls) > 0 && p.renamed(n, n.file.targets[at.to].to, true) != "") {
			return true
		}
	}
	return len(p.urls) > 0 && (n.typ == "DocumentReference" || n.typ == "Media" || n.typ == "Patient") // attachments by url
}

// alias is a name that holds in one Bundle.
type alias struct {
	bundle int
	name   string
}

// renamed returns what a reference becomes, "" when it stays.
func (p *Plan) renamed(n *node, ref string, literal bool) string {
	if name, here := n.file.temporary[alias{n.bundle, ref}]; here {
		return name
	}
	if to, here := p.urls[ref]; here {
		return to
	}
	return p.survey.abroad(n, ref, literal)
}

// nameAll notes what references to settled records become: to a fullUrl in its
// Bundle, and everywhere where it is one record's only; to a temporary name in its
// Bundle. Two of one name are not told apart: a reference to them stays.
func (p *Plan) nameAll() {
	p.urls = map[string]string{}
	for _, f := range p.survey.files {
		f.temporary = map[alias]string{}
		for _, n := range f.nodes {
			id, to := n.idHere(), n.nameHere()
			if n.typ == "" || id == "" || n.nothing {
				continue
			}
			// Where the id is the fullUrl's already, bytes stay as they are.
			if strings.HasPrefix(n.url, "urn:") && (n.settled != "" || !strings.HasSuffix(n.url, ":"+id)) {
				p.urls[n.url] = unless(p.urls, n.url, to)
				f.temporary[alias{n.bundle, n.url}] = unless(f.temporary, alias{n.bundle, n.url}, to)
			}
			if n.id != "" && n.remade() {
				f.temporary[alias{n.bundle, n.name()}] = unless(f.temporary, alias{n.bundle, n.name()}, to)
			}
		}
	}
}

// unless returns a new name, "" where there is another already.
func unless[K comparable](names map[K]string, key K, to string) string {
	if other, had := names[key]; had && other != to {
		return ""
	}
	return to
}
