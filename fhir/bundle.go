package fhir

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// bundle yields the entries of a Bundle, from a stream or from a document.
type bundle struct {
	s        *scanner // nil for a document
	kind     Kind
	index    int
	envelope []byte // the Bundle's JSON without its entries
	issues   []Issue
	pages    []Page
	marks    []Mark // of a stream, once it is closed
	self     string // as well

	doc   *document // in place of s
	item  int32
	end   int32
	parts []int32 // the resources of Parameters, in place of entries
	base  Entry
	now   Entry // the newest entry, before it was read

	number  int    // of the Bundle in its stream
	line    int    // on which it starts
	place   string // "line 7, "; what the places of its entries begin with
	matches int    // entries that a search has found

	fullURLs map[string]bool // with the version, as bdl-7 counts
	names    map[string]bool // Type/id
	closed   bool

	summary bool   // a document whose first entry is the Composition of a patient summary
	whole   []byte // its JSON, of a stream as far as it has been read
}

// newBundle starts at the entry array of a stream. head is what came before
// it, up to and with `"entry":`.
func newBundle(s *scanner, kind Kind, head []byte) *bundle {
	s.take()
	return &bundle{s: s, kind: kind, envelope: append([]byte(nil), head...),
		fullURLs: map[string]bool{}, names: map[string]bool{}}
}

// unpack takes a Bundle or Parameters that has been parsed whole and stands at an
// entry.
func unpack(doc *document, at Entry) *bundle {
	b := &bundle{kind: Kind(doc.memberText(0, "type")), doc: doc, base: at, line: at.Line, place: at.Place + ", ",
		fullURLs: map[string]bool{}, names: map[string]bool{}}
	if at.Within == "" && at.Place == firstPlace { // the Bundle is the stream
		b.place = ""
	}
	if doc.memberText(0, "resourceType") == "Parameters" {
		b.kind = "parameters"
		b.parameters(doc.member(0, "parameter"))
		return b
	}
	if list := doc.member(0, "entry"); list >= 0 && doc.nodes[list].kind == arrayNode {
		b.item, b.end = list+1, doc.nodes[list].next
	}
	return b
}

// parameters collects the resources of Parameters: what an operation answered.
func (b *bundle) parameters(list int32) {
	b.doc.each(list, func(item int32) {
		if r := b.doc.member(item, "resource"); r >= 0 {
			b.parts = append(b.parts, r)
		}
		if part := b.doc.member(item, "part"); part >= 0 {
			b.parameters(part)
		}
	})
}

// at is the entry that b stands at now.
func (b *bundle) at() Entry {
	e := Entry{Place: fmt.Sprint(b.place, "entry ", b.index+1), Bundle: b.number, Within: b.kind, Offset: b.base.Offset, Line: b.base.Line}
	if b.doc == nil {
		e.Offset, e.Line = b.s.offset, b.s.line
	}
	return e
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
	e := b.at()
	b.now = e
	b.s.record()
	if err := b.s.value(); err != nil {
		return Entry{}, err
	}
	b.index++
	raw := b.s.recorded()
	doc, bad := parseDocument(raw)
	if bad != nil {
		b.summary = false
		return e.broken(bad), nil
	}
	e = b.entry(e, doc, 0)
	if b.begins(e); b.summary {
		if b.whole == nil {
			b.whole = append(b.whole, b.envelope...)
		}
		b.whole = append(append(b.whole, "[,"[min(b.index-1, 1)]), raw...)
		b.summary = len(b.whole) <= MaxSize
	}
	return e, nil
}

// summaryCode is LOINC's document type of a patient summary.
const summaryCode = "60591-5"

// begins notes what a Bundle is by its first entry.
func (b *bundle) begins(e Entry) {
	if b.index == 1 && b.kind == "document" && e.Resource != nil {
		b.summary = e.Resource.Type() == "Composition" && slices.Contains(e.Resource.All("type.coding.code"), summaryCode)
	}
}

func (b *bundle) nextNode() (Entry, error) {
	e := b.at()
	b.index++
	if len(b.parts) > 0 {
		part := b.parts[0]
		b.parts = b.parts[1:]
		return e.with(b.doc.subtree(part)), nil
	}
	if b.item >= b.end {
		if !b.closed && b.kind != "parameters" {
			b.around(b.doc)
		}
		b.closed = true
		return Entry{}, io.EOF
	}
	i := b.item
	b.item = b.doc.nodes[i].next
	e = b.entry(e, b.doc, i)
	if b.begins(e); b.summary {
		b.whole = b.doc.src
	}
	return e, nil
}

// around checks the Bundle around its entries.
func (b *bundle) around(doc *document) {
	v := &validation{doc: doc, resource: b.place + "Bundle", defs: tables(), skip: "Bundle.entry"}
	v.path = append(v.path, step{"Bundle", -1})
	v.resourceAt(0)
	b.issues = v.issues
	if page, is := b.page(doc); is {
		b.pages = append(b.pages, page)
	}
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
	if b.summary {
		b.whole = append(append(b.whole, ']'), tail...)
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
	b.around(doc)
	b.marks, b.self = doc.marks(), doc.self()
	return io.EOF
}

// entry makes an Entry of node i and checks what surrounds the resource.
func (b *bundle) entry(e Entry, doc *document, i int32) Entry {
	v := &validation{doc: doc, resource: e.Place, defs: tables(), skip: "Bundle.entry.resource"}
	v.path = append(v.path, step{"Bundle", -1}, step{"entry", b.index - 1})
	if doc.nodes[i].kind != objectNode {
		v.issue("type Bundle.entry", "a JSON object should stand here")
		e.Issues = v.issues
		return e
	}
	e.FullURL = doc.memberText(i, "fullUrl")
	request := doc.member(i, "request")
	e.Method, e.URL = doc.memberText(request, "method"), doc.memberText(request, "url")
	if mode := doc.memberText(doc.member(i, "search"), "mode"); mode != "include" && mode != "outcome" {
		b.matches++
	}
	e.IfNoneExist = doc.memberText(request, "ifNoneExist")
	e.IfNoneMatch, e.IfMatch = doc.memberText(request, "ifNoneMatch"), doc.memberText(request, "ifMatch")
	e.Modified, e.ETag = doc.memberText(doc.member(i, "response"), "lastModified"), doc.memberText(doc.member(i, "response"), "etag")
	e.answer = doc.memberText(doc.member(i, "response"), "status")
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
	key, same := e.identity()
	if key == "" {
		return
	}
	if b.names[key] {
		v.issueAt("resource", "duplicate resource", "another entry has a resource of the same "+same)
		// FHIR R4 § Transaction Processing Rules: an identity twice fails the whole.
		v.issues[len(v.issues)-1].Warning = b.kind != "transaction"
	}
	b.names[key] = true
}

// identity is by what an entry's resource is known from those of the other entries, and
// what that is: its type and id, or the search by which an update finds it. "" for neither.
func (e *Entry) identity() (key, by string) {
	switch {
	case e.Resource == nil:
		return "", ""
	case e.Resource.ID() != "":
		return e.Resource.Type() + "/" + e.Resource.ID(), "type and id"
	case strings.EqualFold(e.Method, "PUT") && strings.Contains(e.URL, "?"):
		return e.URL, "search"
	}
	return "", ""
}
