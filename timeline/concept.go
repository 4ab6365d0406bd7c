package timeline

import (
	"slices"
	"strings"
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

// hasCode reports whether a concept has one of the codes in the system.
func hasCode(c view, system string, codes ...string) bool {
	for _, coding := range c.at("coding").list() {
		if coding.at("system").raw() == system && slices.Contains(codes, coding.at("code").raw()) {
			return true
		}
	}
	return false
}

// notes joins what is not empty.
func notes(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), ", ")
}
