package telling

import (
	"slices"
	"strings"
)

// lifecycle sorts the codes of a type's status element (FHIR R4, the value set
// that the element is bound to), separated by spaces. entered-in-error stands
// nowhere here: what is, is not told at all.
type lifecycle struct {
	happened, holds, over, denied, ahead, unclear string
	silent                                        string // codes that go without saying
}

var (
	request     = lifecycle{holds: "active", over: "completed revoked", ahead: "draft on-hold", unclear: "unknown", silent: "active"}
	event       = lifecycle{happened: "completed", over: "stopped", denied: "not-done", ahead: "preparation in-progress on-hold", unclear: "unknown", silent: "completed"}
	observed    = lifecycle{happened: "final amended corrected preliminary", denied: "cancelled", ahead: "registered", unclear: "unknown", silent: "final"}
	financial   = lifecycle{holds: "active", denied: "cancelled", ahead: "draft", silent: "active"}
	active      = lifecycle{holds: "active", over: "inactive", unclear: "unknown", silent: "active"}
	answered    = lifecycle{happened: "completed amended", over: "stopped", ahead: "in-progress", silent: "completed"}
	transported = lifecycle{happened: "completed", denied: "abandoned", ahead: "in-progress", silent: "completed"}
)

var lifecycles = map[string]lifecycle{
	"AllergyIntolerance":       {holds: "active", over: "inactive resolved", silent: "active"},
	"Appointment":              {happened: "fulfilled arrived checked-in", denied: "cancelled noshow", ahead: "proposed pending booked waitlist", silent: "fulfilled"},
	"CarePlan":                 request,
	"CareTeam":                 {holds: "active", over: "inactive", ahead: "proposed suspended", silent: "active"},
	"ChargeItem":               {happened: "billable planned billed", denied: "not-billable aborted", unclear: "unknown", silent: "billable billed"},
	"Claim":                    financial,
	"ClinicalImpression":       {happened: "completed", ahead: "in-progress", silent: "completed"},
	"Communication":            event,
	"CommunicationRequest":     request,
	"Composition":              {happened: "final amended preliminary", silent: "final"},
	"Condition":                {holds: "active recurrence relapse", over: "inactive remission resolved"},
	"Consent":                  {holds: "active", over: "inactive", denied: "rejected", ahead: "draft proposed", silent: "active rejected"},
	"Contract":                 {},
	"Coverage":                 financial,
	"DetectedIssue":            observed,
	"Device":                   active,
	"DeviceRequest":            request,
	"DeviceUseStatement":       {holds: "active", over: "completed stopped", ahead: "intended on-hold", silent: "active"},
	"DiagnosticReport":         {happened: "final amended corrected appended preliminary partial", denied: "cancelled", ahead: "registered", unclear: "unknown", silent: "final"},
	"DocumentManifest":         {happened: "current", over: "superseded", silent: "current"},
	"DocumentReference":        {happened: "current", over: "superseded", silent: "current"},
	"Encounter":                {happened: "finished", holds: "arrived triaged in-progress onleave", denied: "cancelled", ahead: "planned", unclear: "unknown", silent: "finished"},
	"EpisodeOfCare":            {holds: "active", over: "finished", denied: "cancelled", ahead: "planned waitlist onhold", silent: "active"},
	"ExplanationOfBenefit":     financial,
	"FamilyMemberHistory":      {happened: "partial completed health-unknown", silent: "completed partial"},
	"Flag":                     {holds: "active", over: "inactive", silent: "active"},
	"Goal":                     {holds: "accepted active", over: "completed", denied: "cancelled rejected", ahead: "proposed planned on-hold", silent: "active accepted"},
	"GuidanceResponse":         {happened: "success", denied: "failure", ahead: "data-requested data-required in-progress", silent: "success"},
	"ImagingStudy":             {happened: "available", denied: "cancelled", ahead: "registered", unclear: "unknown", silent: "available"},
	"Immunization":             {happened: "completed", denied: "not-done", silent: "completed"},
	"ImmunizationEvaluation":   {happened: "completed", silent: "completed"},
	"List":                     {happened: "current", over: "retired", silent: "current"},
	"Media":                    event,
	"Medication":               active,
	"MedicationAdministration": {happened: "completed", holds: "in-progress", over: "stopped", denied: "not-done", ahead: "on-hold", unclear: "unknown", silent: "completed"},
	"MedicationDispense":       {happened: "completed", over: "stopped", denied: "cancelled declined", ahead: "preparation in-progress on-hold", unclear: "unknown", silent: "completed"},
	"MedicationRequest":        {holds: "active", over: "completed stopped", denied: "cancelled", ahead: "draft on-hold", unclear: "unknown"},
	"MedicationStatement":      {holds: "active", over: "completed stopped", denied: "not-taken", ahead: "intended on-hold", unclear: "unknown"},
	"NutritionOrder":           request,
	"Observation":              observed,
	"Procedure":                event,
	"QuestionnaireResponse":    answered,
	"RequestGroup":             request,
	"RiskAssessment":           observed,
	"ServiceRequest":           request,
	"Specimen":                 {happened: "available", denied: "unavailable unsatisfactory", silent: "available"},
	"SupplyDelivery":           transported,
	"SupplyRequest":            {holds: "active", over: "completed", denied: "cancelled", ahead: "draft suspended", unclear: "unknown", silent: "active"},
	"Task":                     {happened: "completed", denied: "rejected cancelled failed", ahead: "draft requested received accepted ready in-progress on-hold", silent: "completed"},
	"VisionPrescription":       financial,
}

