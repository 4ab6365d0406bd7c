package ips

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele/fhir"
)

// MaxIssues is how many issues Check collects.
const MaxIssues = 100

// Check says what in a document breaks FHIR R4, or the rules of the International Patient
// Summary: each with its path and rule, and no value. Nil is a summary that keeps them. The
// error, of KindInvalid, is of what is no FHIR resource at all.
//
// Beside the table (cardinalities, sections and their entries, fixed codes, required
// bindings, invariants) it holds a document to FHIR's own rules for one: the Composition
// comes first, each reference leads to something within, and nothing stands there to which
// none leads. Profiles of other guides, extensible bindings and the slices of datatypes
// are not checked.
func Check(doc []byte) ([]fhir.Issue, error) {
	r, err := fhir.Parse(doc)
	if err != nil {
		return nil, err
	}
	c := &checking{rules: table(), resource: r.Name(), issues: r.Validate()}
	if r.Type() != "Bundle" {
		c.break_(place{r.Root(), r.Type()}, "type Bundle", "a summary is a Bundle")
		return c.issues, nil
	}
	c.document(place{r.Root(), "Bundle"})
	return c.issues, nil
}

// checking checks one document.
type checking struct {
	rules    *rules
	entries  []entry
	byURL    map[string]int // of entries, by fullUrl
	from     entry          // that is looked at; the zero entry for the Bundle
	resource string         // its name
	issues   []fhir.Issue
}

// entry is one resource of the document.
type entry struct {
	place
	url, typ, id string
}

func (e entry) name() string {
	if fhir.IsID(e.id) {
		return e.typ + "/" + e.id
	}
	return e.typ
}

// place is a value and where it stands.
type place struct {
	fhir.Value
	path string
}

func (p place) member(name string) place { return place{p.Member(name), p.path + "." + name} }

// items are the items of a list, or the value itself.
func (p place) items() (out []place) {
	if !p.IsArray() {
		if p.Exists() {
			out = append(out, p)
		}
		return out
	}
	for v := range p.All() {
		out = append(out, place{v, fmt.Sprintf("%s[%d]", p.path, len(out))})
	}
	return out
}

// at are all places at a path without indexes; "" and "-" are the place itself.
func (p place) at(path string) []place {
	if path == "" || path == "-" {
		return []place{p}
	}
	name, rest, _ := strings.Cut(path, ".")
	var out []place
	for _, m := range p.members(name) {
		for _, item := range m.items() {
			out = append(out, item.at(rest)...)
		}
	}
	return out
}

// members are an object's members of a name: of a choice, as effective[x], whichever of its
// types stand there. What has an extension only (_birthDate) is one, too.
func (p place) members(name string) (out []place) {
	stem, choice := strings.CutSuffix(name, "[x]")
	for v := range p.All() {
		key := strings.TrimPrefix(v.Key(), "_")
		if key != name && !(choice && suffixed(key, stem)) {
			continue
		}
		if key != v.Key() && p.Member(key).Exists() { // beside its value
			continue
		}
		out = append(out, place{v, p.path + "." + key})
	}
	return out
}

// suffixed reports whether a key is a choice's stem with the name of a type.
func suffixed(key, stem string) bool {
	rest, ok := strings.CutPrefix(key, stem)
	return ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z'
}

func (c *checking) break_(at place, rule, text string) {
	if len(c.issues) < MaxIssues {
		c.issues = append(c.issues, fhir.Issue{Resource: c.resource, Path: at.path, Rule: rule, Text: text})
	}
}

// document checks the Bundle, and each of its entries.
func (c *checking) document(bundle place) {
	c.byURL = map[string]int{}
	for i, e := range bundle.member("entry").items() {
		r := e.member("resource")
		one := entry{r, e.Member("fullUrl").Text(), r.Member("resourceType").Text(), r.Member("id").Text()}
		c.entries = append(c.entries, one)
		if _, twice := c.byURL[one.url]; !twice && one.url != "" {
			c.byURL[one.url] = i
		}
	}
	c.profile(bundle, c.rules.profiles["Bundle-uv-ips"])
	id := bundle.member("identifier")
	if !id.Member("system").Exists() || !id.Member("value").Exists() {
		c.break_(id, "bdl-9", "a document has an identifier with its system")
	}
	if len(c.entries) == 0 || c.entries[0].typ != "Composition" {
		c.break_(bundle.member("entry"), "bdl-11", "the first entry of a document is a Composition")
	}
	for _, k := range c.rules.kinds {
		n := 0
		for _, e := range c.entries {
			if c.isOf(e.place, k.profiles) {
				n++
			}
		}
		c.count(bundle.member("entry"), "slice "+k.name+" ", n, k.min, k.max)
	}
	for _, e := range c.entries {
		c.from, c.resource = e, e.name()
		if p := c.profileOf(e.place); p != nil {
			c.profile(e.place, p)
		}
		if e.typ == "Composition" {
			c.sections(e)
		}
		c.references(e, e.place)
	}
	c.reached()
}

