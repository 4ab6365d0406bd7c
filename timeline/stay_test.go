package timeline_test

import (
	"strings"
	"testing"
	"time"

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

// What a ward gives does not run on when its stay has ended, nor for longer than some days
// where no stay is told that goes on; a flag says that its stay ended.
func TestR38WhatWasLeftRunningMayBeSo(t *testing.T) {
	visit := func(class, status, end string) string {
		return `{"resourceType":"Encounter","id":"v","status":"` + status + `","class":{"code":"` + class + `"},"period":{"start":"2026-11-01"` + end + `}}`
	}
	given := func(began, context string) string {
		return `{"resourceType":"MedicationAdministration","status":"in-progress","medicationCodeableConcept":{"text":"Noradrenaline"},"effectivePeriod":{"start":"` + began + `"}` + context + `}`
	}
	const link, ended, says, longAgo = `,"context":{"reference":"Encounter/v"}`, `,"end":"2026-11-10"`, "its stay ended 10 Nov 2026", "nobody told its end"
	flag := `{"resourceType":"Flag","status":"active","code":{"text":"Nil by mouth"},"encounter":{"reference":"Encounter/v"}}`
	for _, c := range []struct {
		visit, record string
		now           bool
		says          string
	}{
		{visit("IMP", "finished", ended), given("2026-11-09", link), false, says},
		{visit("IMP", "finished", ended), given("2026-11-09", ""), false, says}, // its only stay of that day
		{visit("IMP", "finished", ended), given("2026-11-19", ""), true, ""},
		{visit("IMP", "in-progress", ""), given("2026-11-02", link), true, ""},
		{visit("AMB", "finished", ended), given("2026-11-19", link), true, ""},
		{visit("AMB", "finished", ended), given("2026-11-10", link), false, longAgo},
		{visit("IMP", "finished", ended), given("2023-02-01T10:00:00Z", ""), false, longAgo},
		{visit("IMP", "finished", ended), given("2023", ""), false, longAgo},
		{visit("IMP", "finished", ended), given("2026-11", ""), true, ""},
		{visit("IMP", "finished", ended), flag, true, says},
		{visit("IMP", "in-progress", ""), flag, true, ""},
	} {
		s := Tell(lines("A", c.visit, c.record), Options{})
		text := s.Text(Page{Width: 200})
		if (len(s.Now) == 1) != c.now || (len(s.Unclear) == 1) == c.now || !strings.Contains(text, c.says) || strings.Contains(text, says) != (c.says == says) {
			t.Errorf("%s\n%s: want it under Now: %v, saying %q, in\n%s", c.visit, c.record, c.now, c.says, text)
		}
	}
}

// What was handed out during a stay that ended was taken there, also where nobody says that it was for
// the ward; what was handed out on its last day, to go home, or for so many days is not.
func TestR38WhatAWardHandedOutIsOfItsDay(t *testing.T) {
	visit := func(class, status, period string) string {
		return `{"resourceType":"Encounter","id":"v","status":"` + status + `","class":{"code":"` + class + `"},"period":{"start":"2026-11-01"` + period + `}}`
	}
	dispensed := func(day, more string) string {
		return `{"resourceType":"MedicationDispense","status":"completed","medicationCodeableConcept":{"text":"Apixaban 5 mg"},"whenHandedOver":"` + day + `"` + more + `}`
	}
	const link, ended = `,"context":{"reference":"Encounter/v"}`, `,"end":"2026-11-10"`
	for _, c := range []struct {
		visit, record string
		lines         int // under May be so
	}{
		{visit("IMP", "finished", ended), dispensed("2026-11-05", link), 0},
		{visit("IMP", "finished", ended), dispensed("2026-11-10", link), 1},
		{visit("IMP", "finished", ended), dispensed("2026-11", link), 1},
		{visit("IMP", "finished", ended), dispensed("2026-11-05", ""), 1},
		{visit("IMP", "finished", ended), dispensed("2026-11-05", link+`,"daysSupply":{"value":30,"unit":"days"}`), 1},
		{visit("IMP", "finished", ended), dispensed("2026-11-05", link+`,"category":{"coding":[{"code":"discharge"}]}`), 1},
		{visit("IMP", "in-progress", ""), dispensed("2026-11-05", link), 1},
		{visit("AMB", "finished", ended), dispensed("2026-11-05", link), 1},
	} {
		s := Tell(lines("A", c.visit, c.record), Options{At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		text := s.Text(Page{Width: 200})
		if len(s.Unclear) != c.lines || len(s.Now) > 0 || c.lines == 0 && (strings.Contains(text, "for how long") || !strings.Contains(text, "Apixaban")) {
			t.Errorf("%s\n%s: want %d lines in\n%s", c.visit, c.record, c.lines, text)
		}
	}
}
