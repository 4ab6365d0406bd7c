package telling

import (
	"slices"
	"strings"
)

// Systems have no one place for what harms somebody: an allergy comes as an
// AllergyIntolerance, as a problem, a flag, an adverse event, an issue or a finding.
// warn finds it wherever it stands: what it is sure of none it takes for one, as to
// miss one harms more than to show it. find names what it suspects, where that is
// another record.
func (e *Told) warn(r view, find finder) {
	r = r.quiet()
	words := e.Name
	switch e.Type {
	case "AllergyIntolerance":
		e.Allergy = !e.Absent
		e.Danger = dangerOf(r)
		for _, reaction := range r.at("reaction").list() {
			e.Harms = append(e.Harms, allWords(reaction.at("substance"))...)
		}
		words = e.Name
	case "Condition", "Flag":
		e.Allergy = allergic(e.Name)
		if !e.Allergy && !slices.Contains(wordsOf(e.Name), "induced") { // "heparin-induced thrombocytopenia"
			return
		}
	case "AdverseEvent":
		grave := hasWord(r.at("seriousness"), "serious") || hasWord(r.at("severity"), "severe") || hasWord(r.at("outcome"), "fatal")
		words = notes(append(allWords(r.at("event")), allWords(r.at("category"))...)...)
		e.Allergy = allergic(words)
		e.Warns = (grave || e.Allergy) && r.at("actuality").raw() != "potential"
		for _, suspect := range r.at("suspectEntity").list() {
			e.Harms = append(e.Harms, namesOf(r, suspect.at("instance"), find)...)
		}
	case "DetectedIssue":
		words = notes(append(allWords(r.at("code")), r.at("detail").raw())...)
		e.Allergy = allergic(words) || hasWord(r.at("code"), "algy", "dalg", "falg", "ealg")
		e.Warns = (r.at("severity").raw() == "high" || e.Allergy) && !r.at("mitigation").has()
		e.Harms = implicated(e.Allergy, r, find)
	case "Immunization":
		if e.Warns { // see graveReaction
			e.Harms, e.Allergy = allWords(r.at("vaccineCode")), allergic(e.Value)
		}
	case "RiskAssessment":
		e.Warns = slices.ContainsFunc(r.at("prediction").list(), func(p view) bool {
			risk := p.at("qualitativeRisk")
			return hasWord(risk, "high", "certain") || slices.Contains(wordsOf(notes(allWords(risk)...)), "high")
		})
	case "Observation":
		e.Allergy = e.Value != "" && aboutAllergies(r.at("code")) && tellsSome(r)
		words = e.Value
	default:
		return
	}
	if e.Allergy && e.Type != "Immunization" || e.Type == "Condition" || e.Type == "Flag" {
		e.Harms = append(e.Harms, words)
		e.Harms = append(e.Harms, allWords(r.at("code"))...)
	}
	if e.Warns && e.Stands == Happened {
		e.Stands = Holds // until somebody says otherwise
	}
	if e.Allergy && e.Type == "Observation" && e.Stands == Happened {
		e.Stands = Unclear // of its day; but nobody outgrows an allergy by being asked again
	}
	if e.Allergy && e.Type == "Condition" && e.Stands == Over && strings.Contains(strings.ToLower(e.Name), "anaphyla") {
		e.Stands, e.Status = Unclear, notes(e.Status, "whether the allergy is, is not said")
	}
}

// Words of what follows a vaccine, as people write them: what is named and is none of the
// mild is taken for grave, and so is what is one of those, too, but severe.
var (
	mildReactions = strings.Fields("fever febrile pain sore tender redness erythema swelling induration headache fatigue tired malaise myalgia local site irritab drows crying nausea " +
		"fieber schmerz rötung schwellung fièvre douleur rougeur fiebre dolor enrojecimiento febbre dolore arrossamento koorts pijn roodheid febre dor ateş ağrı kızarıklık")
	graveReactions = strings.Fields("anaphyla anafila anafyla severe serious schwer grave ernstig şiddetli angioedema shock collapse seizure convuls krampf encephal guillain myocard pericard thrombo")
)

