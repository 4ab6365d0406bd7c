package fhir

import (
	"fmt"
	"io"
	"strings"
)

// bundle yields the entries of a Bundle, from a stream or from a document.
type bundle struct {
	s        *scanner // nil for a document
	kind     Kind
	index    int
	envelope []byte // the Bundle's JSON without its entries
	issues   []Issue

	doc  *document // in place of s
	item int32
	end  int32
	base Entry

	fullURLs map[string]bool // with the version, as bdl-7 counts
	names    map[string]bool // Type/id
	closed   bool
}

// newBundle starts at the entry array of a stream. head is what came before
// it, up to and with `"entry":`.
func newBundle(s *scanner, kind Kind, head []byte) (*bundle, error) {
	s.take()
	return &bundle{s: s, kind: kind, envelope: append([]byte(nil), head...),
		fullURLs: map[string]bool{}, names: map[string]bool{}}, nil
}

// wholeBundle takes a Bundle that has been parsed whole.
func wholeBundle(doc *document, at Entry) *bundle {
	b := &bundle{kind: Kind(doc.memberText(0, "type")), doc: doc, base: at,
		fullURLs: map[string]bool{}, names: map[string]bool{}}
	if list := doc.member(0, "entry"); list >= 0 && doc.nodes[list].kind == arrayNode {
		b.item, b.end = list+1, doc.nodes[list].next
	}
	return b
}

func (b *bundle) next() (Entry, error) {
	if b.doc != nil {
		return b.nextNode()
	}
	if b.closed {
		return Entry{}, io.EOF
	}
	if c := b.s.space(); c == ']' {
		return Entry{}, b.close()
	} else if b.index > 0 {
		if err := b.s.expect(',', "a comma or closing bracket should stand here"); err != nil {
			return Entry{}, err
		}
		b.s.space()
	}
	e := Entry{Index: b.index, Offset: b.s.offset, Line: b.s.line}
	b.s.record()
	if err := b.s.value(); err != nil {
		return Entry{}, err
	}
	b.index++
	doc, bad := parseDocument(b.s.recorded())
	if bad != nil {
		return e.broken(bad), nil
	}
	return b.entry(e, doc, 0), nil
}

func (b *bundle) nextNode() (Entry, error) {
	if b.item >= b.end {
		if !b.closed {
			b.closed = true
			v := &validation{doc: b.doc, resource: "Bundle", defs: tables(), skip: "Bundle.entry"}
			v.path = append(v.path, step{"Bundle", -1})
			v.resourceAt(0)
			b.issues = v.issues
		}
		return Entry{}, io.EOF
	}
	e := Entry{Index: b.index, Offset: b.base.Offset, Line: b.base.Line}
	i := b.item
	b.item = b.doc.nodes[i].next
	b.index++
	return b.entry(e, b.doc, i), nil
}

// close reads what follows the entries and checks the Bundle around them.
func (b *bundle) close() error {
	b.closed = true
	s := b.s
	s.take()
	s.record()
	for s.space() != '}' {
		if err := s.expect(',', "a comma or closing bracket should stand here"); err != nil {
			return err
		}
		if _, err := s.key(); err != nil {
			return err
		}
		if err := s.value(); err != nil {
			return err
		}
	}
	s.take()
	tail := s.recorded()
	if s.space() != 0 {
		return s.fail("something follows the end of the Bundle")
	}
	if err := s.ended; err != nil && err != io.EOF {
		return err
	}
	// An empty stand-in keeps the order and shows an "entry" given twice.
	raw := append(append(b.envelope, "[{}]"...), tail...)
	if b.index == 0 {
		raw = append(append(b.envelope[:len(b.envelope):len(b.envelope)], "[]"...), tail...)
	}
	doc, bad := parseDocument(raw)
	if bad != nil {
		return s.fail("the Bundle around its entries: " + bad.Text)
	}
	v := &validation{doc: doc, resource: "Bundle", defs: tables(), skip: "Bundle.entry"}
	v.path = append(v.path, step{"Bundle", -1})
	v.resourceAt(0)
	b.issues = v.issues
	return io.EOF
}

// entry makes an Entry of node i and checks what surrounds the resource.
func (b *bundle) entry(e Entry, doc *document, i int32) Entry {
	name := fmt.Sprintf("entry %d", e.Index)
	v := &validation{doc: doc, resource: name, defs: tables(), skip: "Bundle.entry.resource"}
	v.path = append(v.path, step{"Bundle", -1}, step{"entry", e.Index})
	if doc.nodes[i].kind != objectNode {
		v.issue("type Bundle.entry", "a JSON object should stand here")
		e.Issues = v.issues
		return e
	}
	e.FullURL = doc.memberText(i, "fullUrl")
	request := doc.member(i, "request")
	e.Method, e.URL = doc.memberText(request, "method"), doc.memberText(request, "url")
	resource := doc.member(i, "resource")
	if resource >= 0 {
		e = e.with(doc.subtree(resource))
		if e.Resource != nil {
			v.resource = e.Resource.Name()
		}
	}
	v.object(i, v.defs.types["Bundle.entry"], nil)
	b.rules(v, &e, request >= 0, resource >= 0 || doc.member(i, "response") >= 0)
	e.Issues = v.issues
	return e
}

// rules checks the invariants of Bundle that concern one entry and its
// neighbours (FHIR R4 § Bundle).
func (b *bundle) rules(v *validation, e *Entry, request, content bool) {
	switch wants := b.kind == "batch" || b.kind == "transaction" || b.kind == "history"; {
	case wants && !request:
		v.issue("bdl-3", "an entry of a "+string(b.kind)+" has a request")
	case !wants && request:
		v.issue("bdl-3", "an entry of such a Bundle has no request")
	}
	if !request && !content {
		v.issue("bdl-5", "an entry has a resource, a request or a response")
	}
	if strings.Contains(e.FullURL, "/_history/") {
		v.issueAt("fullUrl", "bdl-8", "fullUrl does not name a version")
	}
	if b.kind == "history" {
		return
	}
	if e.FullURL != "" {
		key := e.FullURL
		if e.Resource != nil {
			key += " " + e.Resource.Path("meta.versionId")
		}
		if b.fullURLs[key] {
			v.issueAt("fullUrl", "bdl-7", "another entry has the same fullUrl and version")
		}
		b.fullURLs[key] = true
	}
	if e.Resource == nil || e.Resource.ID() == "" {
		return
	}
	key := e.Resource.Type() + "/" + e.Resource.ID()
	if b.names[key] {
		v.issueAt("resource", "duplicate resource", "another entry has a resource of the same type and id")
		// FHIR R4 § Transaction Processing Rules: an identity twice fails the whole.
		v.issues[len(v.issues)-1].Warning = b.kind != "transaction"
	}
	b.names[key] = true
}
