package fhir

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// sensitivity collects the sensitivities of every coding, coded text and
// security label in the resource, wherever it stands: a claim that names a
// diagnosis is as telling as the Condition itself.
func (r *Resource) sensitivity() []stele.Sensitivity {
	var found []stele.Sensitivity
	add := func(more string) {
		for s := range strings.FieldsSeq(more) {
			if !slices.Contains(found, stele.Sensitivity(s)) {
				found = append(found, stele.Sensitivity(s))
			}
		}
	}
	if r.Type() == "MolecularSequence" {
		add("GDIS")
	}
	r.doc.eachAt(0, "meta.security", func(i int32) {
		if code := r.doc.memberText(i, "code"); stele.Sensitivity(code).Valid() {
			add(code)
		} else {
			add(securityLabels[code])
		}
	})
	if categories[r.Type()] == stele.Providers {
		// A mental health centre's own entry says nothing about a patient;
		// the encounter that names it does, and is marked.
		slices.Sort(found)
		return found
	}
	note := int32(0) // where a note, narrative or meta ends
	for i := int32(1); i < int32(len(r.doc.nodes)); i++ {
		n := &r.doc.nodes[i]
		if i < note || n.keyEnd == 0 {
			continue
		}
		switch string(r.doc.src[n.keyAt:n.keyEnd]) {
		case "note", "meta":
			note = n.next
		case "coding", "valueCoding", "class":
			r.doc.each(i, func(c int32) {
				add(codeSensitivity(r.doc.memberText(c, "system"), r.doc.memberText(c, "code")))
			})
		case "display", "text":
			if n.kind == stringNode {
				eachWordMatch(r.doc.text(i), add)
			}
		}
	}
	slices.Sort(found)
	return found
}

// codeSensitivity returns the sensitivities of a code, separated by spaces.
func codeSensitivity(system, code string) string {
	if code == "" {
		return ""
	}
	switch system {
	case "http://snomed.info/sct":
		return snomed()[code]
	case "http://loinc.org":
		return loinc()[code]
	case "http://www.nlm.nih.gov/research/umls/rxnorm":
		return rxnorm()[code]
	case "http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.840.1.113883.6.90", "urn:oid:2.16.840.1.113883.6.3":
		return byPrefix(icd10(), strings.ReplaceAll(strings.ToUpper(code), ".", ""))
	case "http://hl7.org/fhir/sid/icd-9-cm", "urn:oid:2.16.840.1.113883.6.103":
		return byPrefix(icd9(), strings.ReplaceAll(strings.ToUpper(code), ".", ""))
	case "http://www.whocc.no/atc":
		return byPrefix(atc(), strings.ToUpper(code))
	}
	return ""
}

// byPrefix finds the longest entry that starts the code; "-" ends the search
// with nothing.
func byPrefix(table map[string]string, code string) string {
	for n := len(code); n > 0; n-- {
		if s, ok := table[code[:n]]; ok {
			return strings.TrimPrefix(s, "-")
		}
	}
	return ""
}

// eachWordMatch calls add for every word or phrase of the word table in text.
// Words are ASCII letters and digits in any case.
func eachWordMatch(text []byte, add func(string)) {
	table := words()
	var lower [64]byte
	for i := 0; i < len(text); {
		start := i
		for i < len(text) && isWordByte(text[i]) {
			if n := i - start; n < len(lower) {
				lower[n] = text[i] | 0x20
			}
			i++
		}
		if i == start {
			i++
			continue
		}
		if i-start > len(lower) {
			continue
		}
		for _, p := range table[string(lower[:i-start])] {
			if followedBy(text[i:], p.rest) {
				add(p.sensitivity)
			}
		}
	}
}

// isWordByte: letters and digits; |0x20 leaves digits as they are.
func isWordByte(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) }

// followedBy reports whether the words of rest come next, up to punctuation.
func followedBy(text []byte, rest string) bool {
	if rest == "" {
		return true
	}
	for len(text) > 0 && !isWordByte(text[0]) {
		text = text[1:]
	}
	if len(text) < len(rest) || !strings.EqualFold(string(text[:len(rest)]), rest) {
		return false
	}
	return strings.HasSuffix(rest, " ") || len(text) == len(rest) || !isWordByte(text[len(rest)]) || text[len(rest)]|0x20 == 's'
}
