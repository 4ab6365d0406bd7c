package telling

import (
	"slices"
	"strings"
	"unicode"
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

// notes joins what is not empty with commas.
func notes(list ...string) string { return notesBy(", ", list...) }

// notesBy joins what is not empty.
func notesBy(separator string, list ...string) string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, separator)
}

// qualifying are words that make another thing of the same words: the side, a
// denial, another time or another person.
var qualifying = " left right bilateral no not non negative without history old past previous family suspected risk resolved screening fasting "

// qualifiers are the numbers of a name, and the words in it that must not be
// lost, sorted.
func qualifiers(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) && r != '.'
	}) {
		w = strings.Trim(w, ".")
		digits := strings.IndexFunc(w, func(r rune) bool { return !unicode.IsDigit(r) && r != '.' })
		switch {
		case w == "":
		case digits < 0:
			out = append(out, exact(w))
		case digits > 0:
			out = append(out, exact(w[:digits])) // "5mg"
		case holdsWord(qualifying, w):
			out = append(out, w)
		case strings.HasPrefix(w, "non") && len(w) > 6:
			out = append(out, "non") // "nonreactive"
		}
	}
	return compact(out)
}
