package fhir

import (
	"slices"
	"strconv"
	"strings"
)

// MaxIssues is how many issues Validate collects for one resource.
const MaxIssues = 50

// An Issue is one rule that a resource breaks. It holds no value of the
// resource.
type Issue struct {
	Resource string // "Observation/123", or "entry 7" where the resource cannot be named
	Path     string // "Observation.component[1].valueQuantity.value"
	Rule     string // "cardinality 1..1", "type decimal", "unknown element", "binding administrative-gender", "ext-1"
	Text     string // the same in a sentence
	Warning  bool   // does not make the resource invalid
}

// String returns "Observation/123: Observation.status: cardinality 1..1: an element is
// missing". What the path says, the resource's type, is said once: by the path where there
// is an element in it, else by the resource.
func (i Issue) String() string {
	resource, path := i.Resource, i.Path
	typ, _, named := strings.Cut(resource, "/")
	switch first, _, element := strings.Cut(path, "."); {
	case first != typ:
	case !element:
		path = ""
	case !named:
		resource = ""
	}
	return strings.Join(slices.DeleteFunc([]string{resource, path, i.Rule, i.Text}, func(part string) bool { return part == "" }), ": ")
}

// At returns String of what stands at a place of a stream, which is said once.
func (i Issue) At(place string) string {
	if place == "" || i.Resource == place || strings.HasPrefix(i.Resource, place+", ") {
		return i.String()
	}
	return place + ": " + i.String()
}

// Validate checks the resource against the R4 definitions and returns what is
// wrong, in the order of the source; nil when nothing is.
func (r *Resource) Validate() []Issue {
	v := &validation{doc: r.doc, resource: r.Name(), defs: tables()}
	v.path = append(v.path, step{name: r.Type(), index: -1})
	v.resourceAt(0)
	v.nameRelease()
	return v.issues
}

// validation walks one document. path names where it is.
type validation struct {
	doc       *document
	defs      *definitions
	resource  string
	path      []step
	counts    []count // one frame for each open object
	issues    []Issue
	contained bool  // inside a contained resource
	root      int32 // the resource that contains others, for local references
	ids       map[string]bool
	skip      string // "Bundle.entry" or "Bundle.entry.resource": names only, checked by somebody else
}

type step struct {
	name  string
	index int // -1 outside arrays
}

// count is how often an element was seen in the open object, and as what.
type count struct {
	n    int
	prop *property
}

func (v *validation) issue(rule, text string) {
	if len(v.issues) >= MaxIssues {
		return
	}
	var b strings.Builder
	for i, s := range v.path {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.name)
		if s.index >= 0 {
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		}
	}
	v.issues = append(v.issues, Issue{Resource: v.resource, Path: b.String(), Rule: rule, Text: text})
}

func (v *validation) issueAt(name, rule, text string) {
	v.path = append(v.path, step{name, -1})
	v.issue(rule, text)
	v.path = v.path[:len(v.path)-1]
}

// resourceAt checks a resource at node i: the root, a contained one, or one in
// a Bundle or Parameters.
func (v *validation) resourceAt(i int32) {
	if v.doc.nodes[i].kind != objectNode {
		v.issue("type Resource", "a resource is a JSON object")
		return
	}
	t := v.defs.types[v.doc.memberText(i, "resourceType")]
	if t == nil || t.kind != 'R' || t.abstract() {
		v.issue("type Resource", "the resourceType is missing or not one of FHIR R4")
		return
	}
	if v.contained {
		v.object(i, t, nil)
		return
	}
	outer, ids := v.root, v.ids
	v.root, v.ids = i, nil
	v.object(i, t, nil)
	v.root, v.ids = outer, ids
}

// containedAt checks a contained resource (dom-2, dom-4, dom-5; FHIR R4 § Contained Resources).
func (v *validation) containedAt(i int32) {
	if v.contained {
		v.issue("dom-2", "a contained resource contains another")
		return
	}
	v.contained = true
	v.resourceAt(i)
	v.contained = false
	if v.doc.member(i, "id") < 0 {
		v.issueAt("id", "contained id", "a contained resource needs an id to be referred to")
	}
	meta := v.doc.member(i, "meta")
	if v.doc.member(meta, "versionId") >= 0 || v.doc.member(meta, "lastUpdated") >= 0 {
		v.issueAt("meta", "dom-4", "a contained resource has no version of its own")
	}
	if v.doc.member(meta, "security") >= 0 {
		v.issueAt("meta", "dom-5", "a contained resource has no security label of its own")
	}
}

