package fhir

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may nest. FHIR's own definitions stay
// below 20; deeper input is an attack on whoever reads it.
const MaxDepth = 64

// MaxSize is the largest resource that is read, in bytes.
const MaxSize = 64 << 20

// A SyntaxError says where JSON is broken. It holds nothing of the input.
type SyntaxError struct {
	Offset int64  // of the offending byte, from 0; where a person reads it, from 1
	Line   int    // from 1
	Text   string // what is wrong
	Hint   string // what to do; may be empty
}

// Error returns "byte 121, line 4: what is wrong", and of what begins wrong only what is.
func (e *SyntaxError) Error() string {
	if e.Offset == 0 {
		return e.Text
	}
	return fmt.Sprintf("byte %d, line %d: %s", e.Offset+1, e.Line, e.Text)
}

// at returns Error, and the hint, of what stands at a place of a stream, which says the
// line or does not.
func (e *SyntaxError) at(place string) string {
	text := e.Error()
	if place == fmt.Sprintf("line %d", e.Line) {
		text = strings.Replace(text, ", "+place+": ", ": ", 1)
	}
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return place + ": " + text
}

// parser turns JSON (RFC 8259, and the rules of FHIR R4 § JSON) into a compact
// document in one pass.
type parser struct {
	in    []byte
	i     int
	out   []byte
	nodes []node
}

// parseDocument reads one JSON value that fills src.
func parseDocument(src []byte) (*document, *SyntaxError) {
	p := &parser{in: src}
	if len(src) > MaxSize {
		return nil, p.fail(MaxSize, "larger than a resource may be")
	}
	if !utf8.Valid(src) {
		return nil, p.failWith(invalidAt(src), notUTF8, "convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE")
	}
	p.out = make([]byte, 0, len(src))
	p.nodes = make([]node, 0, len(src)/24+8)
	p.space()
	if err := p.value(0, node{}); err != nil {
		return nil, err
	}
	p.space()
	if p.i < len(src) {
		return nil, p.fail(p.i, "something follows the end of the value")
	}
	return &document{src: p.out, nodes: p.nodes}, nil
}

