package timeline

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
)

// entryOf tells one resource.
func entryOf(r view, it Item, source int, names map[string]string) Entry {
	kind := r.at("resourceType").raw()
	e := Entry{
		When: whenOf(kind, r), Kind: kindOf(it), Type: clean(kind),
		Vouched: []Vouch{{source, it.Handle, it.Proof, it.Height, it.Anchored, it.Label.Sensitivity}},
	}
	tell(&e, r, source, names)
	if e.Name == "" {
		e.Name = spaced(e.Type)
	}
	if e.fact == "" {
		e.fact = fingerprint(r)
	}
	e.fact = e.Type + "|" + e.fact
	if e.Type == "DocumentReference" || e.Type == "DiagnosticReport" {
		// The same note often comes as both.
		e.fact = strings.Replace(e.fact, e.Type+"|note|", "note|", 1)
	}
	if ref := reference(source, r.at("id").raw()); ref != "" {
		e.refs = []string{ref}
	}
	encounter := r.at("encounter")
	if !encounter.has() {
		encounter = r.at("context", "encounter")
	}
	if !encounter.has() {
		encounter = r.at("context")
	}
	e.encounter = reference(source, encounter.at("reference").raw())
	for i, ref := range e.results {
		e.results[i] = reference(source, ref)
	}
	return e
}

func tell(e *Entry, r view, source int, names map[string]string) {
	switch e.Type {
	case "Observation":
		observation(e, r)
	case "Condition":
		condition(e, r)
	case "AllergyIntolerance":
		allergy(e, r)
	case "MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense":
		medicine(e, r, source, names)
	case "Immunization":
		immunization(e, r)
	case "Procedure":
		e.Name = say(r.at("code"))
		e.Note = notes(status(r, "completed"), sayAll(r.at("bodySite").list()), say(r.at("outcome")))
		e.fact = same(r.at("code")) + "|" + same(r.at("bodySite")) + "|" + r.at("status").raw()
	case "Encounter":
		encounter(e, r, source, names)
	case "DiagnosticReport":
		report(e, r)
	case "DocumentReference", "Composition":
		document(e, r)
	case "ImagingStudy":
		imaging(e, r)
	case "CarePlan", "CareTeam", "Goal", "ServiceRequest":
		plan(e, r, source, names)
	case "Device":
		e.Name = firstOf(r.first("deviceName.name"), say(r.at("type")))
		e.Note = notes(status(r, "active"), labelled("lot", r.at("lotNumber").text()), labelled("serial", r.at("serialNumber").text()))
		e.fact = same(r.at("type")) + "|" + r.first("udiCarrier.deviceIdentifier", "distinctIdentifier") + "|" + r.at("serialNumber").raw()
		e.timeless = true
	case "FamilyMemberHistory":
		e.Name = say(r.at("relationship"))
		var list []view
		for _, c := range r.at("condition").list() {
			list = append(list, c.at("code"))
		}
		e.Value = sayAll(list)
	case "Claim", "ExplanationOfBenefit":
		e.Name = firstOf(say(r.at("type")), "claim")
		total := r.at("total")
		if total.at("amount").has() {
			total = total.at("amount")
		}
		e.Value = strings.TrimSpace(shownIfAny(total.at("value").text()) + " " + total.at("currency").text())
		e.Note = status(r, "active")
	case "Patient", "RelatedPerson", "Practitioner", "Organization", "Location", "Medication", "Substance":
		e.Name = named(r)
	default:
		e.Name = firstOf(say(r.at("code")), r.first("title", "description", "type.text", "name"), say(r.at("type")))
		e.Note = status(r, "completed", "active", "final", "current")
	}
}

