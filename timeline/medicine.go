package timeline

import (
	"strconv"
	"strings"
)

// medicine tells an order, a statement, a dispense or an administration.
func medicine(e *Entry, r view, source int, names map[string]string) {
	concept := r.at("medicationCodeableConcept")
	e.Name = say(concept)
	if e.Name == "" {
		e.Name = referred(r, r.at("medicationReference"), source, names)
	}
	if e.Name == "" {
		e.Name = "medicine not named"
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
	switch e.Type {
	case "MedicationDispense":
		e.Note = notes("handed out", e.Note)
	case "MedicationAdministration":
		e.Note = notes("given", e.Note)
	}
	reason := sayAll(r.at("reasonCode").list())
	if reason == "" {
		reason = referred(r, r.at("reasonReference"), source, names)
	}
	e.Note = notes(e.Note, labelled("for", reason))
}

// dose says a Dosage: its own text, else what its parts tell.
func dose(d view) string {
	text := firstOf(d.at("text").text(), d.at("patientInstruction").text())
	if text == "" {
		amount, _ := quantity(d.at("doseAndRate", "doseQuantity"))
		if amount == "" {
			amount, _ = quantity(d.at("doseQuantity"))
		}
		if _, err := strconv.Atoi(amount); err == nil {
			amount += " at a time," // "1 2 times a day" could be read as 12
		}
		text = strings.TrimSuffix(notesBy(" ", amount, timing(d.at("timing")), say(d.at("route"))), ",")
	}
	asNeeded := d.at("asNeededBoolean").text() == "yes" || d.at("asNeededCodeableConcept").has()
	if asNeeded && !strings.Contains(strings.ToLower(text), "as needed") {
		text = notesBy(", ", text, "as needed")
	}
	return strings.TrimRight(text, ".")
}

// timing says the usual Timing: its code's words, or "2 times a day".
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
		every = "a " + word
		if unit == "h" {
			every = "an hour"
		}
	}
	if n == "" || n == "1" {
		return strings.Replace("once "+every, "once every", "every", 1)
	}
	return n + " times " + every
}