// graveReaction reports whether what followed a vaccine speaks against the next.
func graveReaction(words string) bool {
	words = strings.ToLower(words)
	has := func(s string) bool { return strings.Contains(words, s) }
	return words != "" && (slices.ContainsFunc(graveReactions, has) || !slices.ContainsFunc(mildReactions, has))
}

// The dangers by which allergies are ordered.
const (
	mild = iota - 1
	undecided
	grave
)

// dangerOf is how much an allergy may harm, as far as its author says.
func dangerOf(r view) int {
	out := undecided
	switch r.at("criticality").raw() {
	case "high":
		return grave
	case "low":
		out = mild
	}
	for _, reaction := range r.at("reaction").list() {
		if reaction.at("severity").raw() == "severe" || strings.Contains(strings.ToLower(notes(allWords(reaction)...)), "anaphyla") {
			return grave
		}
	}
	return out
}

// implicated are the names of what an issue about an allergy is about.
func implicated(allergy bool, r view, find finder) (out []string) {
	if allergy {
		for _, ref := range r.at("implicated").list() {
			out = append(out, namesOf(r, ref, find)...)
		}
	}
	return out
}

// namesOf are the words of a reference, and what its record is called.
func namesOf(r, ref view, find finder) []string {
	out := allWords(ref)
	if name := referred(r, ref, find); name != "" && !slices.Contains(out, name) {
		out = append(out, name)
	}
	return out
}

// allWords are all names at a place: texts and displays.
func allWords(place view) (out []string) {
	for _, c := range place.list() {
		for m := range c.v.All() {
			w := view{v: m}
			switch key := m.Key(); {
			case key == "text" || key == "display" || key == "description":
				out = append(out, Clean(w.raw()))
			case key == "coding" || key == "manifestation" || strings.HasSuffix(key, "CodeableConcept"):
				out = append(out, allWords(w)...)
			}
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// hasWord reports whether a concept, or a code, has one of the words: not "non-serious".
func hasWord(c view, words ...string) bool {
	said := allWords(c)
	for _, coding := range c.at("coding").list() {
		said = append(said, coding.at("code").raw())
	}
	return slices.ContainsFunc(said, func(s string) bool { return slices.Contains(words, strings.ToLower(s)) })
}

// allergic reports whether words tell an allergy of the person's own: not hay fever,
// which is called allergic, nor that there is none, nor that of a relative.
func allergic(s string) bool {
	words := wordsOf(s)
	for i, w := range words {
		switch {
		case slices.Contains([]string{"no", "not", "nil", "none", "denies", "family", "without", "negative"}, w):
			return false
		case w == "allergic" || w == "hypersensitivity":
			words[i] += " " + strings.Join(words[i+1:min(i+2, len(words))], "")
		}
	}
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"allergy", "allergies", "allergic to", "allergic reaction", "hypersensitivity to", "hypersensitivity reaction"}, w) ||
			strings.HasPrefix(w, "anaphyla")
	})
}

// aboutAllergies reports whether a finding answers what somebody is allergic to.
func aboutAllergies(code view) bool {
	if hasCode(code, loinc, "48765-2") {
		return true
	}
	words := wordsOf(notes(allWords(code)...))
	return slices.Contains(words, "allergies") || slices.Contains(words, "allergy") && !slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"test", "testing", "screen", "panel", "ige", "skin", "score"}, w)
	})
}

// tellsSome reports whether the words of a finding name anything, and not that there is
// nothing.
func tellsSome(r view) bool {
	for _, words := range append(allWords(r.at("valueCodeableConcept")), r.at("valueString").raw()) {
		first := append(wordsOf(words), "")[0]
		if words != "" && (isAbsenceText(words) || slices.Contains([]string{"no", "nil", "none", "nka", "nkda", "denies", "negative", "unknown", "not", "n"}, first)) {
			return false
		}
	}
	return absence(r.at("valueCodeableConcept")) == "" && (r.at("valueString").raw() != "" || r.at("valueCodeableConcept").has())
}
