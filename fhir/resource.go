package fhir

import (
	"strings"

	"github.com/stele-health/stele"
)

// A Resource is one FHIR R4 resource. It is not changed after Parse and may be
// read by many at once.
type Resource struct {
	JSON []byte // the source without insignificant whitespace; do not change it
	doc  *document
}

// Parse reads one resource of any R4 type. It checks JSON and that the type is
// known; Validate checks the rest. The error is of KindInvalid and wraps a
// SyntaxError that says where.
func Parse(src []byte) (*Resource, error) {
	doc, bad := parseDocument(src)
	if bad == nil {
		var r *Resource
		if r, bad = newResource(doc); bad == nil {
			return r, nil
		}
	}
	return nil, stele.E("read FHIR JSON", stele.KindInvalid, "", bad)
}

// newResource takes a document that should be a resource.
func newResource(doc *document) (*Resource, *SyntaxError) {
	if doc.nodes[0].kind != objectNode {
		return nil, &SyntaxError{Line: 1, Text: "a resource is a JSON object"}
	}
	name := doc.memberText(0, "resourceType")
	if name == "" {
		text, hint := doc.untyped()
		return nil, &SyntaxError{Line: 1, Text: text, Hint: hint}
	}
	if t := tables().types[name]; t == nil || t.kind != 'R' || t.abstract() {
		bad := &SyntaxError{Line: 1, Text: "the resourceType is not one of FHIR R4"}
		if r := doc.release(); r != "" {
			bad.Text += "; this looks like " + r + ", and R4 is read"
		}
		return nil, bad
	}
	return &Resource{JSON: doc.src, doc: doc}, nil
}

// Type returns the resource type, "Observation".
func (r *Resource) Type() string { return r.doc.memberText(0, "resourceType") }

// ID returns the logical id, "" when there is none.
func (r *Resource) ID() string { return r.doc.memberText(0, "id") }

// Name returns "Observation/123", or the type alone when the resource has no
// proper id.
func (r *Resource) Name() string {
	if id := r.ID(); IsID(id) {
		return r.Type() + "/" + id
	}
	return r.Type()
}

// Holds reports whether a resource of a type stands anywhere in it.
func (r *Resource) Holds(typ string) bool {
	for i := 1; i < len(r.doc.nodes); i++ {
		if r.doc.nodes[i].kind == objectNode && r.doc.memberText(int32(i), "resourceType") == typ {
			return true
		}
	}
	return false
}

// Path returns the text of a string, number or boolean at a path like
// "code.coding[0].display"; without an index an array's first item is taken.
// It returns "" where nothing is, or where an object or array is. Numbers are
// given as written.
func (r *Resource) Path(path string) string {
	i := r.doc.find(0, path)
	if i >= 0 && r.doc.nodes[i].kind == arrayNode {
		i = r.doc.item(i, 0)
	}
	if i < 0 || r.doc.nodes[i].kind <= arrayNode || r.doc.nodes[i].kind == nullNode {
		return ""
	}
	return string(r.doc.text(i))
}

// Raw returns the compact JSON of whatever is at a path, nil where nothing is.
func (r *Resource) Raw(path string) []byte {
	i := r.doc.find(0, path)
	if i < 0 {
		return nil
	}
	return r.doc.src[r.doc.nodes[i].at:r.doc.nodes[i].end]
}

// All returns the texts of all strings, numbers and booleans at a path without
// indexes, through every array: All("name.given").
func (r *Resource) All(path string) []string {
	var out []string
	r.doc.eachAt(0, path, func(i int32) {
		if k := r.doc.nodes[i].kind; k > arrayNode && k != nullNode {
			out = append(out, string(r.doc.text(i)))
		}
	})
	return out
}

// referenceType returns the resource type that a literal reference shows,
// "Patient" for "Patient/1", "Patient?identifier=x" and
// "http://host/fhir/Patient/1/_history/2"; "" when it shows none.
func referenceType(ref string) string {
	if at := strings.IndexByte(ref, '?'); at >= 0 {
		ref = ref[:at] + "/"
	}
	ref, _, _ = strings.Cut(ref, "/_history/")
	at := strings.LastIndexByte(ref, '/')
	if at < 0 {
		return ""
	}
	typ := ref[:at]
	if slash := strings.LastIndexByte(typ, '/'); slash >= 0 {
		typ = typ[slash+1:]
	}
	if t := tables().types[typ]; t != nil && t.kind == 'R' {
		return typ
	}
	return ""
}
