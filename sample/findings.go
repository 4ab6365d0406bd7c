package sample

import "bytes"

// findings writes what was measured and noted.
func (s *scribe) findings() {
	for n := range s.readings {
		if s.readings[n].at&s.at != 0 {
			s.reading(n)
		}
	}
	for n := range s.reports {
		if s.reports[n].at&s.at != 0 {
			s.report(n)
		}
	}
	for n := range s.notes {
		if s.notes[n].at&s.at != 0 {
			s.note(n)
		}
	}
}

var categoryNames = map[string]string{vital: "Vital Signs", lab: "Laboratory", survey: "Survey", social: "Social History"}

func (s *scribe) reading(n int) {
	r := &s.readings[n]
	m, v := &measures[r.what], &s.visits[r.visit]
	known := max(v.day, s.visits[s.recorded(r.visit)].day)
	s.begin("Observation", s.id(observation, n), known, r.secret)
	s.str("status", "final")
	s.concepts("category", concept{hl7 + "observation-category", m.category, categoryNames[m.category]})
	s.obj("code")
	s.arr("coding")
	s.coding(m.code)
	if r.what == oxygen {
		s.coding(pulseOximetry) // the R4 vital signs profile asks for 2708-6 beside the precise code
	}
	s.shut("]")
	s.str("text", m.code.display)
	s.shut("}")
	s.subject()
	s.visitRef(r.visit)
	s.moment("effectiveDateTime", v.day, v.minute+2, s.zone)
	s.moment("issued", v.day, v.minute+5+boolInt(m.category == lab)*115, s.zone)
	s.arr("performer")
	s.ref("", s.houseID(organization, 0))
	s.shut("]")
	switch {
	case r.what == smoking || r.what == pregnancyStatus:
		s.concept("valueCodeableConcept", answers[r.value])
	case r.what == bloodPressure:
		s.arr("component")
		s.component(systolicCode, r.value)
		s.component(diastolicCode, r.value2)
		s.shut("]")
	default:
		s.quantity("valueQuantity", r.value, m)
		s.judge(r.value, m)
	}
	s.finish("Observation", "")
}

func (s *scribe) component(code concept, v int64) {
	s.obj("")
	s.concept("code", code)
	s.quantity("valueQuantity", v, &measures[bloodPressure])
	s.shut("}")
}

func (s *scribe) quantity(k string, v int64, m *measure) {
	s.obj(k)
	s.decimal("value", v, m.scale)
	s.str("unit", m.unit)
	s.str("system", ucum)
	s.str("code", m.ucum)
	s.shut("}")
}

// judge writes interpretation and reference range for what has a range.
func (s *scribe) judge(v int64, m *measure) {
	if m.high == 0 {
		return
	}
	mark := concept{hl7 + "v3-ObservationInterpretation", "N", "Normal"}
	switch {
	case v > m.high:
		mark.code, mark.display = "H", "High"
	case v < m.low:
		mark.code, mark.display = "L", "Low"
	}
	s.concepts("interpretation", mark)
	s.arr("referenceRange")
	s.obj("")
	if m.low != 0 {
		s.quantity("low", m.low, m)
	}
	s.quantity("high", m.high, m)
	s.shut("}]")
}

func (s *scribe) report(n int) {
	r := &s.reports[n]
	v := &s.visits[r.visit]
	known := max(v.day, s.visits[s.recorded(r.visit)].day)
	s.begin("DiagnosticReport", s.id(diagnosticReport, n), known, r.secret)
	s.str("status", "final")
	s.concepts("category", concept{hl7 + "v2-0074", "LAB", "Laboratory"})
	s.concept("code", panels[r.panel].code)
	s.subject()
	s.visitRef(r.visit)
	s.moment("effectiveDateTime", v.day, v.minute+2, s.zone)
	s.moment("issued", v.day, v.minute+120, s.zone)
	s.arr("performer")
	s.ref("", s.houseID(organization, 0))
	s.shut("]")
	s.arr("result")
	for k := r.from; k < r.to; k++ {
		s.ref("", s.id(observation, k))
	}
	s.shut("]")
	s.finish("DiagnosticReport", "")
}

func (s *scribe) note(n int) {
	at := s.notes[n].visit
	v := &s.visits[at]
	kind := lnc("11506-3", "Progress note")
	switch {
	case v.kind == urgent:
		kind = lnc("34111-5", "Emergency department Note")
	case v.kind == delivery:
		kind = lnc("18842-5", "Discharge summary")
	case v.unit == psychiatry || v.unit == cardiology:
		kind = lnc("11488-4", "Consult note")
	}
	s.begin("DocumentReference", s.id(documentReference, n), v.day+day(v.nights), v.secret)
	s.str("status", "current")
	s.str("docStatus", "final")
	s.concept("type", kind)
	s.concepts("category", concept{"http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical Note"})
	s.subject()
	s.moment("date", v.day+day(v.nights), v.minute+v.length, s.zone)
	s.arr("author")
	s.ref("", s.doctor(at))
	s.shut("]")
	s.ref("custodian", s.houseID(organization, 0))
	if v.secret != "" {
		s.concepts("securityLabel", concept{hl7 + "v3-Confidentiality", "R", "restricted"})
	}
	s.arr("content")
	s.obj("")
	s.obj("attachment")
	s.str("contentType", "text/plain; charset=utf-8")
	s.str("language", "en")
	s.base64("data", s.tell(at))
	s.str("title", kind.display)
	s.moment("creation", v.day+day(v.nights), v.minute+v.length, s.zone)
	s.shut("}}]")
	s.obj("context")
	s.arr("encounter")
	s.ref("", s.id(encounter, at))
	s.shut("]}")
	s.finish("DocumentReference", "")
}

// tell writes the note's text: why, what was found, what goes on, what is next.
// Sensitive problems appear in their own visits' notes only.
func (s *scribe) tell(at int) []byte {
	v := &s.visits[at]
	var b bytes.Buffer
	b.WriteString(places[s.place].hospitals[s.house])
	b.WriteString("\n")
	b.Write(v.day.append(nil))
	b.WriteString("  ")
	b.WriteString(specialties[v.unit].display)
	b.WriteString("\n\nReason: ")
	reason := visitTypes[v.kind].display
	plan := "Routine control as planned."
	if v.problem >= 0 {
		reason, plan = s.problems[v.problem].code.display, s.problems[v.problem].plan
	}
	b.WriteString(reason)
	b.WriteString("\n\nFindings:\n")
	for i := range s.readings {
		r := &s.readings[i]
		m := &measures[r.what]
		if r.visit != at || m.unit == "" || m.category == lab {
			continue
		}
		b.WriteString("- ")
		b.WriteString(m.code.display)
		b.WriteString(": ")
		b.Write(appendDecimal(nil, r.value, m.scale))
		if r.what == bloodPressure {
			b.WriteString("/")
			b.Write(appendInt(nil, r.value2))
		}
		b.WriteString(" " + m.unit + "\n")
	}
	b.WriteString("\nOngoing:\n")
	none := true
	for i := range s.problems {
		p := &s.problems[i]
		if p.at&s.at == 0 || p.onset > v.day || p.acute || (p.abate != 0 && p.abate <= v.day) || (p.secret != "" && p.secret != v.secret) {
			continue
		}
		none = false
		b.WriteString("- " + p.code.display + "\n")
	}
	if none {
		b.WriteString("- nothing of note\n")
	}
	b.WriteString("\nPlan: " + plan + "\n")
	return b.Bytes()
}
