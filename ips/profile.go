package ips

import (
	"slices"
	"strings"

	"github.com/stele-health/stele/fhir"
)

const loinc = "http://loinc.org"

// profile holds a resource to a profile.
func (c *checking) profile(r place, p *profile) {
	for _, e := range p.elements {
		for _, parent := range r.at(e.parent) {
			c.element(parent, e)
		}
	}
	for _, s := range p.slices {
		n := 0
		for _, item := range r.member(s.path).items() {
			if like(item, s.pattern) {
				n++
			}
		}
		c.count(r.member(s.path), "slice "+s.name+" ", n, s.min, s.max)
	}
	for _, b := range p.bindings {
		for _, at := range r.at(b.path) {
			if !c.bound(at, b.set) {
				c.break_(at, "binding "+b.set, "the code is not one of those that the guide takes")
			}
		}
	}
	for _, i := range p.invariants {
		if strings.HasPrefix(i.path, "section:") { // see section
			continue
		}
		for _, at := range r.at(i.path) {
			if !invariants[i.key](at) {
				c.break_(at, i.key, "an invariant of the guide")
			}
		}
	}
}

// element holds what stands under a parent to one rule.
func (c *checking) element(parent place, e elementRule) {
	var found []place
	for _, m := range parent.members(e.name) {
		found = append(found, m.items()...)
	}
	c.count(parent.member(e.name), "", len(found), e.min, e.max)
	for _, at := range found {
		if stem, choice := strings.CutSuffix(e.name, "[x]"); choice && !typed(at, parent.path, stem, e.types) {
			c.break_(at, "type "+strings.Join(e.types, "|"), "the guide takes another type here")
		}
		if e.fixed != "" && !like(at, e.fixed) {
			c.break_(at, "fixed value", "the guide has one value here, and this is another")
		}
		c.leads(at, e.targets)
	}
}

// typed reports whether a choice stands as one of the types: valueQuantity of value[x].
func typed(at place, parent, stem string, types []string) bool {
	suffix := strings.TrimPrefix(at.path, parent+"."+stem)
	return len(types) == 0 || slices.ContainsFunc(types, func(t string) bool { return strings.EqualFold(suffix, t) })
}

// leads checks the type of what a reference leads to, where it is in the document.
func (c *checking) leads(at place, targets []string) {
	ref := at.Member("reference").Text()
	if len(targets) == 0 || ref == "" {
		return
	}
	n, ok := c.resolve(c.from, ref)
	if ok && !slices.Contains(targets, c.entries[n].typ) {
		c.break_(at, "reference to "+strings.Join(targets, "|"), "it leads to something else")
	}
}

// like reports whether a value is what the guide fixes: a concept that has the pattern's
// coding, or the text itself.
func like(at place, fixed string) bool {
	if !strings.HasPrefix(fixed, "{") {
		return at.Text() == fixed
	}
	for _, coding := range at.at("coding") {
		pattern := `{"coding":[{"system":"` + coding.Member("system").Text() + `","code":"` + coding.Member("code").Text() + `"}]}`
		if pattern == fixed {
			return true
		}
	}
	return false
}

// bound reports whether a code, or a coding of a concept, is in a value set.
func (c *checking) bound(at place, set string) bool {
	in := c.rules.sets[set]
	if at.IsText() {
		return in.has(at.Text())
	}
	return slices.ContainsFunc(at.at("coding"), func(coding place) bool {
		return coding.Member("system").Text() == in.system && in.has(coding.Member("code").Text())
	})
}