// object checks the members of node i against type t.
func (v *validation) object(i int32, t *typeDef, targets []string) {
	d := v.doc
	end := d.nodes[i].next
	if i+1 == end {
		v.issue("empty object", "an object has at least one member")
		return
	}
	base := len(v.counts)
	v.counts = append(v.counts, make([]count, len(t.elements))...)
	for c := i + 1; c < end; c = d.nodes[c].next {
		v.member(i, c, t, base)
	}
	for e := range t.elements {
		if def := &t.elements[e]; v.counts[base+e].n < def.min { // more than may be is an array where none may be: see member
			v.issueAt(def.name, "cardinality "+def.cardinality(), "an element is missing")
		}
	}
	v.counts = v.counts[:base]
	if t.kind == 'R' {
		return
	}
	switch t.name {
	case "Extension":
		v.extension(i)
	case "Reference":
		v.reference(i, targets)
	}
}

// more checks that an element is more than its id (ele-1).
func (v *validation) more(i int32) {
	d, end := v.doc, v.doc.nodes[i].next
	if i+1 < end && d.nodes[i+1].next == end && string(d.key(i+1)) == "id" {
		v.issue("ele-1", "an element has a value or children besides its id")
	}
}

// member checks member c of object i.
func (v *validation) member(i, c int32, t *typeDef, base int) {
	key := v.doc.key(c)
	if t.kind == 'R' && string(key) == "resourceType" {
		return
	}
	name, twin := key, false
	if len(key) > 1 && key[0] == '_' {
		name, twin = key[1:], true
	}
	p := t.property(name)
	if p == nil || twin && p.typ.kind != 'P' {
		v.issueAt(printable(key), "unknown element", t.name+" has no such element in FHIR R4")
		return
	}
	v.path = append(v.path, step{p.name, -1})
	defer func() { v.path = v.path[:len(v.path)-1] }()
	e := &t.elements[p.element]
	if v.skip != "" && t.name+"."+p.name == v.skip && c+1 < v.doc.nodes[c].next {
		v.counts[base+p.element].n = 1
		return
	}
	at := base + p.element // counts may move while children are checked
	if other := v.counts[at].prop; other != nil && other != p {
		v.issue("choice "+e.name, "only one type of a choice may be there")
	}
	v.counts[at].prop = p
	if e.max == 1 {
		v.counts[at].n = 1
		if v.doc.nodes[c].kind == arrayNode {
			v.issue("cardinality "+e.cardinality(), "a single value is not a JSON array")
			return
		}
		v.value(c, p, e, twin, twin && v.doc.member(i, p.name) >= 0)
		return
	}
	n := v.list(i, c, p, e, twin)
	v.counts[at].n = max(v.counts[at].n, n)
}

// list checks a repeating element and returns its length.
func (v *validation) list(i, c int32, p *property, e *elementDef, twin bool) int {
	d := v.doc
	if d.nodes[c].kind != arrayNode {
		v.issue("cardinality "+e.cardinality(), "a repeating element is a JSON array")
		return 1
	}
	if c+1 == d.nodes[c].next {
		v.issue("empty array", "an array has at least one item")
		return 0
	}
	n := 0
	top := len(v.path) - 1
	other, end := v.otherArray(i, p, twin)
	for item := c + 1; item < d.nodes[c].next; item = d.nodes[item].next {
		v.path[top].index = n
		switch {
		case d.nodes[item].kind != nullNode || p.typ.kind != 'P':
			v.value(item, p, e, twin, other < end && d.nodes[other].kind != nullNode)
		case other < end && d.nodes[other].kind != nullNode:
			// the null holds the place of what the other array has here
		case other >= end || !twin:
			v.issue("null", "a null stands for a value whose id or extension is in the other array")
		}
		if other < end {
			other = d.nodes[other].next
		}
		n++
	}
	v.path[top].index = -1
	return n
}

// otherArray returns the items of "_name" beside the primitive array "name", or
// the other way round: the first node and the one after the last.
func (v *validation) otherArray(i int32, p *property, twin bool) (first, end int32) {
	if p.typ.kind != 'P' {
		return 0, 0
	}
	name := p.name
	if !twin {
		name = "_" + name
	}
	list := v.doc.member(i, name)
	if list < 0 || v.doc.nodes[list].kind != arrayNode {
		return 0, 0
	}
	return list + 1, v.doc.nodes[list].next
}

// value checks one value of a property. The twin of a primitive that is there, too,
// may be an id alone: the value beside it makes them an element.
func (v *validation) value(c int32, p *property, e *elementDef, twin, beside bool) {
	kind := v.doc.nodes[c].kind
	switch {
	case kind == nullNode:
		v.issue("null", "null is not a value in FHIR JSON")
		return
	case p.typ.kind == 'P' && !twin:
		if v.primitive(c, p.typ) && e.binding != nil {
			v.boundCode(c, e.binding)
		}
		return
	case kind != objectNode:
		v.issue("type "+p.typ.name, "a JSON object should stand here")
		return
	case twin:
		v.object(c, v.defs.types["Element"], nil)
		if !beside {
			v.more(c)
		}
		return
	case p.typ.name == "Resource":
		if p.name == "contained" {
			v.containedAt(c)
		} else {
			v.resourceAt(c)
		}
		return
	}
	v.object(c, p.typ, p.targets)
	v.more(c)
	if e.binding != nil {
		v.boundConcept(c, p.typ, e.binding)
	}
}

