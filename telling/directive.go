package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// decides are the types in which a decision about treatment that keeps somebody
// alive is written down: systems have no one place for it.
var decides = set("CarePlan", "Composition", "Condition", "Consent", "DocumentReference", "Flag", "Observation", "ServiceRequest")

// directiveCodes are codes of decisions about resuscitation and life-sustaining
// treatment, and of the observations and documents that hold them, with the words for
// them where their author has none. Where each was read, 2026-11-28:
//
//   - SNOMED CT, in value sets of HL7 Switzerland (CH EMR, resuscitation status), HL7
//     Germany (GECCO, do-not-resuscitate order) and NHS Digital (end of life, CPR
//     status): 304253006 not for resuscitation, 304252001 for resuscitation, 304251008
//     resuscitation status, 450476008 not for attempted CPR, 450475007 for attempted
//     CPR, 143021000119109 do not resuscitate status with supporting documentation;
//   - LOINC, in HL7's PACIO Advance Directive Interoperability and C-CDA: 100822-6 CPR
//     orders, 81351-9 DNR order is in place, 42348-3 and 75320-2 advance directives,
//     81334-5 personal advance care plan, 86533-7 living will, 92664-2 power of
//     attorney and living will, 64298-3 power of attorney, 84095-9 do not resuscitate,
//     93037-0 portable medical order form; 81352-3 from memory;
//   - HL7's consentcategorycodes and consentscope, in FHIR R4 (codesystem-consent-category,
//     codesystem-consent-scope).
var directiveCodes = map[string]map[string]string{
	snomed: {
		"304253006": "not for resuscitation", "143021000119109": "do not resuscitate, with supporting documentation", "450476008": "not for attempted CPR",
		"450475007": "for attempted CPR", "304252001": "for resuscitation", "304251008": "resuscitation status",
	},
	loinc: {
		"81352-3": "resuscitation status", "100822-6": "CPR orders", "84095-9": "do not resuscitate", "42348-3": "advance directives", "75320-2": "advance directive",
		"81334-5": "personal advance care plan", "86533-7": "living will", "92664-2": "power of attorney and living will", "64298-3": "power of attorney",
		"81351-9": "DNR order is in place", "93037-0": "portable medical order form",
	},
	"http://hl7.org/fhir/sid/icd-10-cm":                          {"Z66": "do not resuscitate"},
	"http://terminology.hl7.org/CodeSystem/consentcategorycodes": {"acd": "advance directive", "dnr": "do not resuscitate", "hcd": "health care directive", "polst": "orders for life-sustaining treatment (POLST)"},
	consentScope: {"adr": "advance care directive"},
}

// directiveWords are what people write instead, as folded and with a space on either side:
// the words of a name, in which signs count as spaces. In English, German, French, Spanish,
// Italian, Dutch, Portuguese and Turkish.
var directiveWords = []string{
	" do not resuscitate ", " not for resuscitation ", " not for resus ", " do not attempt cpr ", " attempt resuscitation ", " attempt cardiopulmonary resuscitation ", " for attempted cardiopulmonary resuscitation ", " for attempted cpr ",
	" do not intubate ", " not for cpr ", " cpr not recommended ", " not for intubation ", " no cpr ", " no resuscitation ", " dnr ", " dni ", " dnar ", " dnacpr ", " dnr dni ", " polst ", " molst ",
	" no blood products ", " refusal of blood ", " refuses blood ", " refused blood ", " blood refusal ", " declines blood ", " no blood transfusion ", " no blood transfusions ", " advance directive ", " advance directives ", " living will ",
	" no intubation ", " nfr ", " ntbr ", " dnrcc ", " lapost ", " no mechanical ventilation ", " not for ventilation ", " not for dialysis ", " not for icu ", " not for itu ", " not for hdu ",
	" ward based ceiling ", " cpr not to be attempted ", " attempt cpr ", " do not hospitalize ", " do not hospitalise ", " health care proxy ", " healthcare proxy ", " lasting power of attorney ", " advance decision ",
	" healthcare power of attorney ", " health care power of attorney ", " power of attorney for healthcare ", " power of attorney for health care ", " medical power of attorney ", " adrt ",
	" allow natural death ", " code status ", " resuscitation status ", " resuscitation orders ", " treatment escalation plan ", " respect plan ", " respect form ",
	" full code ", " for full resuscitation ", " advance care plan ", " not for escalation ", " ceiling of care ", " ceiling of treatment ", " comfort care only ", " comfort measures only ",
	" keine reanimation ", " nicht reanimieren ", " keine wiederbelebung ", " nicht wiederbeleben ", " keine wiederbelebungsmassnahmen ",
	" keine intubation ", " therapiebegrenzung ", " therapielimitierung ", " patientenverfugung ", " vorsorgevollmacht ", " betreuungsverfugung ", " reanimationsstatus ", " keine bluttransfusion ", " keine bluttransfusionen ",
	" ne pas reanimer ", " pas de reanimation ", " ne pas intuber ", " directives anticipees ", " personne de confiance ", " limitation des therapeutiques ", " arret des therapeutiques ", " limitation de soins ", " limitation des soins ", " soins de confort ",
	" no reanimar ", " no reanimacion ", " no reanimable ", " no rcp ", " no intubar ", " voluntades anticipadas ", " instrucciones previas ", " testamento vital ", " no transfundir ",
	" esfuerzo terapeutico ", " limitacion de soporte vital ", " limitacion del soporte vital ",
	" non rianimare ", " non intubare ", " disposizioni anticipate di trattamento ", " testamento biologico ",
	" niet reanimeren ", " geen reanimatie ", " wel reanimeren ", " niet intuberen ", " niet beademen ", " behandelbeperking ", " behandelbeperkingen ", " behandelverbod ", " wilsverklaring ", " reanimatiebeleid ", " reanimatiebesluit ", " geen bloedtransfusie ",
	" nao reanimar ", " nao reanimacao ", " nao ressuscitar ", " nao intubar ", " nao entubar ", " diretivas antecipadas ", " diretiva antecipada ",
	" canlandirma yapilmasin ", " resusitasyon yapilmasin ", " cpr yapilmasin ", " entube edilmesin ",
}