// invariants are those of the guide by name, as FHIRPath has them there: true keeps it.
var invariants = map[string]func(at place) bool{
	// (entry.reference.exists() or emptyReason.exists())
	"ips-comp-1": func(at place) bool { return len(at.at("entry.reference")) > 0 || at.Member("emptyReason").Exists() },
	// entry.tail().where(resource is Composition).empty()
	"bdl-ips-1": func(at place) bool {
		return !slices.ContainsFunc(tail(at.member("entry").items()), func(e place) bool {
			return e.Member("resource").Member("resourceType").Text() == "Composition"
		})
	},
	// family.exists() or given.exists() or text.exists()
	"ips-pat-1": func(at place) bool { return stands(at, "family", "given", "text") },
	// $this.ofType(dateTime).empty() or ($this as dateTime).toString().length() >= 8
	"ips-1": func(at place) bool { return !at.IsText() || len(at.Text()) >= 8 },
	// value.exists() or hasMember.exists() or component.exists() or dataAbsentReason.exists()
	"ips-2": func(at place) bool { return stands(at, "value[x]", "hasMember", "component", "dataAbsentReason") },
	// component.exists() implies (component.value.exists() or component.dataAbsentReason.exists())
	"ips-3": func(at place) bool {
		parts := at.at("component")
		return len(parts) == 0 || slices.ContainsFunc(parts, func(p place) bool { return stands(p, "value[x]", "dataAbsentReason") })
	},
	// hasMember.empty() or component.empty()
	"hasMemberOrComponent": func(at place) bool { return !stands(at, "hasMember") || !stands(at, "component") },
}

// stands reports whether one of the elements stands there.
func stands(at place, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return len(at.members(name)) > 0 })
}

func tail(list []place) []place { return list[min(1, len(list)):] }

// resolve finds what a literal reference of an entry leads to: by its whole address, or by
// what a relative one means beside the entry's own (FHIR R4, Bundle § References).
func (c *checking) resolve(from entry, ref string) (n int, ok bool) {
	ref, _, _ = strings.Cut(ref, "/_history/")
	if ref == "" {
		return 0, false
	}
	if n, ok = c.byURL[ref]; ok {
		return n, true
	}
	if root, found := strings.CutSuffix(from.url, "/"+from.typ+"/"+from.id); found {
		n, ok = c.byURL[root+"/"+ref]
	}
	return n, ok
}

// references says which references of an entry lead to nothing in the document.
func (c *checking) references(e entry, at place) {
	if ref := at.Member("reference"); ref.IsText() && !strings.HasPrefix(ref.Text(), "#") {
		if _, ok := c.resolve(e, ref.Text()); !ok {
			c.break_(at, "reference", "it leads to nothing in the document")
		}
	}
	if at.IsObject() {
		for v := range at.All() {
			c.references(e, place{v, at.path + "." + v.Key()})
		}
	}
	if at.IsArray() {
		for _, item := range at.items() {
			c.references(e, item)
		}
	}
}

// reached says which entries nothing leads to, from the Composition on; a Provenance is
// reached from what it tells of (FHIR R4, Documents § Content).
func (c *checking) reached() {
	seen := make([]bool, len(c.entries))
	var visit func(n int)
	visit = func(n int) {
		if seen[n] {
			return
		}
		seen[n] = true
		e := c.entries[n]
		eachReference(e.Value, func(ref string) {
			if to, ok := c.resolve(e, ref); ok {
				visit(to)
			}
		})
	}
	if len(c.entries) > 0 {
		visit(0)
	}
	for n, e := range c.entries {
		if e.typ == "Provenance" && slices.ContainsFunc(e.at("target"), func(t place) bool {
			to, ok := c.resolve(e, t.Member("reference").Text())
			return ok && seen[to]
		}) {
			visit(n)
		}
	}
	for n, e := range c.entries {
		if !seen[n] && e.typ != "Binary" {
			c.resource = e.name()
			c.break_(e.place, "document", "nothing in the document leads to it")
		}
	}
}

// eachReference calls f for each literal reference that leaves a resource.
func eachReference(v fhir.Value, f func(ref string)) {
	if ref := v.Member("reference"); ref.IsText() && !strings.HasPrefix(ref.Text(), "#") {
		f(ref.Text())
	}
	for m := range v.All() {
		if m.IsObject() || m.IsArray() {
			eachReference(m, f)
		}
	}
}
