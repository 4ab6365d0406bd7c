package fhir

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/stele-health/stele"
)

// value reads the next value of the stream itself: a resource, the head of a
// Bundle, or a line of noise.
func (r *Reader) value() (e Entry, found bool, err error) {
	s := r.s
	s.wall = false
	c := s.start()
	e = Entry{Offset: s.offset, Line: s.line, Place: fmt.Sprintf("line %d", s.line)}
	if _, more := s.peek(); !more {
		if r.values > 0 || !errors.Is(s.ended, io.EOF) {
			return e, false, s.ended
		}
		return e, false, s.foreignStart()
	}
	if head := s.ahead(5); c != '{' || r.values == 0 && (string(head) == `{\rtf` || isUTF16(head)) {
		return r.noiseLine(e)
	}
	r.noise = 0
	if r.values++; r.values > 1 && !r.kind.AllOrNothing() {
		r.kind = NDJSON
	}
	s.wall = r.lines
	s.record()
	b, err := r.topLevel()
	if err != nil {
		err = r.sharper(e, err)
	}
	switch {
	case err != nil && r.values > 1 && !r.lines:
		return e, false, err
	case err != nil:
		return r.recovered(e, err)
	case b != nil:
		b.base, b.line = e, e.Line
		if b.place = ""; r.values > 1 {
			b.place = e.Place + ", "
		}
		r.push(b)
		return e, false, nil
	}
	return r.whole(e)
}

// noiseLine takes a line that is no JSON: one bad entry. A stream that begins so
// must have a resource further on, or it is another kind of file.
func (r *Reader) noiseLine(e Entry) (Entry, bool, error) {
	s := r.s
	if r.values == 0 && !s.resourceAhead() {
		return e, false, s.foreignStart()
	}
	if r.noise++; r.noise > maxNoise {
		return e, false, s.failWith("too many lines in a row are no JSON", "is this a file of FHIR R4 in JSON?")
	}
	if r.values++; !r.kind.AllOrNothing() {
		r.kind = NDJSON
	}
	text := slipOr(s.ahead(8), "this line is no JSON object")
	if r.values > 1 && !r.lines {
		text = slipOr(s.ahead(8), "something follows the end of the resource")
	}
	if len(r.open) == 0 && r.bundles > 0 && r.kind.AllOrNothing() {
		e.Bundle, e.Within = r.bundles, r.kind
	}
	s.restOfLine()
	return e.broken(&SyntaxError{Line: 1, Text: text}), true, nil
}

// sharper looks at what was recorded of a broken value with the parser's eyes,
// which see more than the scanner's.
func (r *Reader) sharper(e Entry, err error) error {
	bad, ok := errors.AsType[*SyntaxError](err)
	if !ok || !r.s.rec || len(r.s.keep) > MaxSize {
		return err
	}
	_, seen := parseDocument(append(r.s.keep[:len(r.s.keep):len(r.s.keep)], r.s.ahead(16)...))
	if seen == nil || e.Offset+seen.Offset > bad.Offset || seen.Offset >= int64(len(r.s.keep)) && bad.Offset >= e.Offset+seen.Offset {
		return err
	}
	return &SyntaxError{Offset: e.Offset + seen.Offset, Line: e.Line + seen.Line - 1, Text: seen.Text, Hint: seen.Hint}
}

// recovered gives a broken value as a bad entry when the stream goes on after its
// line, which only NDJSON does. (The first value of a stream may have swallowed
// the lines after it: they are given back.)
func (r *Reader) recovered(e Entry, err error) (Entry, bool, error) {
	s := r.s
	bad, ok := errors.AsType[*SyntaxError](err)
	if !ok {
		return e, false, err
	}
	if !r.lines {
		text := append(s.keep[:len(s.keep):len(s.keep)], s.ahead(64)...) // it may begin within what was read
		if at := nextResource(text); s.rec && at >= 0 && at < len(s.keep) {
			s.giveBack(len(s.keep) - at)
		} else if s.restOfLine(); !resourceStart(s.ahead(256)) {
			return e, false, err
		}
		r.lines = true
		if !r.kind.AllOrNothing() {
			r.kind = NDJSON
		}
	} else {
		s.recorded()
		s.wall = false
		s.restOfLine()
	}
	r.open = nil
	e.Err = stele.E("read FHIR JSON", stele.KindInvalid, bad.at(e.Place), bad).WithHint(bad.Hint)
	return e, true, nil
}

// nextResource returns where in text a line after the first begins like a
// resource, -1 when none does.
func nextResource(text []byte) int {
	for at := 0; ; {
		n := bytes.IndexByte(text[at:], '\n')
		if n < 0 {
			return -1
		}
		if at += n + 1; resourceStart(text[at:]) {
			return at
		}
	}
}

// topLevel reads the members of the first object. When they turn out to be a
// Bundle's it stops before the first entry; otherwise it reads to the end and
// returns nil, everything having been recorded.
func (r *Reader) topLevel() (*bundle, error) {
	s := r.s
	s.take()
	typ, kind := "", ""
	for first := true; ; first = false {
		if s.space() == '}' {
			if !first {
				return nil, s.fail("no comma stands before a closing bracket")
			}
			s.take()
			return nil, nil
		}
		key, err := s.key()
		if err != nil {
			return nil, err
		}
		if key == "entry" && typ == "Bundle" && kind != "" && s.space() == '[' {
			return newBundle(s, Kind(kind), s.recorded()), nil
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
			return nil, s.failAfter()
		}
	}
}

// whole handles a value that has been read to its end: a resource, or a Bundle in
// an unusual order.
func (r *Reader) whole(e Entry) (Entry, bool, error) {
	s := r.s
	doc, bad := parseDocument(s.recorded())
	junk, oneLine := s.junk(), s.line == e.Line
	s.wall = false
	if junk == '{' && !r.lines {
		junk = 0
	}
	if bad == nil && junk != 0 {
		bad = &SyntaxError{Offset: s.offset - e.Offset, Line: s.line - e.Line + 1, Text: slipOr(s.ahead(8), "something follows the end of the resource")}
		if junk == ',' {
			bad.Text = "a comma follows the resource; in NDJSON nothing stands between two lines"
		}
	}
	if junk != 0 {
		s.restOfLine()
	}
	if r.values == 1 {
		r.kind = Single
		if r.s.space() != 0 {
			r.kind, r.lines = NDJSON, oneLine && s.line > e.Line
		} else if s.ended != nil && !errors.Is(s.ended, io.EOF) {
			return e, false, s.ended
		} else {
			e.Place = firstPlace
		}
	}
	if bad != nil {
		return e.broken(bad), true, nil
	}
	return e.with(doc), true, nil
}

func (e Entry) with(doc *document) Entry {
	res, bad := newResource(doc)
	if bad != nil {
		return e.broken(bad)
	}
	e.Resource = res
	return e
}

// broken gives an entry whose text is there but cannot be parsed.
func (e Entry) broken(bad *SyntaxError) Entry {
	at := *bad
	at.Offset += e.Offset
	at.Line += e.Line - 1
	e.Resource = nil
	e.Err = stele.E("read FHIR JSON", stele.KindInvalid, at.at(e.Place), &at).WithHint(bad.Hint)
	return e
}
