package fhir

import (
	"bytes"
	"errors"
	"io"
)

// scanner reads JSON from a stream just deeply enough to know where a value
// ends, so that a Bundle never has to be in memory whole. The values it finds
// are parsed in full afterwards.
type scanner struct {
	src    io.Reader
	buf    []byte
	at     int   // next byte of buf
	fill   int   // bytes in buf
	offset int64 // of buf[at] in the stream
	line   int   // of buf[at], from 1
	ended  error // why nothing more comes; io.EOF at the end
	wall   bool  // nothing is read beyond the end of the line

	keep []byte // what was read since record, when recording
	rec  bool
}

func newScanner(r io.Reader) *scanner {
	return &scanner{src: r, buf: make([]byte, 64<<10), line: 1}
}

func (s *scanner) fail(text string) *SyntaxError {
	return &SyntaxError{Offset: s.offset, Line: s.line, Text: text}
}

func (s *scanner) failWith(text, hint string) *SyntaxError {
	return &SyntaxError{Offset: s.offset, Line: s.line, Text: text, Hint: hint}
}

// failHere names the slip that stands here, or says what should.
func (s *scanner) failHere(text string) *SyntaxError { return s.fail(slipOr(s.ahead(16), text)) }

// failAfter is failHere after an item of an object or array.
func (s *scanner) failAfter() *SyntaxError { return s.fail(afterItem(s.keep, s.ahead(16))) }

// ahead returns the next n bytes without taking them, fewer at the end.
func (s *scanner) ahead(n int) []byte {
	if s.fill-s.at < n {
		buf := s.buf
		if n > len(buf) {
			buf = make([]byte, n)
		}
		s.fill = copy(buf, s.buf[s.at:s.fill])
		s.buf, s.at = buf, 0
	}
	for s.fill < s.at+n && s.ended == nil {
		var got int
		got, s.ended = s.src.Read(s.buf[s.fill:])
		s.fill += got
	}
	return s.buf[s.at:min(s.at+n, s.fill)]
}

// giveBack takes back the last n bytes that were kept; they are read again.
func (s *scanner) giveBack(n int) {
	back := s.keep[len(s.keep)-n:]
	s.buf = append(append(make([]byte, 0, n+s.fill-s.at), back...), s.buf[s.at:s.fill]...)
	s.at, s.fill = 0, len(s.buf)
	s.offset -= int64(n)
	s.line -= bytes.Count(back, []byte{'\n'})
	s.keep, s.rec = nil, false
}

// start moves to the start of the next value of the stream: past white space and
// a byte order mark. It returns the byte there, 0 at the end.
func (s *scanner) start() byte {
	c := s.space()
	if c == 0xEF && string(s.ahead(3)) == "\uFEFF" {
		for range 3 {
			s.take()
		}
		c = s.space()
	}
	return c
}

// junk moves to the end of the line after a value and returns what stands in
// the way, 0 when nothing does.
func (s *scanner) junk() byte {
	for {
		c, ok := s.peek()
		switch {
		case !ok || c == '\n':
			return 0
		case c != ' ' && c != '\t' && c != '\r':
			return c
		}
		s.take()
	}
}

// resourceAhead reports whether, after a first line of noise, one follows that
// begins like a resource, and the file is not one of another kind.
func (s *scanner) resourceAhead() bool {
	head := s.ahead(len(s.buf))
	return sniff(head[:min(len(head), sniffed)]) == nil && nextResource(head) >= 0
}

// peek returns the next byte without taking it; ok is false at the end, and at
// the end of the line behind a wall.
func (s *scanner) peek() (c byte, ok bool) {
	for s.at == s.fill {
		if s.ended != nil {
			return 0, false
		}
		n, err := s.src.Read(s.buf)
		s.at, s.fill, s.ended = 0, n, err
	}
	if c = s.buf[s.at]; s.wall && c == '\n' {
		return 0, false
	}
	return c, true
}

// take moves past the byte that peek returned.
func (s *scanner) take() {
	c := s.buf[s.at]
	s.at++
	s.offset++
	if c == '\n' {
		s.line++
	}
	if s.rec {
		s.keep = append(s.keep, c)
	}
}

// run takes what is read already, up to a byte that stops it.
func (s *scanner) run(stop *[256]bool) {
	n := s.at
	for n < s.fill && !stop[s.buf[n]] {
		n++
	}
	if s.rec {
		s.keep = append(s.keep, s.buf[s.at:n]...)
	}
	s.offset += int64(n - s.at)
	s.at = n
}