func invalidAt(src []byte) int {
	i := 0
	for i < len(src) {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return i
}

func (p *parser) fail(at int, text string) *SyntaxError {
	at = min(at, len(p.in))
	return &SyntaxError{Offset: int64(at), Line: 1 + bytes.Count(p.in[:at], []byte{'\n'}), Text: text}
}

func (p *parser) failWith(at int, text, hint string) *SyntaxError {
	bad := p.fail(at, text)
	bad.Hint = hint
	return bad
}

// failHere names the slip that stands here, or says what should.
func (p *parser) failHere(text string) *SyntaxError { return p.fail(p.i, slipOr(p.in[p.i:], text)) }

func (p *parser) space() {
	for p.i < len(p.in) {
		switch p.in[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// value reads a value into a new node; n carries the key.
func (p *parser) value(depth int, n node) *SyntaxError {
	if p.i >= len(p.in) {
		return p.fail(p.i, "the JSON ends too early")
	}
	self := len(p.nodes)
	n.at = int32(len(p.out))
	p.nodes = append(p.nodes, n)
	var err *SyntaxError
	var kind nodeKind
	switch c := p.in[p.i]; {
	case c == '"':
		kind = stringNode
		p.nodes[self].escaped, err = p.str()
	case c == '{':
		kind = objectNode
		err = p.object(depth+1, int32(self))
	case c == '[':
		kind = arrayNode
		err = p.array(depth + 1)
	case (c == '-' || c >= '0' && c <= '9') && slip(p.in[p.i:]) == "":
		kind = numberNode
		err = p.number()
	default:
		kind, err = p.word()
	}
	if err != nil {
		return err
	}
	s := &p.nodes[self]
	s.kind, s.end, s.next = kind, int32(len(p.out)), int32(len(p.nodes))
	return nil
}

func (p *parser) word() (nodeKind, *SyntaxError) {
	for kind := trueNode; kind <= nullNode; kind++ {
		word := [...]string{"true", "false", "null"}[kind-trueNode]
		if bytes.HasPrefix(p.in[p.i:], []byte(word)) {
			p.out = append(p.out, word...)
			p.i += len(word)
			return kind, nil
		}
	}
	return 0, p.failHere("a JSON value should stand here")
}

// str copies a string with its quotes and reports whether it has escapes.
func (p *parser) str() (escaped bool, err *SyntaxError) {
	start := p.i
	for i := p.i + 1; i < len(p.in); i++ {
		c := p.in[i]
		if c != '"' && c != '\\' && c >= 0x20 {
			continue
		}
		switch {
		case c == '"':
			p.i = i + 1
			p.out = append(p.out, p.in[start:p.i]...)
			return escaped, nil
		case c < 0x20:
			return false, p.fail(i, badString(c))
		}
		escaped = true
		n := escapeLen(p.in[i:])
		if n == 0 {
			return false, p.fail(i, badEscape(p.in[i:]))
		}
		i += n - 1
	}
	return false, p.fail(len(p.in), "the JSON ends inside a string")
}

// escapeLen returns the length of the escape at the start of s, 0 if broken.
// A lone surrogate is broken: it has no UTF-8.
func escapeLen(s []byte) int {
	if len(s) < 2 {
		return 0
	}
	if s[1] != 'u' {
		if escapes[s[1]] == 0 {
			return 0
		}
		return 2
	}
	r := hex4(s[2:])
	switch {
	case r < 0:
		return 0
	case !utf16.IsSurrogate(r):
		return 6
	case len(s) >= 12 && s[6] == '\\' && s[7] == 'u' && utf16.DecodeRune(r, hex4(s[8:])) != utf8.RuneError:
		return 12
	}
	return 0
}

func (p *parser) digits() bool {
	start := p.i
	for p.i < len(p.in) && p.in[p.i] >= '0' && p.in[p.i] <= '9' {
		p.i++
	}
	return p.i > start
}

// number copies a number as it is written (RFC 8259 § 6).
func (p *parser) number() *SyntaxError {
	start := p.i
	peek := func() byte {
		if p.i < len(p.in) {
			return p.in[p.i]
		}
		return 0
	}
	if peek() == '-' {
		p.i++
	}
	if peek() == '0' {
		p.i++
	} else if !p.digits() {
		return p.fail(p.i, "a broken number")
	}
	if peek() == '.' {
		p.i++
		if !p.digits() {
			return p.fail(p.i, "a broken number: a digit follows its point")
		}
	}
	if c := peek(); c == 'e' || c == 'E' {
		p.i++
		if c := peek(); c == '+' || c == '-' {
			p.i++
		}
		if !p.digits() {
			return p.fail(p.i, "a broken number")
		}
	}
	p.out = append(p.out, p.in[start:p.i]...)
	return nil
}

// next reads what follows an item: a comma (true) or the closing bracket.
func (p *parser) next(closing byte) (bool, *SyntaxError) {
	p.space()
	if p.i >= len(p.in) {
		return false, p.fail(p.i, "the JSON ends too early")
	}
	c := p.in[p.i]
	if c != ',' && c != closing {
		return false, p.fail(p.i, afterItem(p.in[:p.i], p.in[p.i:]))
	}
	p.i++
	p.out = append(p.out, c)
	p.space()
	if c == ',' && p.i < len(p.in) && (p.in[p.i] == '}' || p.in[p.i] == ']') {
		return false, p.fail(p.i, "no comma stands before a closing bracket")
	}
	return c == ',', nil
}

// open reads an opening bracket and reports whether it is closed at once.
func (p *parser) open(depth int, closing byte) (empty bool, err *SyntaxError) {
	if depth > MaxDepth {
		return false, p.fail(p.i, "nested too deeply")
	}
	p.out = append(p.out, p.in[p.i])
	p.i++
	p.space()
	if p.i < len(p.in) && p.in[p.i] == closing {
		p.i++
		p.out = append(p.out, closing)
		return true, nil
	}
	return false, nil
}

func (p *parser) array(depth int) *SyntaxError {
	empty, err := p.open(depth, ']')
	for more := !empty; more && err == nil; {
		if err = p.value(depth, node{}); err == nil {
			more, err = p.next(']')
		}
	}
	return err
}

func (p *parser) object(depth int, self int32) *SyntaxError {
	start := p.i
	empty, err := p.open(depth, '}')
	members := 0
	for more := !empty; more && err == nil; members++ {
		var n node
		if n, err = p.keyOf(); err != nil {
			break
		}
		if err = p.value(depth, n); err == nil {
			more, err = p.next('}')
		}
	}
	if err == nil && p.doubles(self, members) {
		err = p.fail(start, "an object has a key twice: which one counts nobody can say")
	}
	return err
}

func (p *parser) keyOf() (node, *SyntaxError) {
	var n node
	if p.i >= len(p.in) {
		return n, p.fail(p.i, "the JSON ends too early")
	}
	if p.in[p.i] != '"' {
		return n, p.failHere("a key in quotes should stand here")
	}
	n.keyAt = int32(len(p.out)) + 1
	escaped, err := p.str()
	if err != nil {
		return n, err
	}
	n.keyEscaped, n.keyEnd = escaped, int32(len(p.out))-1
	p.space()
	if p.i >= len(p.in) || p.in[p.i] != ':' {
		return n, p.fail(p.i, "a colon should stand here")
	}
	p.i++
	p.out = append(p.out, ':')
	p.space()
	return n, nil
}

// doubles reports whether an object that is being closed has a key twice. Two
// parsers could read such an object differently, and one of them is consent's.
func (p *parser) doubles(self int32, members int) bool {
	d := document{src: p.out, nodes: p.nodes}
	end := int32(len(p.nodes))
	if members > 16 {
		seen := make(map[string]struct{}, members)
		for c := self + 1; c < end; c = d.nodes[c].next {
			seen[string(d.key(c))] = struct{}{}
		}
		return len(seen) < members
	}
	for a := self + 1; a < end; a = d.nodes[a].next {
		key := d.key(a)
		for b := d.nodes[a].next; b < end; b = d.nodes[b].next {
			n := &d.nodes[b]
			if (int(n.keyEnd-n.keyAt) == len(key) || n.keyEscaped) && bytes.Equal(key, d.key(b)) {
				return true
			}
		}
	}
	return false
}
