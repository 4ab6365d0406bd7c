package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// absences are the codes that say that nothing is known, or that nothing was
// asked: words, no facts. The first table is by SNOMED CT's code, the second
// HL7's International Patient Summary (CodeSystem absent-unknown-uv-ips), the
// third v3 NullFlavor and data-absent-reason.
var absences = map[string]map[string]string{
	snomed: {
		"716186003": "no known allergy", "160244002": "no known allergies", "409137002": "no known drug allergy",
		"428607008": "no known environmental allergy", "429625007": "no known food allergy", "428197003": "no known allergy of one kind",
		"716184000": "no known latex allergy", "1003774007": "no known latex allergy", "716220001": "no known animal allergy",
		"787923006": "allergies not known", "1631000175102": "allergies not asked for",
		"160245001": "no current problems or disability", "787481004": "no known medicines",
		"1234391000168107": "no known current medicines", "787482006": "no known immunizations", "787483001": "no known device use",
		"787480003": "no known procedures", "416128008": "no history of procedures", "182904002": "medicines not known",
	},
	"http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips": {
		"no-allergy-info": "no information about allergies", "no-known-allergies": "no known allergies",
		"no-known-medication-allergies": "no known medication allergies", "no-known-environmental-allergies": "no known environmental allergies",
		"no-known-food-allergies": "no known food allergies",
		"no-problem-info":         "no information about problems", "no-known-problems": "no known problems",
		"no-medication-info": "no information about medicines", "no-known-medications": "no known medicines",
		"no-procedure-info": "no information about procedures", "no-known-procedures": "no known procedures",
		"no-immunization-info": "no information about immunizations", "no-known-immunizations": "no known immunizations",
		"no-device-info": "no information about devices", "no-known-devices": "no known devices",
	},
	"http://terminology.hl7.org/CodeSystem/v3-NullFlavor":      notGiven,
	"http://terminology.hl7.org/CodeSystem/data-absent-reason": notGiven,
	"http://terminology.hl7.org/CodeSystem/list-empty-reason": {
		"nilknown": "none known", "notasked": "not asked for", "withheld": "withheld", "unavailable": "not available",
		"notstarted": "not asked for yet", "closed": "closed",
	},
}

var notGiven = map[string]string{
	"NI": "no information", "UNK": "not known", "NASK": "not asked for", "ASKU": "asked for, not known", "NAV": "not available for now",
	"NA": "not applicable", "MSK": "withheld", "NAVU": "not available", "NP": "not given", "NINF": "", "PINF": "",
	"unknown": "not known", "asked-unknown": "asked for, not known", "temp-unknown": "not known for now", "not-asked": "not asked for",
	"asked-declined": "asked for, not told", "masked": "withheld", "not-applicable": "not applicable", "unsupported": "not supported",
	"as-text": "", "error": "not known because of an error", "not-performed": "not performed", "not-permitted": "not permitted",
}

// isAbsenceText knows what people write where they have no code. The whole text
// must be one of them: "no known drug allergies except penicillin" is a fact.
func isAbsenceText(s string) bool {
	s = strings.Trim(strings.ToLower(strings.Join(strings.Fields(s), " ")), " .")
	switch s {
	case "nka", "nkda", "nkma", "nkfa", "namc", "samc", "nil known", "none known", "none":
		return true
	}
	if deniesAllergies(wordsOf(stele.Fold(s))) {
		return true
	}
	rest, ok := strings.CutPrefix(s, "no known ")
	if !ok {
		return false
	}
	for _, kind := range []string{"drug ", "medication ", "medicine ", "food ", "environmental ", "latex ", "current ", "active ", "significant "} {
		rest = strings.TrimPrefix(rest, kind)
	}
	switch rest {
	case "allergies", "allergy", "medications", "medication", "medicines", "problems", "conditions", "immunizations", "procedures", "devices":
		return true
	}
	return false
}

// What people write instead of "no known allergies", in any order and in the languages of
// allergy.go, as folded: a text of no other words that has one of the first and one of the
// second names no substance.
var (
	noWords      = words("no none nil absence keine keinerlei aucune pas nessuna sin ninguna no niega geen sem nega yok")
	allergyWords = words(`allergy allergies allergie allergien arzneimittelallergien medikamentenallergien arzneimittelallergie medikamentenallergie allergia alergia alergias
		allergieen geneesmiddelenallergie geneesmiddelenallergieen alerji alerjisi unvertraglichkeiten intolerance intolerances intolerancias`)
	besideThem = words(`known drug food and or bekannt bekannte bekannten und oder connue connues connu d de et ou nota note conocida conocidas conocido se a y o refiere medicamentosas medicamentos
		medicamenteuse medicamenteuses alimentaire alimentaires alimentarias farmacologica bekend bekende en of voor medicijnen conhecida conhecidas conhecido refere e medicamentosa
		alimentares bilinen ilac ve`)
)

func deniesAllergies(said []string) bool {
	no, allergy := false, false
	for _, w := range said {
		no, allergy = no || noWords[w], allergy || allergyWords[w]
		if !noWords[w] && !allergyWords[w] && !besideThem[w] {
			return false
		}
	}
	return no && allergy
}

func words(list string) map[string]bool { return set(strings.Fields(list)...) }

// absence returns the words for a concept that says that nothing is known, ""
// for a concept that says something. Another code of a system that is known here
// says something; so does any other code or text beside one that only says that
// a code is missing.
func absence(c view) string {
	c = c.quiet()
	word, weak, display, other, local := "", false, "", false, false
	for _, coding := range c.at("coding").list() {
		system, code := coding.at("system").raw(), coding.at("code").raw()
		w := absences[system][code]
		switch {
		case w != "":
			weak = strings.HasSuffix(system, "v3-NullFlavor") || strings.HasSuffix(system, "data-absent-reason")
			word, display = firstOf(word, w), firstOf(display, plain(coding.at("display").text()))
		case isAbsenceText(coding.at("display").text()) || isAbsenceText(code):
			display = firstOf(display, plain(coding.at("display").text()), code)
		case code != "" && slices.Contains(systems, system):
			other = true
		case code != "" || coding.at("display").text() != "":
			local = true
		}
	}
	text := plain(c.at("text").text())
	said := text == "" || isAbsenceText(text) || strings.EqualFold(text, display)
	switch {
	case other, weak && (local || !said):
		return ""
	case word == "" && !isAbsenceText(firstOf(text, display)):
		return ""
	case said:
		return firstOf(text, display, word)
	}
	return firstOf(display, word) + ` ("` + text + `")`
}

// absent returns the words of a record that says that there is nothing, or that
// nothing is known, of its kind.
func absent(kind string, r view) string {
	switch kind {
	case "AllergyIntolerance":
		if r.at("reaction").has() { // to something, whatever its name
			return ""
		}
		return absence(r.at("code"))
	case "Condition", "Procedure":
		return absence(r.at("code"))
	case "MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense":
		return absence(r.at("medicationCodeableConcept"))
	case "Immunization":
		return absence(r.at("vaccineCode"))
	case "DeviceUseStatement", "Device":
		return absence(r.at("type"))
	case "List":
		if w := absence(r.at("emptyReason")); w != "" && !r.at("entry").has() {
			return notesBy(": ", firstOf(say(r.at("code")), r.at("title").text()), w)
		}
	}
	return ""
}
