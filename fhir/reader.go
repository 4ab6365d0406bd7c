package fhir

import (
	"cmp"
	"errors"
	"io"
	"strings"
	"time"

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
//
// Entries of one Bundle share Bundle, the number of the innermost Bundle they
// stand in: what its fullUrls mean holds within it, and where Within is all or
// nothing, one bad entry with that number spoils the others that have it.
type Entry struct {
	Index    int       // from 0; different for every entry of a stream
	Place    string    // where it stands, for a person, who counts from 1: "entry 3", "line 7", "line 7, entry 1, entry 2"
	Offset   int64     // where the entry starts, in bytes; of a nested Bundle's, where the outer one's does
	Line     int       // and its line, from 1
	Bundle   int       // the innermost Bundle around it, from 1 in a stream; 0 for none
	Within   Kind      // and its type; "" for none
	FullURL  string    // Bundle.entry.fullUrl
	Method   string    // Bundle.entry.request.method
	URL      string    // Bundle.entry.request.url
	Resource *Resource // nil when Err is set, or the entry has none; a DELETE never has
	Err      error     // this entry's JSON is broken; the stream goes on
	Issues   []Issue   // what is wrong around the resource; Resource.Validate is for the caller

	IfNoneExist string // Bundle.entry.request.ifNoneExist
	IfNoneMatch string // Bundle.entry.request.ifNoneMatch
	IfMatch     string // Bundle.entry.request.ifMatch
	Modified    string // Bundle.entry.response.lastModified
	ETag        string // Bundle.entry.response.etag

	answer string // Bundle.entry.response.status
}

// A Reader yields the resources of a stream one at a time: a single resource,
// a Bundle, or NDJSON of either, with or without a byte order mark. Bundles in
// Bundles and the resources in Parameters are unpacked; an OperationOutcome and
// an answer without a resource are no records: Issues counts them. A Reader keeps
// one entry in memory, and for a Bundle the names of the entries so far. (A
// Bundle that gives resourceType or type after entry is read whole, up to MaxSize.)
type Reader struct {
	s       *scanner
	kind    Kind
	index   int // of the next entry
	values  int // that stood in the stream so far, with those that are broken
	noise   int // lines in a row that are no JSON
	lines   bool
	open    []*bundle // the innermost last
	bundles int       // opened so far
	issues  []Issue
	pages   []Page
	skipped skipped
	marks   map[int][]Mark // of Bundles, by number
	around  map[int]Around // them
	last    error
	by      string // see DeletedBy
	summary func(number int, document []byte)
}

// NewReader reads from r, which it does not close.
func NewReader(r io.Reader) *Reader { return &Reader{s: newScanner(r)} }

// ExpectOutcomes says that nothing but a server's own words is to be expected: that
// there are no records beside them is nothing to be said then.
func (r *Reader) ExpectOutcomes() { r.skipped.expected = true }

// DeletedBy says by when what the stream deletes was deleted, as an instant, where it tells no
// time itself: the Bundles of a bulk export's deleted files have none, and its manifest says
// of when the export is (Bulk Data Access IG 2.0, transactionTime).
func (r *Reader) DeletedBy(instant string) {
	if _, err := time.Parse(time.RFC3339, instant); err == nil {
		r.by = instant
	}
}

// EachSummary has f called with each patient summary of the stream, a Bundle of type document whose Composition is coded so
// (LOINC 60591-5), and its number, once all its entries are read: it is one document, too. But for the spaces between entries its
// JSON is as it stands in the stream.
func (r *Reader) EachSummary(f func(number int, document []byte)) { r.summary = f }

// firstPlace is where the only value of a stream stands.
const firstPlace = "entry 1"

// Kind returns what the stream is, by what has been read of it. A Bundle that
// another value follows turns out to be a line of NDJSON, unless the Bundle is
// all or nothing: then the whole stream is. Entry.Within says it of each entry.
func (r *Reader) Kind() Kind { return r.kind }

// Issues returns what is to be said of the stream beside its entries, once Next
// has returned io.EOF: what is wrong with the Bundles themselves, and what was
// skipped.
func (r *Reader) Issues() []Issue {
	return append(r.issues[:len(r.issues):len(r.issues)], r.skipped.issues(r.index == r.skipped.outcomes && r.bundles == 0)...)
}

// Pages returns the parts of searches that the stream holds, once Next has returned
// io.EOF: see Missing.
func (r *Reader) Pages() []Page { return r.pages }

// Skipped returns how many entries Next left out, because they are a server's own
// words.
func (r *Reader) Skipped() int { return r.skipped.outcomes + r.skipped.answers }

// Limits of a stream.
const (
	maxBundles = 8   // within each other
	maxNoise   = 100 // lines in a row that are no JSON
)

// Next returns the next entry, io.EOF after the last. An error is final: the
// stream is broken from there on, and the SyntaxError in it says where. An entry
// whose resource alone is broken, or a line of NDJSON that is no JSON, comes with
// Entry.Err instead.
func (r *Reader) Next() (Entry, error) {
	for r.last == nil {
		e, found, err := r.advance()
		if err != nil {
			r.last = r.wrap(err)
			break
		}
		if found && r.yield(&e) {
			return e, nil
		}
	}
	return Entry{}, r.last
}

// advance takes the next entry, or opens or closes a Bundle.
func (r *Reader) advance() (e Entry, found bool, err error) {
	if len(r.open) == 0 {
		return r.value()
	}
	b := r.open[len(r.open)-1]
	if e, err = b.next(); err == nil {
		return e, true, nil
	}
	r.open = r.open[:len(r.open)-1]
	if errors.Is(err, io.EOF) {
		r.issues, r.pages = append(r.issues, b.issues...), append(r.pages, b.pages...)
		if b.summary && r.summary != nil {
			r.summary(b.number, b.whole)
		}
		if b.doc == nil {
			r.marks[b.number] = b.marks
			r.around[b.number] = Around{Self: b.self}
			r.lines = r.lines || r.s.line == b.line
		}
		return Entry{}, false, nil
	}
	if !b.closed {
		err = r.sharper(b.now, err)
	}
	if r.kind.AllOrNothing() || b.doc != nil || b.now.Line != b.line {
		return Entry{}, false, err
	}
	return r.recovered(b.now, err)
}

// yield finishes an entry and reports whether it is one for the caller.
func (r *Reader) yield(e *Entry) bool {
	e.deleted()
	if e.Resource == nil && strings.EqualFold(e.Method, "DELETE") {
		e.Modified = cmp.Or(e.Modified, r.by)
	}
	e.refused()
	if e.envelope() {
		if len(r.open) < maxBundles {
			r.issues = append(r.issues, e.Issues...)
			r.push(unpack(e.Resource.doc, *e))
			return false
		}
		*e = e.broken(&SyntaxError{Line: 1, Text: "Bundles within Bundles, too deeply"})
	}
	e.Index = r.index
	r.index++
	switch {
	case e.Err != nil:
		return true
	case e.Resource == nil:
		return !r.skipped.answer(e)
	case e.Resource.Type() == "OperationOutcome":
		r.skipped.outcome(e)
		return false
	}
	return true
}

// envelope reports whether an entry is a Bundle, or an operation's answer, that holds
// records. What a request says about it is for its server: a PATCH, and Parameters that
// ask for an operation, are entries as they are.
func (e *Entry) envelope() bool {
	switch {
	case e.Resource == nil:
		return false
	case e.Resource.Type() == "Parameters":
		return e.Method == ""
	}
	return e.Resource.Type() == "Bundle" && !strings.EqualFold(e.Method, "PATCH")
}

func (r *Reader) push(b *bundle) {
	r.bundles++
	b.number = r.bundles
	r.open = append(r.open, b)
	r.note(b)
	if r.values == 1 && len(r.open) == 1 {
		r.kind = b.kind
	}
}

func (r *Reader) wrap(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if bad, ok := errors.AsType[*SyntaxError](err); ok {
		return stele.E("read FHIR stream", stele.KindInvalid, "", err).WithHint(bad.Hint)
	}
	return stele.E("read FHIR stream", stele.KindOther, "the input could not be read", err)
}
