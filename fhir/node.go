package fhir

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

type nodeKind uint8

const (
	objectNode nodeKind = iota + 1
	arrayNode
	stringNode
	numberNode
	trueNode
	falseNode
	nullNode
)

// A node is one JSON value. Nodes stand in the order of the source; the
// children of node i are i+1, nodes[i+1].next, ... up to nodes[i].next.
type node struct {
	keyAt, keyEnd int32 // the key between its quotes; both 0 for array items and the root
	at, end       int32 // the value; strings with their quotes
	next          int32 // the first node after this one and its children
	kind          nodeKind
	escaped       bool // a string with escapes
	keyEscaped    bool
}

// A document is a compact JSON text and its nodes.
type document struct {
	src   []byte
	nodes []node
}

// key returns the decoded key of node i.
func (d *document) key(i int32) []byte {
	n := &d.nodes[i]
	if n.keyEscaped {
		return unescape(d.src[n.keyAt:n.keyEnd])
	}
	return d.src[n.keyAt:n.keyEnd]
}

// text returns the decoded text of a string, the source text of anything else.
func (d *document) text(i int32) []byte {
	n := &d.nodes[i]
	if n.kind != stringNode {
		return d.src[n.at:n.end]
	}
	if n.escaped {
		return unescape(d.src[n.at+1 : n.end-1])
	}
	return d.src[n.at+1 : n.end-1]
}

// member returns the node of an object's member, or -1.
func (d *document) member(i int32, name string) int32 {
	if i < 0 || d.nodes[i].kind != objectNode {
		return -1
	}
	for c := i + 1; c < d.nodes[i].next; c = d.nodes[c].next {
		if string(d.key(c)) == name {
			return c
		}
	}
	return -1
}

// memberText returns a member's text when it is a string or number.
func (d *document) memberText(i int32, name string) string {
	c := d.member(i, name)
	if c < 0 || d.nodes[c].kind == nullNode || d.nodes[c].kind <= arrayNode {
		return ""
	}
	return string(d.text(c))
}

// item returns the n-th item of an array, or -1.
func (d *document) item(i int32, n int) int32 {
	if d.nodes[i].kind != arrayNode || n < 0 {
		return -1
	}
	for c := i + 1; c < d.nodes[i].next; c = d.nodes[c].next {
		if n == 0 {
			return c
		}
		n--
	}
	return -1
}

// find follows a path like "code.coding[0].display"; a step into an array
// without an index takes its first item. It returns -1 where nothing is.
func (d *document) find(i int32, path string) int32 {
	for path != "" && i >= 0 {
		var step string
		step, path, _ = strings.Cut(path, ".")
		name, index, indexed := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		if d.nodes[i].kind == arrayNode {
			if i = d.item(i, 0); i < 0 {
				return -1
			}
		}
		if i = d.member(i, name); i >= 0 && indexed {
			n, err := strconv.Atoi(index)
			if err != nil {
				return -1
			}
			i = d.item(i, n)
		}
	}
	return i
}

// each calls f for the items of an array, or for the node itself otherwise.
func (d *document) each(i int32, f func(item int32)) {
	if i < 0 {
		return
	}
	if d.nodes[i].kind != arrayNode {
		f(i)
		return
	}
	for c := i + 1; c < d.nodes[i].next; c = d.nodes[c].next {
		f(c)
	}
}

// eachAt calls f for every node at a path, going through all array items.
func (d *document) eachAt(i int32, path string, f func(item int32)) {
	d.each(i, func(item int32) {
		if path == "" {
			f(item)
			return
		}
		name, rest, _ := strings.Cut(path, ".")
		d.eachAt(d.member(item, name), rest, f)
	})
}

// subtree copies node i and what it holds into a document of its own.
func (d *document) subtree(i int32) *document {
	n := d.nodes[i]
	base := n.at
	out := &document{src: append([]byte(nil), d.src[n.at:n.end]...), nodes: make([]node, n.next-i)}
	for k := range out.nodes {
		m := d.nodes[int(i)+k]
		m.at, m.end, m.next = m.at-base, m.end-base, m.next-i
		if k == 0 {
			m.keyAt, m.keyEnd, m.keyEscaped = 0, 0, false
		} else if m.keyEnd > 0 {
			m.keyAt, m.keyEnd = m.keyAt-base, m.keyEnd-base
		}
		out.nodes[k] = m
	}
	return out
}

// unescape decodes the inside of a JSON string that the parser has accepted.
func unescape(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		i++
		if s[i] != 'u' {
			out = append(out, escapes[s[i]])
			continue
		}
		r := hex4(s[i+1:])
		i += 4
		if utf16.IsSurrogate(r) {
			r = utf16.DecodeRune(r, hex4(s[i+3:]))
			i += 6
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// hex4 reads four hexadecimal digits, -1 when they are not.
func hex4(s []byte) rune {
	if len(s) < 4 {
		return -1
	}
	var r rune
	for _, c := range s[:4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return -1
		}
	}
	return r
}
