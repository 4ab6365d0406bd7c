package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// A chart from a pharmacy alone tells what is taken: what was handed out and lasts still
// may be so, unless an order or a statement under Now tells it.
func TestR38WhatWasDispensedMayBeSo(t *testing.T) {
	dispensed := func(status, day, more string) string {
		return `{"resourceType":"MedicationDispense","status":"` + status + `","medicationCodeableConcept":{"text":"Apixaban 5 mg tablet"},"whenHandedOver":"` + day + `"` + more + `}`
	}
	order := func(name, status, day string) string {
		return `{"resourceType":"MedicationRequest","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"` + name + `"},"authoredOn":"` + day + `","statusReason":{"text":"bleed"}}`
	}
	const (
		month  = `,"daysSupply":{"value":30,"unit":"days"}`
		coded  = `,"daysSupply":{"value":1,"unit":"Monat","code":"mo"}`
		course = `,"dosageInstruction":[{"text":"one","timing":{"repeat":{"boundsDuration":{"value":90,"code":"d"}}}}]`
		may    = "May be so: see the record medicine Apixaban 5 mg tablet"
	)
	allergy := `{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Apixaban"},"recordedDate":"2025-01-01"}`
	for _, c := range []struct{ pharmacy, other, want string }{ // want "" for not above the story
		{dispensed("completed", "2026-11-01", month), "", may + " (dispensed, supply until 1 Dec 2026"},
		{dispensed("completed", "2026-11-01", coded), "", may + " (dispensed, supply until 2 Dec 2026"},
		{dispensed("completed", "2026-11-01", course), "", "(dispensed, supply until 30 Jan 2027"},
		{dispensed("in-progress", "2026-11-01", month), "", "in progress, dispensed, supply until 1 Dec 2026"},
		{dispensed("completed", "2026-09-01", month), "", ""},
		{dispensed("completed", "2999-09-01", month), "", ""},
		{dispensed("completed", "2026-11-01", ""), "", ""},
		{dispensed("cancelled", "2026-11-01", month), "", ""},
		{dispensed("declined", "2026-11-01", month), "", ""},
		{dispensed("stopped", "2026-11-01", month), "", ""},
		{dispensed("preparation", "2026-11-01", month), "", ""},
		{dispensed("completed", "2026-11-01", month), order("apixaban", "active", "2026-01-01"), ""},
		{dispensed("completed", "2026-11-01", month), order("Apixaban 2.5 mg", "active", "2026-11-10"), may},
		{dispensed("completed", "2026-11-01", month), order("Apixaban", "stopped", "2026-11-10"), "; yet Apixaban told as stopped: bleed"},
		{dispensed("completed", "2026-11-01", month), order("Apixaban", "stopped", "2025-11-10"), may},
		{dispensed("completed", "2026-11-01", month), allergy, "; yet allergy told: Apixaban (1 Jan 2025)"},
	} {
		items := lines("Pharmacy", c.pharmacy)
		if c.other != "" {
			items = append(items, lines("Ward", c.other)...)
		}
		s := Tell(items, Options{})
		above, _, _ := strings.Cut(strings.Join(strings.Fields(s.Text(Page{Width: 200})), " "), " 2026 ")
		text := strings.Join(strings.Fields(s.Text(Page{Width: 200})), " ")
		if got := strings.Contains(above, "May be so"); got != (c.want != "") || !strings.Contains(text, c.want) {
			t.Errorf("%s beside %s: want %q in\n%s", c.pharmacy, c.other, c.want, s.Text(Page{Width: 200}))
		}
	}
}