// isOf reports whether a resource is of one of the profiles, by its type and by what
// tells those of one type apart.
func (c *checking) isOf(r place, profiles []string) bool {
	typ := r.Member("resourceType").Text()
	if typ == "" {
		return false
	}
	p := c.profileOf(r)
	return slices.ContainsFunc(profiles, func(name string) bool { return name == typ || p != nil && p.name == name })
}

// profileOf is the profile to which a resource is held, nil for none: that of its type; of
// an Observation the one whose code or category it has.
func (c *checking) profileOf(r place) *profile {
	list := c.rules.byType[r.Member("resourceType").Text()]
	if len(list) == 1 {
		return list[0]
	}
	for _, p := range list {
		if c.told(r, p) {
			return p
		}
	}
	return nil
}

// told reports whether a resource has what tells a profile from the others of its type.
func (c *checking) told(r place, p *profile) bool {
	if p.typ != "Observation" {
		return false
	}
	for _, e := range p.elements {
		if e.name == "code" && e.fixed != "" && like(r.member("code"), e.fixed) {
			return true
		}
	}
	for _, b := range p.bindings {
		if b.path == "code" && c.bound(r.member("code"), b.set) {
			return true
		}
	}
	for _, s := range p.slices {
		if slices.ContainsFunc(r.member(s.path).items(), func(item place) bool { return like(item, s.pattern) }) {
			return true
		}
	}
	return false
}

// sections checks the sections of the Composition and what they list.
func (c *checking) sections(composition entry) {
	found := map[*section]int{}
	for _, at := range composition.member("section").items() {
		var s *section
		for _, coding := range at.at("code.coding") {
			if s == nil && coding.Member("system").Text() == loinc {
				s = c.rules.section(coding.Member("code").Text())
			}
		}
		if at.Member("emptyReason").Exists() && at.Member("entry").Exists() {
			c.break_(at.member("emptyReason"), "cmp-2", "a section that has entries gives no reason for being empty")
		}
		if s == nil {
			continue
		}
		found[s]++
		c.section(composition, at, s)
	}
	for _, s := range c.rules.sections {
		c.count(composition.member("section"), "slice "+s.name+" ", found[s], s.min, s.max)
	}
}

// section checks one section: its entries, by type and kind, and its invariants.
func (c *checking) section(composition entry, at place, s *section) {
	of := map[string]int{}
	for _, ref := range at.member("entry").items() {
		n, ok := c.resolve(composition, ref.Member("reference").Text())
		if !ok {
			continue // which references says
		}
		if e := c.entries[n]; !s.takes(e.typ) && !s.takes("Resource") {
			c.break_(ref, "type "+strings.Join(s.types, "|"), "the section takes no such entry")
		}
		for _, k := range s.kinds {
			if c.isOf(c.entries[n].place, k.profiles) {
				of[k.name]++
			}
		}
	}
	for _, k := range s.kinds {
		c.count(at.member("entry"), "slice "+k.name+" ", of[k.name], k.min, k.max)
	}
	for _, key := range s.invariants {
		if !invariants[key](at) {
			c.break_(at, key, "an invariant of the guide")
		}
	}
}

// count says when there are too few or too many of a kind.
func (c *checking) count(at place, what string, n, least, most int) {
	if n < least || most >= 0 && n > most {
		text := "an element is missing"
		if n >= least {
			text = "there are too many"
		}
		c.break_(at, strings.TrimSpace(what+cardinalityWord(what)+cardinality(least, most)), text)
	}
}

func cardinalityWord(what string) string {
	if what == "" {
		return "cardinality "
	}
	return ""
}
