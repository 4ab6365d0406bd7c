package fhir

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A mutant is a valid resource with one change.
type mutant struct {
	kind  string
	src   []byte
	path  string // that an Issue must name; "" when the JSON itself is broken
	rule  string // that the Issue's rule begins with
	valid bool   // the change breaks no rule
	from  int    // of broken JSON: where the SyntaxError may point
	to    int
}

// survives says why a mutant was not caught as it should be; "" when it was.
func (m *mutant) survives() string {
	r, err := Parse(m.src)
	if m.valid {
		if err != nil {
			return "a harmless change is refused: " + err.Error()
		}
		if issues := r.Validate(); len(issues) > 0 {
			return "a harmless change is refused: " + issues[0].String()
		}
		return ""
	}
	if m.path == "" {
		syntax, ok := asSyntax(err)
		switch {
		case !ok:
			return "broken JSON is accepted"
		case syntax.Offset < int64(m.from) || syntax.Offset > int64(m.to):
			return fmt.Sprintf("%v, but the change is at %d to %d", syntax, m.from, m.to)
		}
		return ""
	}
	if err != nil {
		return "not even parsed: " + err.Error()
	}
	issues := r.Validate()
	for _, i := range issues {
		if i.Path == m.path && strings.HasPrefix(i.Rule, m.rule) {
			return ""
		}
	}
	return fmt.Sprintf("want %s: %s, got %v", m.path, m.rule, issues)
}

// An occurrence is a value of the resource and what it is by the definitions.
type occurrence struct {
	node   int32
	path   string
	typ    *typeDef // of the value; Element for a "_field" twin
	prop   *property
	elem   *elementDef // nil for the resource itself
	owner  *typeDef
	parent int32
	twin   bool
	item   bool // of a JSON array
}

// A mutator makes mutants of one valid resource.
type mutator struct {
	r   *Resource
	d   *document
	rng *rand.Rand
	all []occurrence
}

func newMutator(r *Resource, seed uint64) *mutator {
	m := &mutator{r: r, d: r.doc, rng: rand.New(rand.NewPCG(seed, 725))}
	root := occurrence{path: r.Type(), typ: tables().types[r.Type()], parent: -1}
	m.all = append(m.all, root)
	m.walk(root)
	return m
}

// walk lists every value below an object, with the path that an Issue would give.
func (m *mutator) walk(o occurrence) {
	for c := o.node + 1; c < m.d.nodes[o.node].next; c = m.d.nodes[c].next {
		key := string(m.d.key(c))
		name, twin := strings.CutPrefix(key, "_")
		p := o.typ.property([]byte(name))
		if p == nil {
			continue // resourceType
		}
		sub := occurrence{node: c, path: o.path + "." + name, typ: p.typ, prop: p, elem: &o.typ.elements[p.element], owner: o.typ, parent: o.node, twin: twin}
		if twin {
			sub.typ = tables().types["Element"]
		}
		if m.d.nodes[c].kind != arrayNode {
			m.visit(sub)
			continue
		}
		n := 0
		m.d.each(c, func(item int32) {
			one := sub
			one.node, one.path, one.item = item, fmt.Sprintf("%s[%d]", sub.path, n), true
			if m.d.nodes[item].kind != nullNode {
				m.visit(one)
			}
			n++
		})
	}
}

func (m *mutator) visit(o occurrence) {
	if o.typ.name == "Resource" {
		o.typ = tables().types[m.d.memberText(o.node, "resourceType")]
	}
	m.all = append(m.all, o)
	if m.d.nodes[o.node].kind == objectNode {
		m.walk(o)
	}
}

// pick draws up to n occurrences that fit.
func (m *mutator) pick(n int, fits func(o occurrence) bool) []occurrence {
	var out []occurrence
	for _, i := range m.rng.Perm(len(m.all)) {
		if len(out) < n && fits(m.all[i]) {
			out = append(out, m.all[i])
		}
	}
	return out
}

// text returns a value as it stands in the source.
func (m *mutator) text(i int32) string { return string(m.d.src[m.d.nodes[i].at:m.d.nodes[i].end]) }

// list returns the node that holds an occurrence's whole member: the array, for an
// item of one.
func (m *mutator) list(o occurrence) int32 {
	if !o.item {
		return o.node
	}
	key := o.prop.name
	if o.twin {
		key = "_" + key
	}
	return m.d.member(o.parent, key)
}

// splice puts text in place of the bytes from a to b.
func (m *mutator) splice(a, b int32, text string) []byte {
	return slices.Concat(m.d.src[:a], []byte(text), m.d.src[b:])
}

// replace puts text in place of a value.
func (m *mutator) replace(i int32, text string) []byte {
	return m.splice(m.d.nodes[i].at, m.d.nodes[i].end, text)
}