// primitive reports whether the value fits, and says so when it does not.
func (v *validation) primitive(c int32, t *typeDef) bool {
	n := &v.doc.nodes[c]
	kind := n.kind
	if kind == falseNode {
		kind = trueNode
	}
	if kind != t.check.json {
		v.issue("type "+t.name, unfitKind(n.kind, t.check.json))
		return false
	}
	text := v.doc.text(c)
	if len(text) == 0 {
		v.issue("type "+t.name, "a string is not empty")
		return false
	}
	if !t.check.ok(text) {
		if t.name == "id" && IsID(string(text)) {
			v.oddID(why(t.name, text))
			return true
		}
		v.issue("type "+t.name, why(t.name, text))
		return false
	}
	return true
}

// oddID warns of an id that FHIR does not allow and that is taken all the same; once, or
// many of them would leave no room for what is wrong.
func (v *validation) oddID(why string) {
	at := len(v.issues)
	if slices.ContainsFunc(v.issues, Issue.OddID) {
		return
	}
	if v.issue(ruleID, why+": it is taken as it is written"); at < len(v.issues) {
		v.issues[at].Warning = true
	}
}

// OddID reports whether an issue warns of an id that FHIR does not allow.
func (i Issue) OddID() bool { return i.Warning && i.Rule == ruleID }

const ruleID = "type id"

// boundCode checks a code, string or uri against a required value set.
func (v *validation) boundCode(c int32, set *valueSet) {
	text := v.doc.text(c)
	if set.open {
		if set.name == "mimetypes" && !isMIME(text) {
			v.issue("binding "+set.name, "not a media type")
		}
		return
	}
	if !set.has("", string(text)) {
		v.issue("binding "+set.name, "the code is not in the required value set")
	}
}

// boundConcept checks that a Coding, or one of a CodeableConcept's, is in a
// required value set. A concept that has extensions only says why it is absent.
func (v *validation) boundConcept(c int32, t *typeDef, set *valueSet) {
	d := v.doc
	if set.open || d.nodes[c+1].next == d.nodes[c].next && string(d.key(c+1)) == "extension" {
		return
	}
	found := false
	check := func(coding int32) {
		system := d.memberText(coding, "system")
		found = found || system != "" && set.has(system, d.memberText(coding, "code"))
	}
	switch t.name {
	case "CodeableConcept":
		d.each(d.member(c, "coding"), check)
	case "Coding":
		check(c)
	default:
		return
	}
	if !found {
		v.issue("binding "+set.name, "no code is from the required value set")
	}
}

// extension checks ext-1: a value or extensions, not both.
func (v *validation) extension(i int32) {
	value, nested := false, false
	for c := i + 1; c < v.doc.nodes[i].next; c = v.doc.nodes[c].next {
		key := strings.TrimPrefix(string(v.doc.key(c)), "_")
		value = value || strings.HasPrefix(key, "value")
		nested = nested || key == "extension"
	}
	if value == nested {
		v.issue("ext-1", "an extension has a value or extensions, and not both")
	}
}

// reference checks that a literal reference that shows its type names one of
// the element's targets, and that a local one leads to a contained resource
// (ref-1). "#" alone is the resource that contains this one.
func (v *validation) reference(i int32, targets []string) {
	c := v.doc.member(i, "reference")
	if c < 0 || v.doc.nodes[c].kind != stringNode {
		return
	}
	ref := v.doc.text(c)
	if len(ref) > 1 && ref[0] == '#' {
		if !v.holds(string(ref[1:])) {
			v.issueAt("reference", "ref-1", "no contained resource has this id")
		}
		return
	}
	if len(targets) == 0 {
		return
	}
	if typ := referenceType(string(ref)); typ != "" && !slices.Contains(targets, typ) {
		v.issueAt("reference", "reference "+strings.Join(targets, "|"), "the reference names a resource of another type")
	}
}

// holds reports whether the root resource contains one with the id. The ids are
// listed once: many references times many resources would be a weapon.
func (v *validation) holds(id string) bool {
	if v.ids == nil {
		v.ids = map[string]bool{}
		v.doc.each(v.doc.member(v.root, "contained"), func(item int32) {
			v.ids[v.doc.memberText(item, "id")] = true
		})
	}
	return v.ids[id]
}

// printable gives an unknown key for a path. Something that does not look like
// an element name could be patient data and is not repeated.
func printable(key []byte) string {
	for i, c := range key {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && c != '_' && (i == 0 || !isDigit(c)) || i >= 64 {
			return "?"
		}
	}
	if len(key) == 0 {
		return "?"
	}
	return string(key)
}