func condition(e *Entry, r view) {
	e.Name = say(r.at("code"))
	clinical := r.at("clinicalStatus", "coding", "code").text()
	end := parseMoment(r.first("abatementDateTime", "abatementPeriod.start"))
	e.When.End = ""
	e.When = e.When.until(end)
	e.Active = end.Day == "" && (clinical == "active" || clinical == "recurrence" || clinical == "relapse")
	switch {
	case end.Day != "":
		e.Note = firstOf(clinical, "ended") + " " + sayDay(end.Day)
		if clinical == "active" {
			e.Note = "ended " + sayDay(end.Day)
		}
	default:
		e.Note = clinical
	}
	verification := r.at("verificationStatus", "coding", "code").text()
	if verification == "confirmed" {
		verification = ""
	}
	if verification == "refuted" {
		e.Active = false
	}
	e.Note = notes(say(r.at("severity")), e.Note, verification)
	e.fact = strings.Join([]string{same(r.at("code")), clinical, end.Day, verification, same(r.at("bodySite"))}, "|")
}

func allergy(e *Entry, r view) {
	e.Name = say(r.at("code"))
	if e.Name == "" {
		e.Name = sayAll([]view{r.at("reaction", "substance")})
	}
	clinical := r.at("clinicalStatus", "coding", "code").text()
	verification := r.at("verificationStatus", "coding", "code").text()
	if verification == "confirmed" {
		verification = ""
	}
	e.Active = (clinical == "active" || clinical == "") && verification != "refuted"
	if clinical == "active" {
		clinical = ""
	}
	var signs []view
	for _, reaction := range r.at("reaction").list() {
		signs = append(signs, reaction.at("manifestation").list()...)
	}
	e.Value = sayAll(signs)
	criticality := r.at("criticality").text()
	if criticality != "" {
		criticality += " criticality"
	}
	e.Note = notes(criticality, clinical, verification)
	e.fact = strings.Join([]string{same(r.at("code")), criticality, clinical, verification, strings.ToLower(e.Value)}, "|")
	e.timeless = true
}

func medicine(e *Entry, r view, source int, names map[string]string) {
	concept := r.at("medicationCodeableConcept")
	e.Name = say(concept)
	key := same(concept)
	if e.Name == "" {
		e.Name = referred(r, r.at("medicationReference"), source, names)
		key = strings.ToLower(e.Name)
	}
	if e.Name == "" {
		e.Name = "medicine not named"
		key = r.at("medicationReference", "reference").raw()
	}
	var doses []string
	for _, place := range []string{"dosageInstruction", "dosage"} {
		for _, d := range r.at(place).list() {
			if s := dose(d); s != "" {
				doses = append(doses, s)
			}
		}
	}
	e.Value = strings.Join(doses, "; ")
	if amount, _ := quantity(r.at("quantity")); e.Type == "MedicationDispense" && amount != "" {
		e.Value = notesBy("; ", amount, e.Value)
	}
	s := r.at("status").text()
	e.Active = s == "active" && e.Type != "MedicationAdministration" && e.Type != "MedicationDispense"
	e.Note = strings.ReplaceAll(s, "-", " ")
	if s == "completed" && e.Type != "MedicationRequest" {
		e.Note = ""
	}
	switch e.Type {
	case "MedicationDispense":
		e.Note = notes("handed out", e.Note)
	case "MedicationAdministration":
		e.Note = notes("given", e.Note)
	}
	if r.at("doNotPerform").text() == "yes" {
		e.Note, e.Active = notes("not to be taken", e.Note), false
	}
	reason := sayAll(r.at("reasonCode").list())
	if reason == "" {
		reason = referred(r, r.at("reasonReference"), source, names)
	}
	e.Note = notes(e.Note, labelled("for", reason))
	e.fact = strings.Join([]string{key, strings.ToLower(e.Value), s, r.at("doNotPerform").text()}, "|")
}

// dose says a Dosage: its own text, else what its parts tell.
func dose(d view) string {
	text := firstOf(d.at("text").text(), d.at("patientInstruction").text())
	if text == "" {
		amount, _ := quantity(d.at("doseAndRate", "doseQuantity"))
		if amount == "" {
			amount, _ = quantity(d.at("doseQuantity"))
		}
		text = notesBy(" ", amount, timing(d.at("timing")), say(d.at("route")))
	}
	asNeeded := d.at("asNeededBoolean").text() == "yes" || d.at("asNeededCodeableConcept").has()
	if asNeeded && !strings.Contains(strings.ToLower(text), "as needed") {
		text = notesBy(", ", text, "as needed")
	}
	return strings.TrimRight(text, ".")
}

