package fhir

import (
	"errors"
	"fmt"
	"io"

	"github.com/stele-health/stele"
)

// A Kind says what a stream is: "resource", "ndjson", or a Bundle's type
// ("transaction", "batch", "collection", "document", "searchset", ...).
//
// A transaction is all or nothing: whoever imports it must look at every entry
// before keeping one. Of any other kind the good entries may be kept.
type Kind string

// The kinds that are not Bundle types.
const (
	Single Kind = "resource"
	NDJSON Kind = "ndjson"
)

// AllOrNothing reports whether one bad entry spoils the others.
func (k Kind) AllOrNothing() bool { return k == "transaction" || k == "document" || k == "message" }

// An Entry is one resource of a stream.
type Entry struct {
	Index    int       // from 0
	Offset   int64     // where the entry starts, in bytes
	Line     int       // and its line, from 1
	FullURL  string    // Bundle.entry.fullUrl
	Method   string    // Bundle.entry.request.method
	URL      string    // Bundle.entry.request.url
	Resource *Resource // nil when Err is set, or the entry has none (a DELETE)
	Err      error     // this entry's JSON is broken; the stream goes on
	Issues   []Issue   // what is wrong around the resource; Resource.Validate is for the caller
}

// A Reader yields the resources of a stream one at a time: a single resource,
// a Bundle, or NDJSON, with or without a byte order mark. It keeps one entry in
// memory, and for a Bundle the names of the entries so far. (A Bundle that gives
// resourceType or type after entry is read whole, up to MaxSize.)
type Reader struct {
	s       *scanner
	kind    Kind
	started bool
	index   int
	last    error
	pull    func() (Entry, error)
	bundle  *bundle
}

// NewReader reads from r, which it does not close.
func NewReader(r io.Reader) *Reader { return &Reader{s: newScanner(r)} }

// Kind returns what the stream is, as soon as Next has returned once.
func (r *Reader) Kind() Kind { return r.kind }

// Issues returns what is wrong with the Bundle itself, once Next has returned
// io.EOF.
func (r *Reader) Issues() []Issue {
	if r.bundle == nil {
		return nil
	}
	return r.bundle.issues
}

// Next returns the next entry, io.EOF after the last. An error is final: the
// stream is broken from there on, and the SyntaxError in it says where. An entry
// whose resource alone is broken comes with Entry.Err instead.
func (r *Reader) Next() (Entry, error) {
	if r.last != nil {
		return Entry{}, r.last
	}
	var e Entry
	var err error
	if !r.started {
		r.started = true
		e, err = r.first()
	} else {
		e, err = r.pull()
	}
	if err != nil {
		r.last = r.wrap(err)
		return Entry{}, r.last
	}
	r.index++
	return e, nil
}

func (r *Reader) wrap(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if _, ok := errors.AsType[*SyntaxError](err); ok {
		return stele.E("read FHIR stream", stele.KindInvalid, "", err)
	}
	return stele.E("read FHIR stream", stele.KindOther, "the input could not be read", err)
}

// broken gives an entry whose text is there but cannot be parsed.
func (e Entry) broken(bad *SyntaxError) Entry {
	at := *bad
	at.Offset += e.Offset
	at.Line += e.Line - 1
	e.Err = stele.E("read FHIR JSON", stele.KindInvalid, fmt.Sprintf("entry %d", e.Index), &at)
	return e
}

// first finds out what the stream is.
func (r *Reader) first() (Entry, error) {
	for _, c := range []byte("\uFEFF") {
		if got, _ := r.s.peek(); got != c {
			break
		}
		r.s.take()
	}
	switch c := r.s.space(); c {
	case 0:
		if _, more := r.s.peek(); !more && !errors.Is(r.s.ended, io.EOF) {
			return Entry{}, r.s.ended
		}
		return Entry{}, r.s.fail("there is nothing to read")
	case '{':
	default:
		return Entry{}, r.s.fail("FHIR JSON starts with an object")
	}
	e := Entry{Offset: r.s.offset, Line: r.s.line}
	r.s.record()
	b, err := r.topLevel()
	if err != nil {
		return Entry{}, err
	}
	if b != nil {
		r.bundle, r.kind, r.pull = b, b.kind, b.next
		return r.pull()
	}
	return r.whole(e, r.s.recorded())
}