// What stops a run: in a string, in numbers and words, in white space. A line
// feed always does, since lines are counted and may be walls.
var inString, inPlain, inSpace = stops("\"\\\n"), stops("\"{}[],: \t\r\n"), func() *[256]bool {
	all := stops(" \t\r")
	for c := range all {
		all[c] = !all[c]
	}
	return all
}()

func stops(bytes string) *[256]bool {
	var out [256]bool
	for _, c := range []byte(bytes) {
		out[c] = true
	}
	return &out
}

// maxReused is how long a kept value is whose memory serves the next one.
const maxReused = 1 << 20

// record starts to keep what is read, from the next byte, in place of what was
// kept before.
func (s *scanner) record() {
	if s.keep = s.keep[:0]; cap(s.keep) > maxReused {
		s.keep = nil
	}
	s.rec = true
}

// recorded stops and returns what was kept, until the next record.
func (s *scanner) recorded() []byte {
	s.rec = false
	return s.keep
}

// space moves past white space and returns the byte after it, 0 at the end.
func (s *scanner) space() byte {
	for {
		c, ok := s.peek()
		if !ok {
			return 0
		}
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
		s.take()
	}
}

// early says that the stream ended inside a value, or that reading it failed.
func (s *scanner) early() error {
	if s.ended != nil && !errors.Is(s.ended, io.EOF) {
		return s.ended
	}
	if s.at < s.fill {
		return s.fail("the line ends before its JSON does")
	}
	return s.failWith("the JSON ends too early", "was it written to the end? fetch or export it again")
}

// expect takes one given byte after white space.
func (s *scanner) expect(c byte, text string) error {
	got := s.space()
	if got == c {
		s.take()
		return nil
	}
	if got == 0 {
		if _, more := s.peek(); !more {
			return s.early()
		}
	}
	if c == ',' {
		return s.failAfter()
	}
	return s.failHere(text)
}

// value takes one whole JSON value after white space.
func (s *scanner) value() error {
	s.space()
	var nest []byte // the closing brackets that are owed
	for start := s.offset; ; {
		c, ok := s.peek()
		if !ok {
			return s.early()
		}
		if s.rec && len(s.keep) > MaxSize {
			return s.fail("larger than a resource may be")
		}
		switch c {
		case '"':
			if err := s.str(); err != nil {
				return err
			}
		case '{', '[':
			if len(nest) == MaxDepth {
				return s.fail("nested too deeply")
			}
			nest = append(nest, c+2) // in ASCII '}' is '{'+2 and ']' is '['+2
			s.take()
		case '}', ']':
			if len(nest) == 0 {
				if s.offset == start {
					return s.failHere("a JSON value should stand here")
				}
				return nil
			}
			if nest[len(nest)-1] != c {
				return s.fail("the wrong closing bracket")
			}
			nest = nest[:len(nest)-1]
			s.take()
		case ',', ' ', '\t', '\n', '\r', ':':
			if len(nest) == 0 {
				if s.offset == start {
					return s.failHere("a JSON value should stand here")
				}
				return nil // after a number or word
			}
			s.take()
			s.run(inSpace)
			continue
		default:
			s.take()
			s.run(inPlain)
			if len(nest) == 0 {
				if _, more := s.peek(); !more {
					return nil
				}
			}
			continue
		}
		if len(nest) == 0 {
			return nil
		}
	}
}

// str takes a string.
func (s *scanner) str() error {
	s.take()
	for {
		c, ok := s.peek()
		if !ok {
			return s.early()
		}
		if s.rec && len(s.keep) > MaxSize {
			return s.fail("larger than a resource may be")
		}
		s.take()
		switch c {
		case '"':
			return nil
		case '\\':
			if _, ok := s.peek(); !ok {
				return s.early()
			}
			s.take()
		}
		s.run(inString)
	}
}

// restOfLine moves past the next line feed.
func (s *scanner) restOfLine() {
	for {
		c, ok := s.peek()
		if !ok {
			return
		}
		s.take()
		if c == '\n' {
			return
		}
	}
}

// key takes a member's key and the colon.
func (s *scanner) key() (string, error) {
	if c := s.space(); c != '"' {
		if _, more := s.peek(); !more {
			return "", s.early()
		}
		return "", s.failHere("a key in quotes should stand here")
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