// timing says the usual Timing: its code's words, or "2 times every 1 d".
func timing(t view) string {
	if s := say(t.at("code")); s != "" {
		return s
	}
	n, period, unit := t.at("repeat", "frequency").text(), t.at("repeat", "period").text(), t.at("repeat", "periodUnit").text()
	if period == "" {
		return ""
	}
	names := map[string]string{"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}
	word := firstOf(names[unit], unit)
	every := "every " + shown(period) + " " + word + "s"
	if exact(period) == "1" {
		every = "every " + word
	}
	if n == "" || n == "1" {
		return every
	}
	return n + " times " + every
}

func immunization(e *Entry, r view) {
	e.Name = say(r.at("vaccineCode"))
	dose := r.first("protocolApplied.doseNumberPositiveInt", "protocolApplied.doseNumberString")
	e.Value = labelled("dose", dose)
	s := status(r, "completed")
	if s != "" {
		s = notesBy(": ", s, say(r.at("statusReason")))
	}
	e.Note = s
	e.fact = same(r.at("vaccineCode")) + "|" + r.at("status").raw() + "|" + dose
}

// classes are the usual codes of v3-ActEncounterCode.
var classes = map[string]string{
	"AMB": "outpatient", "EMER": "emergency", "IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "inpatient", "OBSENC": "observation",
	"HH": "at home", "VR": "by video or phone", "SS": "short stay", "FLD": "in the field", "PRENC": "before admission",
	"outpatient": "outpatient", "inpatient": "inpatient", "emergency": "emergency", "wellness": "wellness", "ambulatory": "outpatient",
	"urgentcare": "urgent care", "virtual": "by video or phone", "home": "at home", "hospice": "hospice", "snf": "nursing facility",
}

func encounter(e *Entry, r view, source int, names map[string]string) {
	code := r.at("class", "code").text()
	class := firstOf(classes[code], say(r.at("class")))
	e.Name = firstOf(sayAll(r.at("type").list()), say(r.at("serviceType")), "visit")
	reason := sayAll(r.at("reasonCode").list())
	if strings.EqualFold(reason, e.Name) {
		reason = ""
	}
	e.Note = notes(class, status(r, "finished"), labelled("for", reason))
	e.Value = strings.TrimRight(referred(r, r.at("serviceProvider"), source, names), " -,")
	e.fact = strings.Join([]string{code, same(r.at("type")), e.When.End, r.at("status").raw()}, "|")
}

func report(e *Entry, r view) {
	e.Name = say(r.at("code"))
	e.Value = r.at("conclusion").text()
	if e.Value == "" {
		e.Value = sayAll(r.at("conclusionCode").list())
	}
	e.Note = status(r, "final", "amended", "corrected", "appended")
	for _, m := range r.at("result").list() {
		e.results = append(e.results, m.at("reference").raw())
	}
	form := r.at("presentedForm")
	if form.at("data").raw() != "" {
		e.fact, e.daily = noteFact(r.at("code"), form), true
		if len(e.results) == 0 && e.Value == "" {
			e.Value = opening(form)
		}
		return
	}
	e.fact = strings.Join([]string{same(r.at("code")), strconv.Itoa(len(e.results)), strings.ToLower(e.Value), e.Note}, "|")
}

func document(e *Entry, r view) {
	content := r.at("content", "attachment")
	e.Name = firstOf(say(r.at("type")), r.first("title", "description"))
	e.Value = firstOf(r.at("description").text(), content.at("title").text(), r.at("title").text())
	if strings.EqualFold(e.Value, e.Name) {
		e.Value = ""
	}
	if e.Value == "" {
		e.Value = opening(content)
	}
	e.Note = status(r, "current", "final")
	if content.at("data").raw() != "" {
		e.fact, e.daily = noteFact(r.at("type"), content), true
	}
}

// noteFact is the key of a note: what kind it is and what it says.
func noteFact(kind, attachment view) string {
	sum := sha256.Sum256([]byte(attachment.at("data").raw()))
	return "note|" + same(kind) + "|" + hex.EncodeToString(sum[:16])
}

// opening returns the first words of a plain text note.
func opening(attachment view) string {
	kind, _, _ := strings.Cut(attachment.at("contentType").raw(), ";")
	data := attachment.at("data").raw()
	if kind != "text/plain" {
		return kind
	}
	data = data[:min(len(data), 4096)/4*4]
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return kind
	}
	var words []string
	for line := range strings.Lines(strings.ToValidUTF8(string(raw), "")) {
		line = clean(line)
		if strings.HasPrefix(line, "#") {
			continue // headings take the room of what stands below them
		}
		line = strings.Trim(line, "-* ")
		if line != "" && parseMoment(line).Day == "" {
			words = append(words, line)
		}
	}
	return cut(strings.Join(words, " "), 110)
}