// insert puts a member in front of an object's others.
func (m *mutator) insert(object int32, member string) []byte {
	at := m.d.nodes[object].at + 1
	return m.splice(at, at, member+",")
}

// without leaves out an object's members of these names, and says whether any
// other stays.
func (m *mutator) without(object int32, names ...string) (src []byte, left bool) {
	var kept []string
	for c := object + 1; c < m.d.nodes[object].next; c = m.d.nodes[c].next {
		if n := m.d.nodes[c]; !slices.Contains(names, string(m.d.key(c))) {
			kept = append(kept, string(m.d.src[n.keyAt-1:n.end]))
		}
	}
	return m.replace(object, "{"+strings.Join(kept, ",")+"}"), len(kept) > 0
}

func (m *mutator) isObject(o occurrence) bool { return m.d.nodes[o.node].kind == objectNode }

// isElement: an object that is no resource.
func (m *mutator) isElement(o occurrence) bool { return m.isObject(o) && o.typ.kind != 'R' }

// isValue: a primitive's value, not its twin.
func isValue(o occurrence) bool { return o.elem != nil && o.typ.kind == 'P' }

func (m *mutator) has(o occurrence, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return m.d.member(o.node, name) >= 0 })
}

// broken is a mutant whose JSON is broken somewhere in a value.
func (m *mutator) broken(i int32, src []byte) mutant {
	n := m.d.nodes[i]
	return mutant{src: src, from: int(n.at), to: int(n.end) + max(0, len(src)-len(m.d.src))}
}

const oneExtension = `[{"url":"http://example.org/x","valueCode":"x"}]`

// badTexts are JSON values that a primitive type refuses by its text.
var badTexts = map[string][]string{
	"base64Binary": {`"A"`, `"AAA-"`, `"A=AA"`},
	"canonical":    {`"a b"`},
	"code":         {`" a"`, `"a  b"`, `"a "`},
	"date":         {`"2020-13"`, `"2020-02-30"`, `"20"`, `"2020-1-1"`, `"0000"`, `"2020-01-01T00:00:00Z"`},
	"dateTime":     {`"2020-01-01T10:00"`, `"2020-01-01T10:00:00"`, `"2020-02-30"`, `"2020-01-01T24:00:00Z"`, `"2020-01-01T10:00:00+15:00"`, `"yesterday"`},
	"id":           {`"a b"`, `"a_b"`, `"é"`, `"` + strings.Repeat("a", 65) + `"`},
	"instant":      {`"2020"`, `"2020-01-01"`, `"2020-01-01T10:00:00"`},
	"integer":      {`1.5`, `1e2`, `2147483648`, `-2147483649`},
	"markdown":     {`"a\u0001"`},
	"oid":          {`"1.2.3"`, `"urn:oid:3.1"`, `"urn:oid:1.02"`},
	"positiveInt":  {`0`, `-1`, `1.0`, `2147483648`},
	"string":       {`"a\u0001"`, `"\u0000"`},
	"time":         {`"25:00:00"`, `"10:00"`, `"10:00:00Z"`},
	"unsignedInt":  {`-1`, `1.0`, `2147483648`},
	"uri":          {`"a b"`, `"\u0009"`},
	"url":          {`"a b"`},
	"uuid":         {`"c757873d"`, `"urn:uuid:C757873D-ec9a-4326-a141-556f43239520"`},
	"xhtml":        {`"<p>x</p>"`, `"hello"`},
}

// goodTexts are JSON values that a primitive type takes.
var goodTexts = map[string]string{
	"base64Binary": `"AAAA"`, "boolean": `true`, "canonical": `"http://example.org/x"`, "code": `"x"`, "date": `"2020"`,
	"dateTime": `"2020"`, "decimal": `1`, "id": `"x"`, "instant": `"2020-01-01T10:00:00Z"`, "integer": `1`, "markdown": `"x"`,
	"oid": `"urn:oid:1.2"`, "positiveInt": `1`, "string": `"x"`, "time": `"10:00:00"`, "unsignedInt": `1`,
	"uri": `"http://example.org/x"`, "url": `"http://example.org/x"`, "uuid": `"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"`,
}

func oneOf[T any](m *mutator, list []T) T { return list[m.rng.IntN(len(list))] }

// otherKind returns a JSON value of another kind than a primitive type's.
func otherKind(t *typeDef) string {
	switch t.check.json {
	case numberNode:
		return `"7"`
	case trueNode:
		return `"true"`
	}
	return `7`
}

func reversed(raw []byte, d *document, object int32) string {
	var members [][]byte
	for c := object + 1; c < d.nodes[object].next; c = d.nodes[c].next {
		members = append(members, raw[d.nodes[c].keyAt-1:d.nodes[c].end])
	}
	slices.Reverse(members)
	return "{" + string(bytes.Join(members, []byte(","))) + "}"
}
