package telling

import (
	"fmt"
	"strings"

	"github.com/stele-health/stele"
)

// told says the record's line.
func (t teller) told(label stele.Category) Told {
	r := t.r
	kind := r.at("resourceType").raw()
	e := Told{When: whenOf(kind, r), Kind: label, Type: Clean(kind)}
	saidByStanding(e.Type, r)
	for key, usual := range unremarkable {
		if scalar(r.at(key).v) == usual {
			r.at(key).tell()
		}
	}
	t.tell(&e, r)
	t.rest(&e, r)
	e.More = more(r)
	if e.Name == "" {
		e.Name = spaced(e.Type)
	}
	encounter := r.at("encounter")
	if !encounter.has() {
		encounter = r.at("context", "encounter")
	}
	if !encounter.has() {
		encounter = r.at("context")
	}
	e.Encounter = encounter.at("reference").raw()
	return e
}

// saidByStanding notes what Told.Status says or what goes without saying (see
// lifecycle.go): codes, and words that say no more than the code.
func saidByStanding(kind string, r view) {
	keys := []string{"status", "clinicalStatus", "verificationStatus", "lifecycleStatus"}
	if r.at("status").has() {
		keys = append(keys, "docStatus")
	}
	if lifecycles[kind].holds == "active" && kind != "Goal" {
		keys = append(keys, "intent", "doNotPerform")
	}
	for _, key := range keys {
		place := r.at(key)
		if !place.v.IsObject() {
			place.tell()
			continue
		}
		words := ""
		for _, coding := range place.at("coding").list() {
			words = notes(words, coding.quiet().at("code").text(), coding.quiet().at("display").text())
			coding.tellAs("its code")
		}
		if covers(words, place.quiet().at("text").text()) {
			place.at("text").tell()
		}
	}
}

// unremarkable are values that go without saying.
var unremarkable = map[string]string{"actuality": "actual", "priority": "routine", "isSubpotent": "no", "primarySource": "yes"}

// tell says what matters of a resource, by its type.
func (t teller) tell(e *Told, r view) {
	switch e.Type {
	case "Observation":
		t.observation(e, r)
	case "Condition":
		t.condition(e, r)
	case "AllergyIntolerance":
		t.allergy(e, r)
	case "MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense":
		t.medicine(e, r)
	case "Immunization":
		t.immunization(e, r)
	case "Procedure":
		t.procedure(e, r)
	case "Encounter":
		t.encounter(e, r)
	case "DiagnosticReport":
		t.report(e, r)
	case "DocumentReference", "Composition":
		t.document(e, r)
	case "Bundle":
		t.bundle(e, r)
	case "Binary":
		e.Value = opening(r)
	case "ImagingStudy":
		imaging(e, r)
	case "CarePlan", "CareTeam", "Goal":
		t.plan(e, r)
	case "ServiceRequest":
		t.order(e, r)
	case "Consent":
		t.consent(e, r)
	case "Device":
		device(e, r)
	case "FamilyMemberHistory":
		t.family(e, r)
	case "QuestionnaireResponse":
		t.answers(e, r)
	case "List":
		t.listing(e, r)
	case "Claim", "ExplanationOfBenefit":
		e.Name = firstOf(say(r.at("type")), "claim")
		total := r.at("total")
		if total.at("amount").has() {
			total = total.at("amount")
		}
		e.Value = money(total)
	case "Patient", "RelatedPerson", "Practitioner", "Organization", "Location", "Medication", "Substance", "PractitionerRole":
		e.Name = named(r)
		if e.Type == "Medication" { // by itself, it is a word of a dictionary
			e.Note = "a product: whether it is taken is not said"
		}
	default:
		t.tale(e, r)
	}
}

// The room that a line has for what no rule asks for; the rest makes its mark.
const (
	restOfOne = 160
	restOfAll = 320
)

// rest says the clinical elements of which nothing was said, each by its name,
// as far as there is room for it; then what has to be known of all: notes, and
// that an extension changes what the record means.
func (t teller) rest(e *Told, r view) {
	room := restOfAll
	var out []string
	for member := range r.v.All() {
		key := member.Key()
		if !speaks(e.Type, key) {
			continue
		}
		w := view{member, r.said}
		label := labelOf(key)
		say := t.phrase
		if some(w) {
			if s := alsoCoded(w); s != "" {
				out = append(out, strings.TrimSpace(label+" also coded "+s))
			}
			if !w.v.IsObject() || w.at("coding").has() {
				continue
			}
			say = t.parts
		}
		s := labelled(label, fit(w, min(restOfOne, room), say))
		if !some(w) {
			continue // what was only named is left to the mark
		}
		if s != "" {
			out, room = append(out, s), room-len([]rune(s))
		}
	}
	if e.Name == "" || e.Value == noValue || e.Value == noResultTold || r.at("text", "status").raw() == "additional" {
		out = append(out, labelled("its text:", shortNarrative(r.at("text"), restOfAll)))
		r.at("text", "status").tell()
	}
	e.Note = notesBy(", ", e.Note, notes(out...))
	e.Note = notesBy(" · ", e.Note, t.remarks(r.at("note")))
}

// fit says a place as far as there is room for it: of a list as many items as fit, and
// how many it leaves. What is left out does not count as said.
func fit(w view, room int, say func(view) string) string {
	undo := w.undo()
	s := say(w)
	if len([]rune(s)) <= room {
		return s
	}
	undo()
	items := w.list()
	if len(items) == 1 {
		return ""
	}
	out := asMany(items, room, say)
	if len(out) == 1 {
		return "" // how many more, and none of them
	}
	return listed(out)
}

// asMany says as many items as there is room for, and how many it leaves, which do not
// count as said.
func asMany(items []view, room int, say func(view) string) (out []string) {
	for i, item := range items {
		undo := item.undo()
		s := say(item)
		if room -= len([]rune(s)); room < 0 {
			undo()
			return append(out, fmt.Sprintf("and %d more", len(items)-i))
		}
		out = append(out, s)
	}
	return out
}

// speaks reports whether rest says an element of a type.
func speaks(kind, key string) bool {
	if administrative(kind, key, true) && key != "specimen" || strings.HasPrefix(key, "_") {
		return false
	}
	switch key {
	case "text", "contained", "extension", "modifierExtension", "implicitRules", "note", "dosage", "dosageInstruction":
		return false
	}
	switch kind {
	case "Binary", "Bundle", "Claim", "ExplanationOfBenefit", "Patient", "RelatedPerson", "Practitioner", "Organization", "Location", "PractitionerRole":
		return false
	}
	return true
}

// some reports whether anything of a place was said.
func some(w view) bool {
	if w.said == nil {
		return false
	}
	for i := w.v.Index(); i < w.v.End(); i++ {
		if w.said[i] {
			return true
		}
	}
	return false
}

// alsoCoded says the codings of a concept, or of a list of them, whose words have
// nothing in common with those that were said.
func alsoCoded(w view) string {
	var out []string
	for _, c := range w.list() {
		for _, coding := range c.at("coding").list() {
			if display := coding.at("display"); display.has() && display.v.IsText() && !w.said[display.v.Index()] {
				s := plain(display.text())
				coding.tellAs(s)
				out = append(out, s)
			}
		}
	}
	return notes(out...)
}
