package timeline

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stele-health/stele"
)

// sayAll returns a list of concepts in words.
func sayAll(list []view) string {
	var out []string
	for _, c := range list {
		if s := say(c); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

// systems are the code systems whose code identifies a concept across sources,
// best first.
var systems = []string{
	"http://loinc.org", "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm", "http://hl7.org/fhir/sid/cvx",
	"http://hl7.org/fhir/sid/ndc", "http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10", "http://www.whocc.no/atc",
	"http://dicom.nema.org/resources/ontology/DCM",
}

// same returns a key that is equal for equal concepts of two sources: the code
// in the best known system, else the words.
func same(c view) string {
	c = c.quiet()
	codings := c.at("coding").list()
	if len(codings) == 0 && c.at("code").raw() != "" {
		codings = []view{c}
	}
	best, key := len(systems), ""
	for _, coding := range codings {
		n := slices.Index(systems, coding.at("system").raw())
		if n >= 0 && n < best && coding.at("code").raw() != "" {
			best, key = n, coding.at("code").raw()
		}
	}
	if key != "" {
		return systems[best] + "|" + key
	}
	return strings.ToLower(say(c))
}

// hasCode reports whether a concept has one of the codes in the system.
func hasCode(c view, system string, codes ...string) bool {
	for _, coding := range c.at("coding").list() {
		if coding.at("system").raw() == system && slices.Contains(codes, coding.at("code").raw()) {
			return true
		}
	}
	return false
}

// status says a status that a reader has to know and nothing for the usual one.
func status(r view, usual ...string) string {
	s := r.first("status", "lifecycleStatus")
	if slices.Contains(usual, s) {
		return ""
	}
	return strings.ReplaceAll(s, "-", " ")
}

// notes joins what is not empty.
func notes(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), ", ")
}

// reference returns the key under which a resource is found: the last part of
// its reference, with its source, as ids are a source's own.
func reference(source int, ref string) string {
	if ref == "" || strings.HasPrefix(ref, "#") || strings.Contains(ref, "?") {
		return ""
	}
	ref, _, _ = strings.Cut(ref, "/_history/")
	if i := strings.LastIndexAny(ref, "/:"); i >= 0 {
		ref = ref[i+1:]
	}
	return strconv.Itoa(source) + "/" + ref
}

// referred returns the words for a reference: its display, what it contains, or
// the name of a provider among the items.
func referred(r, ref view, source int, names map[string]string) string {
	if s := plain(ref.at("display").text()); s != "" {
		return s
	}
	if id, ok := strings.CutPrefix(ref.at("reference").raw(), "#"); ok {
		for _, c := range r.at("contained").list() {
			if c.at("id").raw() == id {
				return named(c)
			}
		}
	}
	return names[reference(source, ref.at("reference").raw())]
}

// named returns the name of what others refer to: a provider, a place, a
// medicine, a device.
func named(r view) string {
	if r.at("name").has() {
		if s := r.at("name").text(); s != "" {
			return s
		}
		return humanName(currentName(r))
	}
	for _, place := range []string{"code", "type"} {
		if s := say(r.at(place)); s != "" {
			return s
		}
	}
	return ""
}

// providers names everything that other items may refer to by id alone.
func providers(items []Item, resources []view, numbers map[stele.Subject]int) map[string]string {
	names := map[string]string{}
	for i, it := range items {
		r := resources[i]
		switch r.at("resourceType").raw() {
		case "Organization", "Practitioner", "Location", "Medication", "Device", "Condition":
			if key := reference(numbers[it.Source], r.at("id").raw()); key != "" {
				names[key] = named(r)
			}
		}
	}
	return names
}
