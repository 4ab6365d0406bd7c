package telling

import (
	"slices"
	"strings"
	"unicode"
)

// say says a CodeableConcept, a Coding or a Reference in words: its own text,
// else the words of its first coding that has any, else a code with its system.
// A coding with other words than those that were said stays unsaid.
func say(c view) string {
	if c.v.IsArray() {
		c = view{firstItem(c.v), c.said}
	}
	if c.v.IsText() || !c.has() {
		return plain(c.text())
	}
	words := plain(firstOf(c.at("text").text(), c.at("display").text()))
	codings := c.at("coding").list()
	if len(codings) == 0 && c.at("code").has() {
		codings = []view{c}
	}
	for _, coding := range codings {
		if words == "" {
			words = plain(coding.at("display").text())
		}
	}
	for _, coding := range codings {
		if words == "" {
			words = sayCode(coding.at("system").raw(), coding.quiet().at("code").text())
		}
	}
	said := words
	for _, coding := range codings {
		display := plain(coding.quiet().at("display").text())
		if display != "" && display != said && !formal[coding.at("system").raw()] && contradicts(words, display) {
			if !strings.Contains(said, display) {
				said += " (also coded " + display + ")"
			}
			coding.tellAs(display)
		} else if !unlike(words, display) || bothNothing(words, display) || formal[coding.at("system").raw()] {
			coding.tellAs(words)
		}
	}
	return said
}

// contradicts reports whether a code's name has another number, side, denial, time
// or person than the words it stands beside: then both are told, as this package
// cannot know which was meant.
func contradicts(words, display string) bool {
	if bothNothing(words, display) {
		return false
	}
	if !slices.Equal(qualifiers(words), qualifiers(display)) {
		return true
	}
	return denies(words, display) || denies(display, words)
}

// nothingFound are the ways of saying that a test found nothing.
var nothingFound = set("negative", "neg", "not detected", "undetected", "non reactive", "nonreactive", "not reactive", "absent", "none detected", "not found")

func bothNothing(a, b string) bool {
	return nothingFound[strings.Join(wordsOf(a), " ")] && nothingFound[strings.Join(wordsOf(b), " ")]
}

// denies reports whether a has a word of b with un- before it.
func denies(a, b string) bool {
	has := wordsOf(b)
	for _, w := range wordsOf(a) {
		if rest, ok := strings.CutPrefix(w, "un"); ok && slices.Contains(has, rest) {
			return true
		}
	}
	return false
}

// formal are systems whose displays are names by rule, which say no more than the
// words that people use.
var formal = map[string]bool{loinc: true, "urn:iso:std:iso:11073:10101": true}

// tellAs notes that a coding is said, where it is: by words that mean the same.
func (w view) tellAs(words string) {
	if words == "" {
		return
	}
	for _, key := range []string{"system", "version", "code", "display", "userSelected"} {
		w.at(key).tell()
	}
}

// unlike reports whether two names for one thing have no word in common, so that
// the second says something that the first does not.
func unlike(words, display string) bool {
	if words == "" || display == "" {
		return false
	}
	has := wordsOf(words)
	for _, w := range wordsOf(display) {
		if slices.Contains(has, w) {
			return false
		}
	}
	return true
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) })
}

