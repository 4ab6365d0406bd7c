package telling

import (
	"strings"
)

// medicine tells an order, a statement, a dispense or an administration.
func (t teller) medicine(e *Told, r view) {
	e.Name = firstOf(t.call(r, "medicationCodeableConcept", "medicationReference"), "medicine not named")
	e.Value = dosages(r, "dosageInstruction", "dosage")
	if n := amount(r.at("quantity")); e.Type == "MedicationDispense" && n != "" {
		e.Value = notesBy("; ", n, e.Value)
	}
	done := r.at("status").raw() == "completed"
	switch {
	case e.Type == "MedicationDispense" && done:
		e.Note = "handed out"
	case e.Type == "MedicationAdministration" && done:
		e.Note = "given"
	case e.Type == "MedicationDispense":
		e.Note = "dispensing"
	case e.Type == "MedicationAdministration":
		e.Note = "administration"
	}
	p := r.at("effectivePeriod")
	if end := parseMoment(p.at("end").raw()); e.Type == "MedicationAdministration" && end.Day != "" && end.At != e.When.At && e.When.EndClock == "" {
		// How long it ran: 90 mg over an hour are not 90 mg over two days. By the clock its line tells it.
		e.Note = notesBy(" ", e.Note, sayPeriod(p))
	}
	priority := r.at("priority").text()
	if priority == "routine" {
		priority = ""
	}
	reported := ""
	if r.at("reportedBoolean").text() == "yes" {
		reported = "as reported"
	}
	e.Note = notes(e.Note, settings(r), reported, priority, labelled("for", t.reasons(r)), dispenses(r.at("dispenseRequest")))
}

// settingWords are HL7's codes for where a medicine is given or taken, in the value
// sets of MedicationRequest, MedicationStatement, -Administration and -Dispense.
var settingWords = map[string]string{
	"inpatient": "inpatient", "outpatient": "outpatient", "community": "community", "discharge": "at discharge",
	"patientspecified": "as the patient says", "patient specified": "as the patient says",
}

// settings says where a medicine is to be given or taken: what a ward gives is not
// what is taken at home.
func settings(r view) string {
	var out []string
	for _, c := range r.at("category").list() {
		words := say(c)
		out = append(out, firstOf(settingWords[strings.ToLower(words)], words))
	}
	return notes(out...)
}

// reasons says why, in codes and by what is referred to.
func (t teller) reasons(r view) string {
	return notes(sayAll(r.at("reasonCode").list()), t.referAll(r.at("reasonReference").list()))
}

// dispenses says how much may be handed out, how often.
func dispenses(d view) string {
	var out []string
	if s := amount(d.at("quantity")); s != "" {
		out = append(out, "dispense "+s)
	}
	if n := d.at("numberOfRepeatsAllowed").text(); n != "" && n != "0" {
		out = append(out, n+" "+plural(n, "repeat"))
	}
	if s := sayDuration(d.at("expectedSupplyDuration")); s != "" {
		out = append(out, "supply for "+s)
	}
	if s := sayPeriod(d.at("validityPeriod")); s != "" {
		out = append(out, "valid "+s)
	}
	return notes(out...)
}

// medication names a Medication: its own name, else what it is made of, with
// strengths.
func medication(m view) string {
	name := say(m.at("code"))
	var parts []string
	for _, i := range m.at("ingredient").list() {
		part := say(i.at("itemCodeableConcept"))
		if part == "" {
			if part = referred(i.at("itemReference"), nil); part != "" {
				i.at("itemReference").tellReference()
			}
		}
		parts = append(parts, notesBy(" ", firstOf(part, "ingredient not named"), per(i.at("strength"))))
	}
	list := strings.Join(parts, " + ")
	switch {
	case name == "":
		return notes(list, say(m.at("form")))
	case list != "" && !covers(name, list):
		return name + " (" + list + ")"
	}
	return name
}
