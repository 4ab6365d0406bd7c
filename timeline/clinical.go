package timeline

import (
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
	e.refs = keysOf(source, r)
	encounter := r.at("encounter")
	if !encounter.has() {
		encounter = r.at("context", "encounter")
	}
	if !encounter.has() {
		encounter = r.at("context")
	}
	if ref := reference(source, encounter.at("reference").raw()); ref != "" {
		e.encounters = []string{ref}
	}
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
		e.Note = notes(sayAll(r.at("bodySite").list()), say(r.at("outcome")))
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
		e.Note = notes(labelled("lot", r.at("lotNumber").text()), labelled("serial", r.at("serialNumber").text()))
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
	case "Patient", "RelatedPerson", "Practitioner", "Organization", "Location", "Medication", "Substance":
		e.Name = named(r)
	default:
		e.Name = firstOf(say(r.at("code")), r.first("title", "description", "type.text", "name"), say(r.at("type")))
	}
}

func condition(e *Entry, r view) {
	e.Name = say(r.at("code"))
	e.When.End = ""
	e.When = e.When.until(parseMoment(r.quiet().first("abatementDateTime", "abatementPeriod.start")))
	e.Note = say(r.at("severity"))
}

func allergy(e *Entry, r view) {
	e.Name = say(r.at("code"))
	if e.Name == "" {
		e.Name = sayAll([]view{r.at("reaction", "substance")})
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
	e.Note = criticality
	e.timeless = true
}

func immunization(e *Entry, r view) {
	e.Name = say(r.at("vaccineCode"))
	dose := r.first("protocolApplied.doseNumberPositiveInt", "protocolApplied.doseNumberString")
	e.Value = labelled("dose", dose)
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
	e.Note = notes(class, labelled("for", reason))
	e.Value = strings.TrimRight(referred(r, r.at("serviceProvider"), source, names), " -,")
}

func plan(e *Entry, r view, source int, names map[string]string) {
	var activities []string
	for _, a := range r.at("activity").list() {
		if s := activity(a.at("detail")); s != "" {
			activities = append(activities, s)
		}
	}
	switch e.Type {
	case "CarePlan":
		e.Name = firstOf(r.at("title").text(), sayAll(lasting(r.at("category").list())), "care plan")
		e.Value = strings.Join(activities, ", ")
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
	}
	if e.When.End != "" && e.Type != "ServiceRequest" { // whose time standing.go tells
		e.Note = "until " + sayDay(e.When.End)
	}
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