// What is refused, in any words: "refuse toute mesure de réanimation", "lehnt Bluttransfusionen
// ab". The stems of refusing begin a word, the others stand within one, as folded.
var (
	refusing    = strings.Fields("refus declines declined verzicht ablehn abgelehn lehn weiger rechaz rehus rifiut recus reddet reddedi")
	sustaining  = strings.Fields("resuscit resusit reanim cpr wiederbeleb intub entub canlandir")
	transfusing = strings.Fields("transfus trasfus transfuz")
	jehovah     = strings.Fields("jehova jeova geova yehova")
)

// refusalReach is how many words may stand between the refusal and what is refused.
const refusalReach = 4

// refused reports whether words tell that a thing is refused.
func refused(said, thing []string) bool {
	for i, w := range said {
		if begins(w, refusing) && hasPart(said[max(0, i-refusalReach-1):min(len(said), i+refusalReach+2)], thing) {
			return true
		}
	}
	return false
}

// RefusesLifeSupport reports whether a text tells that to be revived or intubated is refused.
func RefusesLifeSupport(text string) bool { return refused(foldedWords(text), sustaining) }

// isDirective reports whether an entry tells what was decided about resuscitation,
// life-sustaining treatment or blood: by its label, its codes or its words. What
// it is not sure of it takes for one: to miss one harms more than to show it.
func isDirective(e Told, r view) bool {
	if !decides[e.Type] || e.Another {
		return false
	}
	if e.Kind == stele.AdvanceDirectives {
		return true
	}
	r = r.quiet()
	for _, place := range []string{"code", "type", "title", "description", "category", "scope", "valueCodeableConcept", "valueString", "orderDetail", "policyRule"} {
		for _, c := range r.at(place).list() {
			if saysDirective(c, e.Not) {
				return true
			}
		}
	}
	return e.Type == "Consent" && (forbids(r) || provides(r.at("provision")))
}

// calledBy tells the category of what stands in the first view by it: of an alert it may say
// all but of what, as of "Latex" that it is an allergy.
func (e *Told) calledBy(r view) {
	if e.Type != "Flag" && (!e.Directive || !slices.ContainsFunc(r.quiet().at("category").list(), func(c view) bool { return saysDirective(c, e.Not) })) {
		return
	}
	if words := sayAll(r.at("category").list()); words != "" && !strings.Contains(stele.Fold(e.Name), stele.Fold(words)) {
		e.Note = notes(words, e.Note)
	}
}

func saysDirective(c view, not bool) bool {
	if c.v.IsText() {
		return wordsDirective(c.text(), not)
	}
	for _, coding := range c.at("coding").list() {
		if directiveCodes[coding.at("system").raw()][coding.at("code").raw()] != "" || wordsDirective(coding.at("display").text(), not) {
			return true
		}
	}
	return wordsDirective(c.at("text").text(), not)
}

func wordsDirective(s string, not bool) bool {
	s = stele.Fold(s)
	return spacedWords(s) == " no blood " || // alone: "no blood in stool" is a finding
		not && says(s, []string{" resuscitation ", " cpr ", " intubation "}) || says(s, directiveWords) ||
		hasPart(wordsOf(s), jehovah) || refused(wordsOf(s), sustaining) || refused(wordsOf(s), transfusing)
}

// onHold reports whether a record is of a medicine that was ordered or taken and is
// held for now, or of a prohibition or a directive that is.
func onHold(e Told, r view) bool {
	medicine := e.Type == "MedicationRequest" || e.Type == "MedicationStatement"
	if e.Stands != Ahead || !medicine && !e.Not && !e.Directive || e.Absent || !slices.Contains(codesOf(r.quiet().at("status")), "on-hold") {
		return false
	}
	word := intents[normal(r.quiet().at("intent").raw())]
	return word == "" || word == "ordered" || word == "directed"
}
