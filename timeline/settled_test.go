package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// A completed order whose supply lasts is not told beside a later one in force for the same
// medicine by its source, in whatever strength, nor where its source says that it was changed to
// what is in force; a repeat that was authorised is not told beside the statement that it is taken by it, in the same words.
func TestR38WhatIsOrderedAnewIsNotToldTwice(t *testing.T) {
	order := func(name, status, day, more string) string {
		return `{"resourceType":"MedicationRequest","id":"` + name + day + `","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"` + name + `"},"authoredOn":"` + day + `"` + more + `}`
	}
	const supply = `,"dispenseRequest":{"numberOfRepeatsAllowed":3,"expectedSupplyDuration":{"value":90,"unit":"days","code":"d","system":"http://unitsofmeasure.org"}}`
	because := func(why string) string { return supply + `,"statusReason":{"text":"` + why + `"}` }
	note := func(why string) string { return supply + `,"note":[{"text":"` + why + `"}]` }
	metoprolol := order("Metoprolol 50 mg tablet", "active", "2026-08-01", "")
	apixaban := order("Apixaban 5 mg", "active", "2026-08-01", "")
	old := func(more string) string { return order("Metoprolol 25 mg tablet", "completed", "2026-06-01", more) }
	warfarin := func(more string) string { return order("Warfarin 5 mg", "completed", "2026-09-01", more) }
	plan := func(dose string) string {
		return `{"resourceType":"MedicationRequest","id":"p","status":"active","intent":"plan","medicationCodeableConcept":{"text":"Ramipril 5 mg"},"authoredOn":"2026-01-01","dosageInstruction":[{"text":"` + dose + `"}]}`
	}
	taken := func(name, status, more string) string {
		return `{"resourceType":"MedicationStatement","status":"` + status + `","basedOn":[{"reference":"MedicationRequest/p"}],"medicationCodeableConcept":{"text":"` + name + `"},"dosage":[{"text":"one daily"}]` + more + `}`
	}
	for name, c := range map[string]struct {
		one, two []string // records of two sources
		told     bool     // in May be so
	}{
		"ordered anew in another strength":   {[]string{old(supply), metoprolol}, nil, false},
		"ordered anew, until when not told":  {[]string{old(`,"dispenseRequest":{"validityPeriod":{"end":"2027-01-01"}}`), metoprolol}, nil, false},
		"ordered anew by another":            {[]string{old(supply)}, []string{metoprolol}, true},
		"ordered before":                     {[]string{old(supply), order("Metoprolol 50 mg tablet", "active", "2026-05-01", "")}, nil, true},
		"of one day":                         {[]string{old(supply), order("Metoprolol 50 mg tablet", "active", "2026-06-01", "")}, nil, true},
		"ordered anew, and on hold":          {[]string{old(supply), order("Metoprolol 50 mg tablet", "on-hold", "2026-08-01", "")}, nil, true},
		"ordered anew, and stopped":          {[]string{old(supply), order("Metoprolol 50 mg tablet", "stopped", "2026-08-01", "")}, nil, true},
		"forbidden since":                    {[]string{old(supply), order("Metoprolol 50 mg tablet", "active", "2026-08-01", `,"doNotPerform":true`)}, nil, true},
		"another medicine ordered":           {[]string{old(supply), apixaban}, nil, true},
		"more of it ordered":                 {[]string{old(supply), order("Metoprolol hydrochlorothiazide 50 mg tablet", "active", "2026-08-01", "")}, nil, true},
		"injected since":                     {[]string{old(supply), order("Metoprolol 5 mg injection", "active", "2026-08-01", "")}, nil, true},
		"a depot, ordered anew":              {[]string{order("Paliperidone depot 150 mg", "completed", "2026-10-01", ""), order("Paliperidone depot 100 mg", "active", "2026-11-01", "")}, nil, true},
		"a prohibition":                      {[]string{old(supply + `,"doNotPerform":true`), metoprolol}, nil, true},
		"alone":                              {[]string{old(supply)}, nil, true},
		"changed to what is in force":        {[]string{warfarin(because("Changed to apixaban")), apixaban}, nil, false},
		"changed, in a note":                 {[]string{warfarin(note("Switched to apixaban in clinic")), apixaban}, nil, false},
		"changed, in German":                 {[]string{warfarin(because("Umgestellt auf Apixaban"))}, []string{apixaban}, false},
		"its dose changed, in force":         {[]string{old(because("Dose changed"))}, []string{metoprolol}, false},
		"its dose changed, not in force":     {[]string{old(because("Dose changed"))}, nil, true},
		"changed to what is not in force":    {[]string{warfarin(because("Changed to apixaban")), order("Apixaban 5 mg", "stopped", "2026-08-01", "")}, nil, true},
		"changed to another":                 {[]string{warfarin(because("Changed to edoxaban")), apixaban}, nil, true},
		"not to be changed":                  {[]string{warfarin(note("Do not change to apixaban")), apixaban}, nil, true},
		"beside what is in force":            {[]string{warfarin(because("Continue beside apixaban")), apixaban}, nil, true},
		"a repeat that is taken":             {[]string{plan("one daily"), taken("Ramipril 5 mg", "active", "")}, nil, false},
		"a repeat, taken in another dose":    {[]string{plan("two daily"), taken("Ramipril 5 mg", "active", "")}, nil, true},
		"a repeat, taken in another form":    {[]string{plan("one daily"), taken("Ramipril 10 mg", "active", "")}, nil, true},
		"a repeat, taken as another":         {[]string{plan("one daily"), taken("Lisinopril 5 mg", "active", "")}, nil, true},
		"a repeat, on hold":                  {[]string{plan("one daily"), taken("Ramipril 5 mg", "on-hold", "")}, nil, true},
		"a repeat, of another's statement":   {[]string{plan("one daily")}, []string{taken("Ramipril 5 mg", "active", "")}, true},
		"a repeat, whose statement is older": {[]string{plan("one daily"), taken("Ramipril 5 mg", "active", `,"effectivePeriod":{"end":"2020-01-01"}`)}, nil, true},
		"a repeat for a reason":              {[]string{strings.Replace(plan("one daily"), `"intent"`, `"statusReason":{"text":"until review"},"intent"`, 1), taken("Ramipril 5 mg", "active", "")}, nil, true},
	} {
		s := Tell(append(lines("A", c.one...), lines("B", c.two...)...), flagDay)
		told := false
		for _, e := range s.Unclear {
			told = told || strings.Contains(c.one[0], `"`+strings.TrimPrefix(e.Name, "not to be taken: ")+`"`) && e.Type == "MedicationRequest"
		}
		if told != c.told {
			t.Errorf("%s: may be so %v, want %v:\n%s", name, told, c.told, s.Text(Page{}))
		}
	}
}
