package sample

// history writes what has happened: visits, problems, medicines, allergies,
// immunizations, procedures and the family.
func (s *scribe) history() {
	for n := range s.visits {
		if s.visits[n].at&s.at != 0 {
			s.encounter(n)
		}
	}
	for n := range s.problems {
		if s.problems[n].at&s.at != 0 {
			s.condition(n)
		}
	}
	for n := range s.reactions {
		if s.reactions[n].at&s.at != 0 {
			s.allergy(n)
		}
	}
	for n := range s.medicines {
		if s.medicines[n].at&s.at != 0 {
			s.medicine(n)
		}
	}
	for n := range s.doses {
		if s.doses[n].at&s.at != 0 {
			s.immunization(n)
		}
	}
	for n := range s.procedures {
		if s.procedures[n].at&s.at != 0 {
			s.procedure(n)
		}
	}
	for n := range s.relatives {
		if s.relatives[n].at&s.at != 0 {
			s.relative(n)
		}
	}
	if s.at == first {
		s.standing()
	}
}

// visitTypes are the SNOMED CT types of encounters by visitKind.
var visitTypes = [...]concept{
	checkup:   sct("185349003", "Encounter for check up"),
	wellChild: sct("410620009", "Well child visit"),
	diagnosis: sct("185347001", "Encounter for problem"),
	followUp:  sct("390906007", "Follow-up encounter"),
	acute:     sct("185345009", "Encounter for symptom"),
	urgent:    sct("50849002", "Emergency room admission"),
	prenatal:  sct("424619006", "Prenatal visit"),
	delivery:  sct("32485007", "Hospital admission"),
}

func (s *scribe) encounter(n int) {
	v := &s.visits[n]
	class := concept{actCode, "AMB", "ambulatory"}
	switch v.kind {
	case urgent:
		class = concept{actCode, "EMER", "emergency"}
	case delivery:
		class = concept{actCode, "IMP", "inpatient encounter"}
	}
	s.begin("Encounter", s.id(encounter, n), v.day+day(v.nights), v.secret)
	s.str("status", "finished")
	s.key("class")
	s.coding(class)
	s.concepts("type", visitTypes[v.kind])
	s.subject()
	s.arr("participant")
	s.obj("")
	s.concepts("type", concept{hl7 + "v3-ParticipationType", "PPRF", "primary performer"})
	s.ref("individual", s.doctor(n))
	s.shut("}]")
	s.obj("period")
	s.moment("start", v.day, v.minute, s.zone)
	s.moment("end", v.day+day(v.nights), v.minute+v.length, s.zone)
	s.shut("}")
	if v.problem >= 0 {
		p := &s.problems[v.problem]
		s.concepts("reasonCode", p.code)
		if p.at&s.at != 0 {
			s.arr("diagnosis")
			s.obj("")
			s.ref("condition", s.id(condition, v.problem))
			s.shut("}]")
		}
	}
	s.arr("location")
	s.obj("")
	s.ref("location", s.houseID(location, 0))
	s.shut("}]")
	s.ref("serviceProvider", s.houseID(organization, 0))
	s.finish("Encounter", "")
}

func (s *scribe) condition(n int) {
	p := &s.problems[n]
	at := s.recorded(p.visit)
	written := s.visits[at].day
	healed := p.abate != 0 && p.abate <= s.lastDay()
	// The second hospital wrote the problem down while it went on.
	if s.at == second {
		healed = false
	}
	known := written
	if healed {
		known = max(known, p.abate)
	}
	s.begin("Condition", s.id(condition, n), known, p.secret)
	status := concept{hl7 + "condition-clinical", "active", "Active"}
	if healed {
		status = concept{hl7 + "condition-clinical", "resolved", "Resolved"}
	}
	s.concept("clinicalStatus", status)
	s.concept("verificationStatus", concept{hl7 + "condition-ver-status", "confirmed", "Confirmed"})
	category := concept{hl7 + "condition-category", "problem-list-item", "Problem List Item"}
	if p.acute {
		category = concept{hl7 + "condition-category", "encounter-diagnosis", "Encounter Diagnosis"}
	}
	s.concepts("category", category)
	if p.code.code != "72892002" {
		s.concept("severity", [...]concept{sct("255604002", "Mild"), sct("6736007", "Moderate"), sct("24484000", "Severe")}[p.severity])
	}
	s.concept("code", p.code)
	s.subject()
	s.visitRef(at)
	s.date("onsetDateTime", p.onset)
	if healed {
		s.date("abatementDateTime", p.abate)
	}
	s.date("recordedDate", written)
	s.ref("recorder", s.doctor(at))
	s.finish("Condition", "")
}

