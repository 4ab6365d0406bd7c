package telling

import (
	"strconv"
	"strings"
)

// A tale says how a type is told that needs no more than an order of its
// elements: what its line is called, and what comes first. What a tale does not
// name is said after it (rest, in tell.go).
type tale struct {
	name   string // paths, the first that says something; then a word in quotes
	values string // elements that come first, without their names
}

var tales = map[string]tale{
	"AdverseEvent":               {"event category 'adverse event'", "seriousness severity suspectEntity outcome"},
	"Appointment":                {"serviceType appointmentType description 'appointment'", "description reasonCode participant"},
	"AppointmentResponse":        {"comment 'answer to an appointment'", "participantStatus"},
	"Basic":                      {"code 'record'", ""},
	"BodyStructure":              {"description location morphology 'body structure'", "location morphology locationQualifier"},
	"ClinicalImpression":         {"code description 'clinical impression'", "summary finding problem prognosisCodeableConcept"},
	"Communication":              {"topic reasonCode 'message'", "payload"},
	"CommunicationRequest":       {"reasonCode 'message to be sent'", "payload"},
	"Coverage":                   {"type 'insurance'", "payor"},
	"DetectedIssue":              {"code 'issue'", "severity detail implicated evidence mitigation"},
	"DeviceMetric":               {"type 'device metric'", "unit"},
	"DeviceRequest":              {"codeCodeableConcept codeReference 'device'", "parameter occurrenceTiming"},
	"DeviceUseStatement":         {"device 'device in use'", "timingTiming bodySite"},
	"EpisodeOfCare":              {"type 'episode of care'", "diagnosis"},
	"Flag":                       {"code 'flag'", ""},
	"GuidanceResponse":           {"reasonCode 'guidance'", ""},
	"ImmunizationEvaluation":     {"targetDisease 'immunization evaluation'", "doseStatus doseStatusReason description doseNumberPositiveInt"},
	"ImmunizationRecommendation": {"'vaccines recommended'", "recommendation"},
	"List":                       {"title code 'list'", "emptyReason"},
	"Media":                      {"type modality view 'picture'", "modality view bodySite content"},
	"MolecularSequence":          {"type 'sequence'", "variant observedSeq"},
	"NutritionOrder":             {"oralDiet.type supplement.type supplement.productName enteralFormula.baseFormulaType 'nutrition'", ""},
	"RequestGroup":               {"code 'orders'", "action"},
	"RiskAssessment":             {"code 'risk'", "prediction"},
	"Specimen":                   {"type 'specimen'", "collection condition"},
	"SupplyDelivery":             {"suppliedItem.itemCodeableConcept suppliedItem.itemReference type 'delivery'", "suppliedItem"},
	"SupplyRequest":              {"itemCodeableConcept itemReference 'supply'", "quantity"},
	"Task":                       {"code description 'task'", "description focus"},
	"VisionPrescription":         {"'glasses or lenses'", "lensSpecification"},
	"Medication":                 {"code 'medicine'", ""},
}

// tale tells a type by its table, and one that has none by what it is called.
func (t teller) tale(e *Told, r view) {
	how, ok := tales[e.Type]
	if !ok {
		how = tale{name: "code title name description type"}
	}
	names, _, _ := strings.Cut(how.name, "'")
	e.Name = t.call(r, strings.Fields(names)...)
	if _, word, quoted := strings.Cut(how.name, "'"); e.Name == "" && quoted {
		e.Name = strings.TrimSuffix(word, "'")
	}
	var values []string
	for key := range strings.FieldsSeq(how.values) {
		if place := r.at(key); place.has() && (!some(place) || place.v.IsObject()) {
			say := t.phrase
			if some(place) {
				say = t.parts
			}
			values = append(values, t.suspected(key, place, fit(place, restOfAll, say)))
		}
	}
	e.Value = notesBy("; ", values...)
	if e.When.End != "" && spanOf(e.Type, r) == (span{}) { // whose time standing.go tells
		e.Note = "until " + Day(e.When.End)
	}
}

// suspected adds to the words for what an event suspects, or an issue is about, how many
// of them lead to records that are not here: a grave event is not told as if of nothing.
func (t teller) suspected(key string, place view, words string) string {
	word := map[string]string{"suspectEntity": "suspected", "implicated": "about"}[key]
	if word == "" {
		return words
	}
	unnamed := 0
	for _, item := range place.list() {
		if ref := item.at("instance"); ref.has() {
			item = ref
		}
		if isLink(item.v) && referred(item.quiet(), t.find) == "" {
			unnamed++
		}
	}
	if unnamed > 0 {
		words = notes(words, strconv.Itoa(unnamed)+" not named here")
	}
	return labelled(word, words)
}

// answers says the questions of a questionnaire with their answers.
func (t teller) answers(e *Told, r view) {
	e.Name = "questionnaire"
	var out []string
	t.items(r.at("item"), &out)
	e.Value = notesBy("; ", out...)
}

func (t teller) items(list view, out *[]string) {
	for _, item := range list.list() {
		link := item.at("linkId").text()
		question := strings.TrimSuffix(firstOf(item.at("text").text(), link), ":")
		item.at("definition").tell()
		var answers []string
		for _, a := range item.at("answer").list() {
			for member := range a.v.All() {
				if strings.HasPrefix(member.Key(), "value") {
					answers = append(answers, t.phrase(view{member, a.said}))
				}
			}
		}
		separator := ": "
		if strings.HasSuffix(question, "?") {
			separator = " "
		}
		if len(answers) > 0 || !item.at("item").has() {
			*out = append(*out, notesBy(separator, question, notes(answers...)))
		} else {
			*out = append(*out, question)
		}
		for _, a := range item.at("answer").list() {
			t.items(a.at("item"), out)
		}
		t.items(item.at("item"), out)
	}
}