func (l lifecycle) of(code string) (Standing, bool) {
	for s, codes := range []string{l.happened, l.holds, l.over, l.denied, l.ahead, l.unclear} {
		if holdsWord(codes, code) {
			return Standing(s), true
		}
	}
	return Unclear, false
}

// holdsWord reports whether a word is one of those with a space between. It is asked
// for each member of each record, and makes nothing.
func holdsWord(words, word string) bool {
	for at := 0; word != ""; at++ {
		i := strings.Index(words[at:], word)
		if i < 0 {
			return false
		}
		at += i
		end := at + len(word)
		if (at == 0 || words[at-1] == ' ') && (end == len(words) || words[end] == ' ') {
			return true
		}
	}
	return false
}

// normal is a code as HL7 would write it: others write "Entered in Error",
// entered_in_error, or v3's nullified.
func normal(code string) string {
	code = strings.ToLower(strings.Map(func(r rune) rune {
		if r == '_' || r == ' ' {
			return '-'
		}
		return r
	}, Clean(code)))
	switch code {
	case "nullified", "enteredinerror":
		return enteredInError
	case "canceled":
		return "cancelled"
	case "notdone":
		return "not-done"
	}
	return code
}

const enteredInError = "entered-in-error"

// codesOf returns all that a status says: a code, or all codings of a concept;
// its words, where no coding has a code.
func codesOf(status view) []string {
	var out []string
	add := func(s string) {
		if s = normal(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, v := range status.list() {
		add(v.raw())
		for _, c := range v.at("coding").list() {
			code := c.at("code").raw()
			if n := snomedStatus[code]; n != "" && c.at("system").raw() == snomed {
				code = n
			}
			add(firstOf(code, c.at("display").raw()))
			if normal(c.at("display").raw()) == enteredInError {
				add(enteredInError)
			}
		}
		if text := v.at("text").raw(); len(out) == 0 || normal(text) == enteredInError {
			add(text)
		}
	}
	return out
}

const snomed = "http://snomed.info/sct"

// snomedStatus are the SNOMED CT qualifiers that stand for HL7's codes.
var snomedStatus = map[string]string{
	"55561003": "active", "73425007": "inactive", "413322009": "resolved", "277022003": "remission",
	"410605003": "confirmed", "410516002": "refuted", "410594000": "refuted", "723505004": enteredInError,
}

// retracted reports whether the author marked a resource, or a part of one, as
// entered in error: in any element that says how it stands, in any coding of it.
func retracted(r view) bool {
	for m := range r.v.All() {
		if strings.HasSuffix(m.Key(), "tatus") && slices.Contains(codesOf(view{v: m}), enteredInError) {
			return true
		}
	}
	return false
}

// statusOf reads the status element.
func statusOf(kind string, r view) stand {
	l, known := lifecycles[kind]
	status := r.at("status")
	switch kind {
	case "AllergyIntolerance", "Condition":
		status = r.at("clinicalStatus")
	case "Goal":
		status = r.at("lifecycleStatus")
	}
	codes := codesOf(status)
	if !known || l == (lifecycle{}) {
		return stand{is: Happened, words: spacedCodes(codes)}
	}
	if len(codes) == 0 {
		if l.holds == "" || kind == "Encounter" || kind == "Medication" {
			return stand{is: Happened}
		}
		return stand{is: Unclear, words: "status not given"}
	}
	out := stand{is: -1}
	var words []string
	for _, code := range codes {
		is, ok := l.of(code)
		switch {
		case !ok && len(codes) > 1 && slices.ContainsFunc(codes, func(c string) bool { _, ok := l.of(c); return ok }):
			continue // a local code beside HL7's
		case !ok:
			words = append(words, `status "`+cut(spacedCode(code), 40)+`"`, seeRecord)
		case code == "unknown":
			words = append(words, "status unknown", seeRecord)
		case !holdsWord(l.silent, code):
			words = append(words, spacedCode(code))
		}
		if out.is >= 0 && out.is != is {
			return stand{is: Unclear, words: notes(spacedCodes(codes), seeRecord)}
		}
		out.is = is
	}
	out.words = notes(words...)
	if doc := codesOf(r.at("docStatus")); len(doc) > 0 && !slices.Contains(doc, "final") {
		out.words = notes(out.words, spacedCodes(doc))
	}
	return out
}