func (s *scribe) allergy(n int) {
	r := &s.reactions[n]
	a := &allergies[r.kind]
	at := s.recorded(r.visit)
	for at+1 < len(s.visits) && s.at == first && s.visits[at].day < r.reacted && s.visits[at+1].at == first {
		at++
	}
	written := max(s.visits[at].day, r.onset)
	s.begin("AllergyIntolerance", s.id(allergyIntolerance, n), max(written, r.reacted), "")
	s.concept("clinicalStatus", concept{hl7 + "allergyintolerance-clinical", "active", "Active"})
	s.concept("verificationStatus", concept{hl7 + "allergyintolerance-verification", "confirmed", "Confirmed"})
	s.str("type", "allergy")
	s.arr("category")
	s.item(a.category)
	s.shut("]")
	s.str("criticality", []string{"low", "high"}[boolInt(r.severe)])
	s.concept("code", a.code)
	s.self()
	s.date("onsetDateTime", r.onset)
	s.date("recordedDate", written)
	s.ref("recorder", s.doctor(at))
	s.date("lastOccurrence", r.reacted)
	s.arr("reaction")
	s.obj("")
	shows, how := a.mild, "mild"
	if r.severe {
		shows, how = a.severe, "severe"
	}
	s.concepts("manifestation", shows)
	s.date("onset", r.reacted)
	s.str("severity", how)
	s.shut("}]")
	s.finish("AllergyIntolerance", "")
}

func (s *scribe) medicine(n int) {
	m := &s.medicines[n]
	d := &drugs[m.drug]
	stopped := m.stop != 0 && m.stop <= s.lastDay()
	known := s.visits[s.recorded(m.visit)].day
	if stopped && s.at == first {
		known = max(known, m.stop)
	}
	s.begin("MedicationRequest", s.id(medicationRequest, n), known, m.secret)
	status := "active"
	if stopped && s.at == first {
		status = "completed"
	}
	s.str("status", status)
	s.str("intent", "order")
	if s.at == second {
		s.yes("reportedBoolean", true)
	}
	s.concept("medicationCodeableConcept", concept{rxnorm, d.code, d.display})
	s.subject()
	s.visitRef(m.visit)
	s.date("authoredOn", m.start)
	s.ref("requester", s.doctor(s.recorded(m.visit)))
	if m.problem >= 0 && s.problems[m.problem].at&s.at != 0 {
		s.arr("reasonReference")
		s.ref("", s.id(condition, m.problem))
		s.shut("]")
	}
	s.arr("dosageInstruction")
	s.obj("")
	s.str("text", d.text)
	s.obj("timing")
	s.obj("repeat")
	s.num("frequency", d.times)
	s.num("period", 1)
	s.str("periodUnit", d.period)
	s.shut("}}")
	s.yes("asNeededBoolean", d.needed)
	s.arr("doseAndRate")
	s.obj("")
	s.obj("doseQuantity")
	s.num("value", d.dose)
	s.str("unit", d.form)
	s.shut("}}]}]")
	s.finish("MedicationRequest", "")
}