// systemNames are the names by which people know the code systems of which a
// code alone says nothing.
var systemNames = map[string]string{
	"http://loinc.org": "LOINC", "http://snomed.info/sct": "SNOMED CT", "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
	"http://hl7.org/fhir/sid/cvx": "CVX", "http://hl7.org/fhir/sid/mvx": "MVX", "http://hl7.org/fhir/sid/ndc": "NDC",
	"http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM", "http://hl7.org/fhir/sid/icd-10": "ICD-10", "http://hl7.org/fhir/sid/icd-10-pcs": "ICD-10-PCS",
	"http://www.cms.gov/Medicare/Coding/ICD10": "ICD-10-PCS", "http://hl7.org/fhir/sid/icd-9-cm": "ICD-9-CM",
	"http://fhir.de/CodeSystem/bfarm/icd-10-gm": "ICD-10-GM", "http://fhir.de/CodeSystem/dimdi/icd-10-gm": "ICD-10-GM",
	"http://fhir.de/CodeSystem/bfarm/ops": "OPS", "http://fhir.de/CodeSystem/ifa/pzn": "PZN", "http://fhir.de/CodeSystem/bfarm/atc": "ATC",
	"http://id.who.int/icd/release/11/mms": "ICD-11", "http://hl7.org/fhir/sid/icpc-2": "ICPC-2", "http://www.whocc.no/atc": "ATC",
	"http://www.ama-assn.org/go/cpt": "CPT", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "HCPCS", "http://unitsofmeasure.org": "UCUM",
	"http://dicom.nema.org/resources/ontology/DCM": "DICOM", "http://varnomen.hgvs.org": "HGVS", "http://www.genenames.org": "HGNC",
	"http://fdasis.nlm.nih.gov": "UNII", "http://www.ada.org/cdt": "CDT", "https://dmd.nhs.uk": "dm+d", "urn:oid:2.16.840.1.113883.6.96": "SNOMED CT",
	"urn:oid:2.16.840.1.113883.6.1": "LOINC", "urn:oid:2.16.840.1.113883.6.88": "RxNorm", "http://read.info/readv2": "Read",
	"http://hl7.org/fhir/sid/ca-hc-din": "DIN", "http://hl7.org/fhir/sid/ex-icd-10-procedures": "ICD-10 procedures",
	"http://id.who.int/icd/release/11": "ICD-11", "http://hl7.org/fhir/sid/atc": "ATC", "http://hl7.org/fhir/ndfrt": "NDF-RT",
}

// sayCode says a code that comes without words. Codes of FHIR's and HL7's own
// systems are words; a number says nothing without the name of its system.
func sayCode(system, code string) string {
	system = Clean(system)
	if code == "" {
		return ""
	}
	if words := firstOf(directiveCodes[system][code], consentWords[system][code]); words != "" {
		return words
	}
	if name := systemNames[system]; name != "" {
		return name + " " + code
	}
	digits := strings.IndexFunc(code, unicode.IsDigit) >= 0
	switch {
	case !digits && (system == "" || strings.HasPrefix(system, "http://terminology.hl7.org/") || strings.HasPrefix(system, "http://hl7.org/fhir/")):
		return code
	case system == "":
		return "code " + code
	case strings.HasPrefix(system, "http://terminology.hl7.org/"), strings.HasPrefix(system, "http://hl7.org/fhir/"):
		return system[strings.LastIndexByte(system, '/')+1:] + " " + code
	}
	return "code " + code + " (" + system + ")"
}

// semanticTags end SNOMED CT's fully specified names; they help to tell
// concepts apart when coding and only disturb when reading.
var semanticTags = []string{
	" (procedure)", " (disorder)", " (finding)", " (situation)", " (regime/therapy)", " (physical object)", " (substance)",
	" (event)", " (observable entity)", " (body structure)", " (occupation)", " (environment)", " (qualifier value)", " (product)",
	" (morphologic abnormality)", " (record artifact)", " (person)", " (assessment scale)", " (medicinal product)",
}

func plain(s string) string {
	for _, tag := range semanticTags {
		if rest, ok := strings.CutSuffix(s, tag); ok {
			return rest
		}
	}
	return s
}

var nameParts = []string{"prefix", "given", "family", "suffix"}

// humanName writes a HumanName: the text, or prefix, given and family name.
func humanName(n view) string {
	if s := n.at("text").text(); s != "" {
		for _, p := range nameParts {
			for _, v := range n.at(p).list() {
				if covers(s, v.quiet().text()) {
					v.tell()
				}
			}
		}
		return s
	}
	var parts []string
	for _, p := range nameParts {
		for _, v := range n.at(p).list() {
			if s := v.text(); s != "" {
				parts = append(parts, s)
			}
		}
	}
	return strings.Join(parts, " ")
}

// nameUses orders the uses of a name (HumanName.use is a modifier): the one a
// person goes by, the official one, one that does not say, and what else is in
// use now. Old, maiden and anonymous names head nothing.
var nameUses = []string{"usual", "official", "", "nickname", "temp"}

// currentName picks the name a person has now: by its use, and not one whose
// period is said to have ended while another has not. Without a clock an end
// counts as past; a name that starts later than another ends is the newer.
func currentName(r view) view {
	var best view
	rank := len(nameUses) * 2
	for _, n := range r.at("name").list() {
		at := slices.Index(nameUses, n.at("use").raw())
		if at < 0 {
			continue
		}
		if n.at("period", "end").has() {
			at += len(nameUses)
		}
		if at < rank {
			best, rank = n, at
		}
	}
	return best
}
