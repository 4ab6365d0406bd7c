package fhir

import (
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

	keep []byte // what was read since record, when recording
	rec  bool
}

func newScanner(r io.Reader) *scanner {
	return &scanner{src: r, buf: make([]byte, 64<<10), line: 1}
}

func (s *scanner) fail(text string) *SyntaxError {
	return &SyntaxError{Offset: s.offset, Line: s.line, Text: text}
}

// peek returns the next byte without taking it; ok is false at the end.
func (s *scanner) peek() (c byte, ok bool) {
	for s.at == s.fill {
		if s.ended != nil {
			return 0, false
		}
		n, err := s.src.Read(s.buf)
		s.at, s.fill, s.ended = 0, n, err
	}
	return s.buf[s.at], true
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

// record starts to keep what is read, from the next byte.
func (s *scanner) record() { s.keep, s.rec = nil, true }

// recorded stops and returns what was kept.
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
	return s.fail("the JSON ends too early")
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
	return s.fail(text)
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
					return s.fail("a JSON value should stand here")
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
					return s.fail("a JSON value should stand here")
				}
				return nil // after a number or word
			}
			s.take()
			continue
		default:
			s.take()
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
	}
}

// restOfLine takes everything up to and with the next line feed.
func (s *scanner) restOfLine() error {
	for {
		c, ok := s.peek()
		if !ok {
			if errors.Is(s.ended, io.EOF) {
				return nil
			}
			return s.ended
		}
		if s.rec && len(s.keep) > MaxSize {
			return s.fail("larger than a resource may be")
		}
		s.take()
		if c == '\n' {
			return nil
		}
	}
}
