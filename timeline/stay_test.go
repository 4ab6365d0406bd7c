package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// What a ward ordered does not stand under Now as if it held when the stay has ended.
func TestR38OrdersOfAStayThatEnded(t *testing.T) {
	visit := func(class, status, period string) string {
		return `{"resourceType":"Encounter","id":"v","status":"` + status + `","class":{"code":"` + class + `"},"period":{` + period + `}}`
	}
	order := func(setting, encounter string) string {
		return `{"resourceType":"MedicationRequest","status":"active","intent":"order","authoredOn":"2026-10-02","category":[{"coding":[{"code":"` + setting + `"}]}]` +
			encounter + `,"medicationCodeableConcept":{"text":"X"}}`
	}
	const ended, link = `"start":"2026-10-01","end":"2026-10-10"`, `,"encounter":{"reference":"Encounter/v"}`
	const now, unclear, says = "\nNow\n", "\nMay be so", "its stay ended 10 Oct 2026"
	for _, c := range []struct {
		visit, order, where string
		says                bool
	}{
		{visit("IMP", "finished", ended), order("inpatient", link), unclear, true},
		{visit("IMP", "finished", ended), order("inpatient", ""), unclear, true},
		{visit("IMP", "finished", ended), order("discharge", link), now, false},
		{visit("IMP", "finished", ended), order("odd", link), now, true},
		{visit("IMP", "finished", ended), order("odd", ""), now, false},
		{visit("AMB", "finished", ended), order("inpatient", link), now, false},
		{visit("IMP", "in-progress", `"start":"2026-10-01"`), order("inpatient", link), now, false},
		{visit("IMP", "finished", `"start":"2026-11-01","end":"2026-11-03"`), order("inpatient", ""), now, false},
	} {
		text := Tell(lines("A", c.visit, c.order), Options{}).Text(Page{Width: 200})
		if !strings.HasPrefix(text, c.where) || strings.Contains(text, says) != c.says {
			t.Errorf("%s\n%s: want it under %q, saying so: %v, in\n%s", c.visit, c.order, c.where, c.says, text)
		}
	}
	// Another hospital's stay says nothing of it.
	text := Tell(append(lines("A", order("inpatient", link)), lines("B", visit("IMP", "finished", ended))...), Options{}).Text(Page{Width: 200})
	if !strings.HasPrefix(text, now) || strings.Contains(text, says) {
		t.Errorf("another source's stay ends an order:\n%s", text)
	}
}
