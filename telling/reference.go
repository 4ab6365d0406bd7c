package telling

import (
	"strings"
)

// referred returns the words for a reference: its display, what it contains, or
// the name of what it leads to.
func referred(r, ref view, find func(string) string) string {
	if s := plain(ref.at("display").text()); s != "" {
		return s
	}
	literal := ref.at("reference").raw()
	if id, ok := strings.CutPrefix(literal, "#"); ok {
		for _, c := range r.at("contained").list() {
			if c.at("id").raw() == id {
				return named(c)
			}
		}
	}
	return find(literal)
}

// named returns the name of what others refer to: a provider, a place, a
// medicine, a device.
func named(r view) string {
	if r.at("resourceType").raw() == "Medication" {
		return medication(r)
	}
	if r.at("name").has() {
		if s := r.at("name").text(); s != "" {
			return s
		}
		return humanName(currentName(r))
	}
	for _, place := range []string{"code", "type", "medicationCodeableConcept", "vaccineCode"} {
		if s := say(r.at(place)); s != "" {
			return s
		}
	}
	return ""
}