func (s *scribe) immunization(n int) {
	d := &s.doses[n]
	written := d.day
	if s.at == second {
		written = s.visits[s.intake].day
	}
	s.begin("Immunization", s.id(immunization, n), written, "")
	s.str("status", "completed")
	s.concept("vaccineCode", d.shot.vaccine)
	s.self()
	s.date("occurrenceDateTime", d.day)
	s.date("recorded", written)
	s.yes("primarySource", s.at == first)
	if s.at == first {
		s.str("lotNumber", "L"+string(appendInt(nil, int64(d.lot))))
		s.concept("route", concept{hl7 + "v3-RouteOfAdministration", "IM", "Injection, intramuscular"})
	}
	if d.shot.of > 0 {
		s.arr("protocolApplied")
		s.obj("")
		s.num("doseNumberPositiveInt", d.shot.dose)
		s.num("seriesDosesPositiveInt", d.shot.of)
		s.shut("}]")
	}
	s.finish("Immunization", "")
}

func (s *scribe) procedure(n int) {
	p := &s.procedures[n]
	at := s.recorded(p.visit)
	s.begin("Procedure", s.id(procedureEntry, n), max(p.day, s.visits[at].day), p.secret)
	s.str("status", "completed")
	s.concept("code", p.code)
	s.subject()
	s.visitRef(p.visit)
	s.date("performedDateTime", p.day)
	if s.at == first {
		s.arr("performer")
		s.obj("")
		s.ref("actor", s.doctor(at))
		s.shut("}]")
	}
	if p.problem >= 0 && s.problems[p.problem].at&s.at != 0 {
		s.arr("reasonReference")
		s.ref("", s.id(condition, p.problem))
		s.shut("]")
	}
	s.finish("Procedure", "")
}

func (s *scribe) relative(n int) {
	r := &s.relatives[n]
	s.begin("FamilyMemberHistory", s.id(familyHistory, n), s.visits[0].day, "")
	s.str("status", "completed")
	s.self()
	s.date("date", s.visits[0].day)
	s.concept("relationship", r.role)
	s.arr("condition")
	s.obj("")
	s.concept("code", r.problem)
	s.obj("onsetAge")
	s.num("value", r.age)
	s.str("unit", "years")
	s.str("system", ucum)
	s.str("code", "a")
	s.shut("}}]")
	s.finish("FamilyMemberHistory", "")
}

// standing writes what holds until further notice: the care plan, the device,
// the advance directive.
func (s *scribe) standing() {
	for n := range s.problems {
		p := &s.problems[n]
		if p.at&s.at == 0 || p.course == nil || p.course.follow == 0 || p.abate != 0 {
			continue
		}
		s.begin("CarePlan", s.id(carePlan, n), s.visits[p.visit].day, p.secret)
		s.str("status", "active")
		s.str("intent", "plan")
		s.str("title", "Care of "+p.code.display)
		s.str("description", p.plan)
		s.subject()
		s.visitRef(p.visit)
		s.obj("period")
		s.date("start", s.visits[p.visit].day)
		s.shut("}")
		s.date("created", s.visits[p.visit].day)
		s.ref("author", s.doctor(p.visit))
		s.arr("addresses")
		s.ref("", s.id(condition, n))
		s.shut("]")
		s.finish("CarePlan", "")
	}
	if s.pacemaker >= 0 {
		s.begin("Device", s.id(device, 0), s.procedures[s.pacemaker].day, "")
		s.str("status", "active")
		s.str("serialNumber", "PM"+s.number(9, 11))
		s.concept("type", sct("14106009", "Cardiac pacemaker"))
		s.self()
		s.finish("Device", "")
	}
	if s.directive != 0 {
		s.begin("Consent", s.id(consent, 0), s.directive, "")
		s.str("status", "active")
		s.concept("scope", concept{hl7 + "consentscope", "adr", "Advanced Care Directive"})
		s.concepts("category", concept{hl7 + "consentcategorycodes", "acd", "Advance Directive"})
		s.self()
		s.date("dateTime", s.directive)
		s.obj("policyRule")
		s.str("text", "Signed with two witnesses under the law of the place of residence")
		s.shut("}")
		s.finish("Consent", "")
	}
}
