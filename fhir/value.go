package fhir

import "iter"

// A Value is a place in a resource's JSON, read where it stands: nothing is
// copied until a text is asked for. The zero Value is a place that does not
// exist; from there every step leads to another such place, so that a path
// through a broken resource ends in nothing. Values may be compared.
type Value struct {
	doc *document
	at  int32
}

// Root returns the resource itself, an object.
func (r *Resource) Root() Value { return Value{r.doc, 0} }

// Root returns the resource in which the value stands: the outermost, where that contains
// others.
func (v Value) Root() Value {
	if v.doc == nil {
		return Value{}
	}
	return Value{v.doc, 0}
}

// Nodes returns how many values the resource holds, itself among them: Index
// lies below it.
func (r *Resource) Nodes() int { return len(r.doc.nodes) }

// Exists reports whether anything stands there; null does.
func (v Value) Exists() bool { return v.doc != nil }

func (v Value) kind() nodeKind {
	if v.doc == nil {
		return 0
	}
	return v.doc.nodes[v.at].kind
}

// IsObject reports whether the value is an object.
func (v Value) IsObject() bool { return v.kind() == objectNode }

// IsArray reports whether the value is an array.
func (v Value) IsArray() bool { return v.kind() == arrayNode }

// IsText reports whether the value is a string.
func (v Value) IsText() bool { return v.kind() == stringNode }

// IsNumber reports whether the value is a number.
func (v Value) IsNumber() bool { return v.kind() == numberNode }

// IsBool reports whether the value is true or false.
func (v Value) IsBool() bool { return v.kind() == trueNode || v.kind() == falseNode }

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.kind() == nullNode }

// Index numbers the values of a resource in the order of its source, the
// resource itself 0. A value and all it holds are those from Index to End.
func (v Value) Index() int { return int(v.at) }

// End returns the Index of what follows the value and all it holds.
func (v Value) End() int {
	if v.doc == nil {
		return 0
	}
	return int(v.doc.nodes[v.at].next)
}

// Key returns the name under which the value is a member; "" for the items of an
// array and the resource itself.
func (v Value) Key() string {
	if v.doc == nil {
		return ""
	}
	return string(v.doc.key(v.at))
}

// Text returns a string decoded, a number, true or false as it is written, and
// "" for anything else.
func (v Value) Text() string {
	if v.kind() <= arrayNode || v.kind() == nullNode {
		return ""
	}
	return string(v.doc.text(v.at))
}

// JSON returns the compact source of the value; do not change it.
func (v Value) JSON() []byte {
	if v.doc == nil {
		return nil
	}
	n := v.doc.nodes[v.at]
	return v.doc.src[n.at:n.end]
}

// Member returns an object's member, or nothing.
func (v Value) Member(name string) Value {
	if v.doc == nil {
		return Value{}
	}
	if c := v.doc.member(v.at, name); c >= 0 {
		return Value{v.doc, c}
	}
	return Value{}
}

// All runs over the members of an object or the items of an array, in the order
// of the source.
func (v Value) All() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if k := v.kind(); k != objectNode && k != arrayNode {
			return
		}
		for c := v.at + 1; c < v.doc.nodes[v.at].next; c = v.doc.nodes[c].next {
			if !yield(Value{v.doc, c}) {
				return
			}
		}
	}
}

// KeyBytes is Key without a copy; it is not to be changed.
func (v Value) KeyBytes() []byte {
	if v.doc == nil || v.doc.nodes[v.at].keyEnd == 0 {
		return nil
	}
	return v.doc.key(v.at)
}

// Bytes is Text without a copy where nothing was escaped; it is not to be
// changed.
func (v Value) Bytes() []byte {
	if v.kind() <= arrayNode || v.kind() == nullNode {
		return nil
	}
	return v.doc.text(v.at)
}

// At runs over every value at a path without indexes, through every array:
// At("component.code.coding").
func (v Value) At(path string) iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.doc == nil {
			return
		}
		stopped := false
		v.doc.eachAt(v.at, path, func(i int32) {
			stopped = stopped || !yield(Value{v.doc, i})
		})
	}
}
