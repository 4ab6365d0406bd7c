package telling

import (
	"strings"
)

// A finder names what a literal reference leads to, and says its type; nil finds nothing.
type finder func(reference string) (name, kind string)

func (f finder) find(literal string) (name, kind string) {
	if f == nil || strings.HasPrefix(literal, "#") {
		return "", ""
	}
	return f(literal)
}

// referred returns the words for a reference: its display, and the name of what it
// contains or leads to where that is not the same. Of people and places the display
// is enough.
func referred(ref view, find finder) string {
	display := plain(ref.at("display").text())
	name, kind := find.find(ref.at("reference").raw())
	if inside := ref.inside(); len(inside) > 0 {
		name, kind = namedInside(inside[0]), inside[0].at("resourceType").raw()
	}
	switch {
	case display == "" || name != "" && !whoTypes[kind] && covers(name, display):
		return name
	case name == "" || whoTypes[kind] || covers(display, name):
		return display
	}
	return display + " (its record says: " + name + ")"
}

// What follows the name of what its author took back, where another record refers to it.
const (
	InError   = "(entered in error)"
	Withdrawn = "(withdrawn by its source)"
)

// namedInside names what a resource holds within itself, and says that its author
// took it back.
func namedInside(c view) string {
	if retracted(c) {
		return notesBy(" ", firstOf(named(c), spaced(c.at("resourceType").raw())), InError)
	}
	return named(c)
}

// linksOf are references to records that tell themselves. What is contained is told
// with its record, people and places are no results.
func linksOf(refs []view) (out []Link) {
	for _, ref := range refs {
		ref = ref.quiet()
		l := Link{Reference: ref.at("reference").raw(), Words: firstOf(plain(ref.at("display").text()), labelled("no.", ref.at("identifier", "value").text()))}
		kind, _, _ := strings.Cut(l.Reference, "/")
		if strings.HasPrefix(l.Reference, "#") || whoTypes[kind] || whoTypes[ref.at("type").raw()] || l == (Link{}) {
			continue
		}
		out = append(out, l)
	}
	return out
}

// named returns the name of what others refer to: a provider, a place, a
// medicine, a device.
func named(r view) string {
	if r.at("resourceType").raw() == "Medication" {
		return medication(r)
	}
	if s := r.at("deviceName", "name").text(); s != "" {
		return s
	}
	if r.at("name").has() {
		if s := r.at("name").text(); s != "" {
			return s
		}
		return humanName(currentName(r))
	}
	for _, place := range []string{"code", "type", "medicationCodeableConcept", "vaccineCode"} {
		if s := say(r.at(place)); s != "" {
			if scalar(r.at("doNotPerform").v) == "yes" {
				s += " (not to be done)" // whoever refers to a prohibition forbids it, too
			}
			return s
		}
	}
	return ""
}