// topLevel reads the members of the first object. When they turn out to be a
// Bundle's it stops before the first entry; otherwise it reads to the end and
// returns nil, everything having been recorded.
func (r *Reader) topLevel() (*bundle, error) {
	s := r.s
	s.take()
	typ, kind := "", ""
	for first := true; ; first = false {
		if s.space() == '}' && first {
			s.take()
			return nil, nil
		}
		key, err := s.key()
		if err != nil {
			return nil, err
		}
		if key == "entry" && typ == "Bundle" && kind != "" && s.space() == '[' {
			return newBundle(s, Kind(kind), s.recorded())
		}
		s.space()
		start := len(s.keep)
		if err := s.value(); err != nil {
			return nil, err
		}
		switch key {
		case "resourceType":
			typ = unquote(s.keep[start:])
		case "type":
			kind = unquote(s.keep[start:])
		}
		switch s.space() {
		case ',':
			s.take()
		case '}':
			s.take()
			return nil, nil
		default:
			if _, more := s.peek(); !more {
				return nil, s.early()
			}
			return nil, s.fail("a comma or closing bracket should stand here")
		}
	}
}

// key takes a member's key and the colon.
func (s *scanner) key() (string, error) {
	if c := s.space(); c != '"' {
		if _, more := s.peek(); !more {
			return "", s.early()
		}
		return "", s.fail("a key in quotes should stand here")
	}
	start := len(s.keep)
	if err := s.str(); err != nil {
		return "", err
	}
	key := unquote(s.keep[start:])
	return key, s.expect(':', "a colon should stand here")
}

// unquote decodes a short JSON string, "" when raw is none.
func unquote(raw []byte) string {
	d, bad := parseDocument(raw)
	if bad != nil || d.nodes[0].kind != stringNode {
		return ""
	}
	return string(d.text(0))
}

// whole handles a first value that has been read to its end: a resource alone,
// the first line of NDJSON, or a Bundle in an unusual order.
func (r *Reader) whole(e Entry, raw []byte) (Entry, error) {
	r.kind, r.pull = Single, r.nextLine
	if r.s.space() != 0 {
		r.kind = NDJSON
	} else if r.s.ended != nil && !errors.Is(r.s.ended, io.EOF) {
		return Entry{}, r.s.ended
	}
	doc, bad := parseDocument(raw)
	if bad != nil {
		return e.broken(bad), nil
	}
	if r.kind == Single && doc.memberText(0, "resourceType") == "Bundle" {
		b := wholeBundle(doc, e)
		r.bundle, r.kind, r.pull = b, b.kind, b.next
		return r.pull()
	}
	return e.with(doc), nil
}

func (e Entry) with(doc *document) Entry {
	res, bad := newResource(doc)
	if bad != nil {
		return e.broken(bad)
	}
	e.Resource = res
	return e
}

// nextLine reads a line of NDJSON; blank lines do not count.
func (r *Reader) nextLine() (Entry, error) {
	c := r.s.space()
	if c == 0 {
		if _, more := r.s.peek(); !more {
			return Entry{}, r.s.ended
		}
	}
	if c != '{' {
		return Entry{}, r.s.fail("something follows the end of the resource")
	}
	e := Entry{Index: r.index, Offset: r.s.offset, Line: r.s.line}
	r.s.record()
	if err := r.s.restOfLine(); err != nil {
		return Entry{}, err
	}
	doc, bad := parseDocument(r.s.recorded())
	if bad != nil {
		return e.broken(bad), nil
	}
	return e.with(doc), nil
}