func imaging(e *Entry, r view) {
	var parts, sites []view
	for _, s := range r.at("series").list() {
		parts = append(parts, s.at("modality"))
		sites = append(sites, s.at("bodySite"))
	}
	if len(parts) == 0 {
		parts = r.at("modality").list()
	}
	e.Name = firstOf(r.at("description").text(), sayAll(r.at("procedureCode").list()), sayAll(parts))
	e.Value = sayAll(sites)
	if !strings.EqualFold(e.Name, sayAll(parts)) {
		e.Value = notes(sayAll(parts), e.Value)
	}
	if n := r.at("numberOfInstances").text(); n != "" && n != "1" {
		e.Note = n + " images"
	}
	e.fact = strings.Join([]string{strings.ToLower(e.Name), strings.ToLower(e.Value), e.Note}, "|")
}

func plan(e *Entry, r view, source int, names map[string]string) {
	var activities []view
	for _, a := range r.at("activity").list() {
		activities = append(activities, a.at("detail", "code"))
	}
	switch e.Type {
	case "CarePlan":
		e.Name = firstOf(r.at("title").text(), sayAll(lasting(r.at("category").list())), "care plan")
		e.Value = sayAll(activities)
	case "CareTeam":
		e.Name = firstOf(r.at("name").text(), "care team")
		var members []string
		for _, p := range r.at("participant").list() {
			if ref := p.at("member", "reference").raw(); ref == r.at("subject", "reference").raw() {
				continue
			}
			if s := referred(r, p.at("member"), source, names); s != "" {
				members = append(members, s)
			}
		}
		e.Value = strings.Join(members, ", ")
	case "Goal":
		e.Name = say(r.at("description"))
		if due := parseMoment(r.first("target.dueDate")); due.Day != "" {
			e.Value = "by " + sayDay(due.Day)
		}
		e.Name = "goal: " + e.Name
	case "ServiceRequest":
		e.Name = say(r.at("code"))
		e.Value = "ordered"
	}
	e.Note = status(r, "active", "completed")
	if e.When.End != "" {
		e.Note = notes(e.Note, "until "+sayDay(e.When.End))
	}
	e.fact = strings.ToLower(e.Name + "|" + e.Value + "|" + e.Note)
}

// lasting drops categories that only say which profile a plan follows.
func lasting(list []view) []view {
	var out []view
	for _, c := range list {
		if !strings.Contains(c.at("coding", "system").raw(), "/us/core/") {
			out = append(out, c)
		}
	}
	return out
}

// fingerprint is the key of what no rule above knows: the whole resource
// without what differs between two deliveries of it.
func fingerprint(r view) string {
	m, _ := r.v.(map[string]any)
	rest := make(map[string]any, len(m))
	for k, v := range m {
		switch k {
		case "id", "meta", "text", "identifier", "implicitRules", "language", "extension", "subject", "patient", "encounter":
		default:
			rest[k] = v
		}
	}
	src, err := json.Marshal(rest) // sorts keys
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:16])
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func labelled(label, s string) string {
	if s == "" {
		return ""
	}
	return label + " " + s
}

func shownIfAny(s string) string {
	if s == "" {
		return ""
	}
	return shown(s)
}

// spaced writes a type's name in words: CarePlan as "care plan".
func spaced(s string) string {
	var b strings.Builder
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b.WriteByte(' ')
			}
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}
