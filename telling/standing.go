package telling

import (
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele/fhir"
)

// Standing is what a record says of itself: does what it tells still hold?
type Standing int

// The ways in which a record stands.
const (
	Happened Standing = iota // an event, a finding, a document: of its day
	Holds                    // it is so, or in force
	Over                     // it was so: ended, stopped, resolved
	Denied                   // it is not so, or was not done: refuted, cancelled, declined
	Ahead                    // not yet, or not now: proposed, planned, draft, on hold
	Unclear                  // its author does not say, or says it in a way that is not known here
)

// seeRecord ends what is only said in part.
const seeRecord = "see the record"

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
	"Consent":                  {holds: "active", over: "inactive", denied: "rejected", ahead: "draft proposed", silent: "active"},
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
	"MedicationAdministration": {happened: "completed", over: "stopped", denied: "not-done", ahead: "in-progress on-hold", unclear: "unknown", silent: "completed"},
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

// stand says in words how a record stands.
type stand struct {
	is    Standing
	words string
	not   string // of what shall not be done: words that go before its name
}

// standingOf judges a record by what its author says and by the day on which
// it is read, "" for unknown.
func standingOf(r view, today string) stand {
	kind := r.at("resourceType").raw()
	s := statusOf(kind, r)
	s = s.presumed(kind, r)
	s = s.verified(r)
	s = s.intended(kind, r)
	span := spanOf(kind, r)
	if kind == "MedicationDispense" {
		s = s.supplied(r, span, today)
	} else {
		s = s.lasting(span, today)
	}
	s = s.issued(kind, r, span, today)
	if day := parseMoment(r.at("authoredOn").raw()).Day; today != "" && isAfter(day, tomorrow(today)) {
		s = s.doubt("ordered on a day to come", true)
	}
	if reason := statusReason(r); reason != "" {
		s.words = notesBy(": ", s.words, reason)
	}
	if qualified(r.v) {
		s = s.doubt("an addition may change what it says", true)
	}
	return s
}

