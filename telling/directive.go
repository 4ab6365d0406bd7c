package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// decides are the types in which a decision about treatment that keeps somebody
// alive is written down: systems have no one place for it.
var decides = set("Composition", "Condition", "Consent", "DocumentReference", "Flag", "Observation", "ServiceRequest")

// directiveCodes are codes of decisions about resuscitation and life-sustaining
// treatment, and of the observations and documents that hold them.
var directiveCodes = map[string][]string{
	snomed:                              {"304253006", "143021000119109", "450476008", "304252001", "304251008"},
	loinc:                               {"81352-3", "100822-6", "84095-9", "42348-3", "75320-2", "81334-5", "86533-7", "92664-2", "42349-1", "64298-3"},
	"http://hl7.org/fhir/sid/icd-10-cm": {"Z66"},
	"http://terminology.hl7.org/CodeSystem/consentcategorycodes": {"acd", "dnr", "hcd", "polst"},
}

// directiveWords are what people write instead, with a space on either side: the
// words of a name, in which signs count as spaces.
var directiveWords = []string{
	" do not resuscitate ", " not for resuscitation ", " do not attempt cpr ", " do not attempt resuscitation ", " do not attempt cardiopulmonary resuscitation ",
	" do not intubate ", " not for cpr ", " not for intubation ", " no cpr ", " no resuscitation ", " dnr ", " dni ", " dnar ", " dnacpr ", " dnr dni ", " polst ", " molst ",
	" no blood products ", " no blood transfusion ", " no blood transfusions ", " advance directive ", " living will ",
	" allow natural death ", " code status ", " resuscitation status ", " resuscitation orders ",
}

// isDirective reports whether an entry tells what was decided about resuscitation,
// life-sustaining treatment or blood: by its label, its codes or its words. What
// it is not sure of it takes for one: to miss one harms more than to show it.
func isDirective(e Told, r view) bool {
	if !decides[e.Type] {
		return false
	}
	if e.Kind == stele.AdvanceDirectives {
		return true
	}
	r = r.quiet()
	for _, place := range []string{"code", "type", "category", "valueCodeableConcept", "valueString", "orderDetail"} {
		for _, c := range r.at(place).list() {
			if saysDirective(c, e.Not) {
				return true
			}
		}
	}
	return false
}

func saysDirective(c view, not bool) bool {
	if c.v.IsText() {
		return wordsDirective(c.text(), not)
	}
	for _, coding := range c.at("coding").list() {
		if slices.Contains(directiveCodes[coding.at("system").raw()], coding.at("code").raw()) || wordsDirective(coding.at("display").text(), not) {
			return true
		}
	}
	return wordsDirective(c.at("text").text(), not)
}

func wordsDirective(s string, not bool) bool {
	s = " " + strings.Join(wordsOf(s), " ") + " "
	if s == " no blood " { // alone: "no blood in stool" is a finding
		return true
	}
	if not && (strings.Contains(s, " resuscitation ") || strings.Contains(s, " cpr ") || strings.Contains(s, " intubation ")) {
		return true
	}
	return slices.ContainsFunc(directiveWords, func(w string) bool { return strings.Contains(s, w) })
}

// onHold reports whether an entry is a medicine that was ordered or taken and is
// held for now.
func onHold(e Told, r view) bool {
	if e.Stands != Ahead || e.Not || e.Type != "MedicationRequest" && e.Type != "MedicationStatement" || e.Absent || !slices.Contains(codesOf(r.quiet().at("status")), "on-hold") {
		return false
	}
	word := intents[normal(r.quiet().at("intent").raw())]
	return word == "" || word == "ordered" || word == "directed"
}