// doubt makes unclear what held, and says why.
func (s stand) doubt(why string, see bool) stand {
	if s.is == Holds {
		s.is = Unclear
	}
	s.words = notes(s.words, why)
	if see {
		s.words = notes(s.words, seeRecord)
	}
	return s
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
		if l.holds == "" || kind == "Encounter" {
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

// presumed takes an allergy whose author gave no clinicalStatus, which many leave out,
// for one that holds if it is confirmed or grave.
func (s stand) presumed(kind string, r view) stand {
	confirmed := slices.Contains(codesOf(r.quiet().at("verificationStatus")), "confirmed")
	if kind == "AllergyIntolerance" && s.is == Unclear && len(codesOf(r.quiet().at("clinicalStatus"))) == 0 && (confirmed || dangerOf(r.quiet()) == grave) {
		s.is = Holds
	}
	return s
}

// verified reads verificationStatus: what is refuted is not so, what is not
// confirmed is said.
func (s stand) verified(r view) stand {
	codes := codesOf(r.at("verificationStatus"))
	var words []string
	for _, code := range codes {
		switch code {
		case "confirmed":
		case "refuted":
			return stand{is: Denied, words: "refuted"}
		case "unconfirmed", "provisional", "differential", "presumed":
			words = append(words, spacedCode(code))
		default:
			s = s.doubt(`verification "`+cut(spacedCode(code), 40)+`"`, true)
		}
	}
	s.words = notes(s.words, notes(words...))
	return s
}

var intents = map[string]string{"proposal": "proposed", "plan": "planned", "option": "an option", "directive": "directed", "order": "ordered",
	"original-order": "ordered", "reflex-order": "ordered", "filler-order": "ordered", "instance-order": "ordered"}

// intended reads intent and doNotPerform, which turn a request into another
// thing: a proposal is no order, and an order not to do something is no order to
// do it.
func (s stand) intended(kind string, r view) stand {
	l := lifecycles[kind]
	if l.holds != "active" || kind == "Goal" {
		return s
	}
	intent := normal(r.at("intent").raw())
	word := intents[intent]
	switch {
	case intent == "" && (kind == "MedicationRequest" || kind == "ServiceRequest"):
		s = s.doubt("whether it was ordered is not given", false)
	case intent == "", kind == "CarePlan" && intent == "plan": // a care plan is a plan
	case word == "":
		s = s.doubt(`intent "`+cut(spacedCode(intent), 40)+`"`, true)
	case word != "ordered" && word != "directed":
		switch {
		case s.is == Holds && reported(kind, intent, r.quiet()):
			s.is = Unclear
		case s.is == Holds || s.is == Unclear:
			s.is = Ahead
		}
		s.words = notes(word, without(s.words, "active"))
	case kind == "ServiceRequest" || kind == "DeviceRequest" || kind == "NutritionOrder":
		s.words = notes(word, s.words)
	}
	if r.at("doNotPerform").text() == "yes" {
		s.not = "not to be done: "
		if kind == "MedicationRequest" {
			s.not = "not to be taken: "
		}
	}
	return s
}

// reported tells a plan that somebody reports of a medicine that is taken, without an
// order that is known here (US Core, Medication List Guidance).
func reported(kind, intent string, r view) bool {
	return kind == "MedicationRequest" && intent == "plan" && (r.at("reportedBoolean").text() == "yes" || r.at("reportedReference").has())
}

// issued doubts that a medicine is over whose order is called completed, as some do once it
// was issued, while it is still to be taken.
func (s stand) issued(kind string, r view, t span, today string) stand {
	medicine := kind == "MedicationRequest" || kind == "MedicationStatement"
	completed := slices.Equal(codesOf(r.quiet().at("status")), []string{"completed"})
	if s.is != Over || !medicine || !completed || today == "" || t.limit == validUntil || !isAfter(t.end, today) {
		return s
	}
	if t.planned { // else lasting said it
		s.words = notes(s.words, "planned until "+Day(t.end))
	}
	s.is, s.words = Unclear, notes(s.words, seeRecord)
	return s
}

// lasting reads the time for which something is said to hold.
func (s stand) lasting(t span, today string) stand {
	if s.is != Holds && s.is != Unclear {
		// A planned end, or one to come, is not the day on which it stopped.
		switch {
		case t.end == "" || t.planned:
		case s.is == Over && !isAfter(t.end, today):
			s.words = ending(s.words, t.end)
		case s.is == Over || s.is == Ahead:
			s.words = notes(s.words, "planned until "+Day(t.end))
		default:
			s.words = notes(s.words, "until "+Day(t.end))
		}
		return s
	}
	past := t.end < today[:min(len(today), len(t.end))]
	until := firstOf(t.limit, "until") + " " + Day(t.end)
	switch {
	case t.abated && s.is == Holds && (t.ended || t.end != "" && past && today != ""):
		// It is told as being so and as having ended: nobody here knows which is right.
		word, rest, _ := strings.Cut(s.words, ", ")
		s.words = notes("told as "+firstOf(word, "active")+", yet as "+strings.TrimSpace("ended "+Day(t.end)), rest)
		s.is = Unclear
	case t.ended && t.end == "":
		s.is, s.words = Over, notes("ended", without(s.words, "active"))
	case t.end == "":
	case today == "" || past && t.limit != "":
		s = s.doubt(until, false)
	case past:
		s.is, s.words = Over, notes(without(s.words, "active"), "ended "+Day(t.end))
	default:
		s.words = notes(s.words, until)
	}
	if t.start != "" && today != "" && t.start[:min(len(t.start), len(today))] > today && s.is != Over {
		s.is, s.words = Ahead, notes(s.words, "from "+Day(t.start))
	}
	// A day more, as it may be tomorrow already where that was written.
	if t.onset != "" && today != "" && isAfter(dayBefore(t.onset, 1), today) {
		s = s.doubt("told to begin on "+Day(t.onset), true)
	}
	if t.doubt != "" {
		s = s.doubt(t.doubt, false)
	}
	return s
}

// tomorrow is the next day: beyond the date line it is that already.
func tomorrow(today string) string {
	t, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return today
	}
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}

// isAfter reports whether a day lies after today, as far as both tell.
func isAfter(day, today string) bool {
	n := min(len(day), len(today))
	return day[:n] > today[:n]
}

// ending says when something ended: after the word for it, where there is one.
func ending(words, end string) string {
	list := strings.Split(words, ", ")
	for i, word := range list {
		if holdsWord("resolved inactive remission stopped completed revoked", word) {
			list[i] += " " + Day(end)
			return strings.Join(list, ", ")
		}
	}
	return notes(words, "ended "+Day(end))
}

// statusReason says why: not done, stopped, on hold.
func statusReason(r view) string {
	for _, place := range []string{"statusReason", "statusReasonCodeableConcept"} {
		if s := sayAll(r.at(place).list()); s != "" {
			return s
		}
	}
	return ""
}

// qualified reports whether a modifier extension stands anywhere: it may turn
// what is said into its opposite (FHIR R4 extensibility.html, §2.4.1).
func qualified(v fhir.Value) bool {
	if !v.IsObject() && !v.IsArray() {
		return false
	}
	for w := range v.All() {
		if key := w.Key(); key == "modifierExtension" || key != "contained" && qualified(w) {
			return true
		}
	}
	return false
}

func spacedCode(code string) string { return strings.ReplaceAll(code, "-", " ") }

func spacedCodes(codes []string) string { return spacedCode(strings.Join(codes, ", ")) }

// without takes one of the words out of a list that notes made.
func without(words, word string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(words, ", "), func(s string) bool { return s == word || s == "" }), ", ")
}

// activity says how an activity of a care plan stands: what shall not be done,
// was cancelled or is done is not what is planned.
func activity(detail view, name string) string {
	if name == "" {
		return ""
	}
	if detail.at("doNotPerform").text() == "yes" {
		name = "not to be done: " + name
	}
	code := normal(detail.at("status").raw())
	words := statusReason(detail)
	switch code {
	case "", "not-started", "scheduled", "in-progress":
	default: // cancelled, completed, on-hold, stopped, unknown
		words = notesBy(": ", spacedCode(code), words)
	}
	if words != "" {
		name += " (" + words + ")"
	}
	return name
}
