package timeline_test

import (
	"strings"
	"testing"
	"time"

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
		{dispensed("unknown", "2026-11-01", month), "", ""},
		{dispensed("completed", "2999-09-01", month), "", ""},
		{dispensed("completed", "2026-11-01", ""), "", may + " (for how long is not told, handed out, since 1 Nov 2026)"},
		{dispensed("in-progress", "2026-11-01", ""), "", "in progress, for how long is not told"},
		{dispensed("completed", "2026-08-23", ""), "", "for how long is not told"},
		{dispensed("completed", "2026-08-22", ""), "", ""},
		{dispensed("completed", "2026-09", ""), "", "since Sep 2026"},
		{dispensed("completed", "2026-11-01", `,"dosageInstruction":[{"text":"one a day"}]`), "", "for how long is not told"},
		{dispensed("completed", "2026-11-01", `,"daysSupply":{"value":3,"unit":"days"}`), "", ""},
		{dispensed("completed", "2026-11-01", `,"daysSupply":{"unit":"days"}`), "", "for how long is not told"},
		{dispensed("completed", "2999-11-01", ""), "", ""},
		{dispensed("completed", "2026-11-01", `,"category":{"coding":[{"code":"inpatient"}]}`), "", ""},
		{dispensed("stopped", "2026-11-01", ""), "", ""},
		{dispensed("completed", "2026-11-01", ""), order("apixaban", "active", "2026-01-01"), ""},
		{strings.Replace(order("Apixaban 5 mg tablet", "completed", "2026-11-10"), `"intent"`, `"dispenseRequest":{"expectedSupplyDuration":{"value":30,"code":"d"}},"intent"`, 1), "", may + " (completed, supply until 10 Dec 2026"},
		{strings.Replace(order("Apixaban 5 mg tablet", "completed", "2026-11-10"), `"intent"`, `"dispenseRequest":{"expectedSupplyDuration":{"value":30,"code":"d"}},"intent"`, 1), order("apixaban", "active", "2026-01-01"), ""},
		{dispensed("completed", "2026-11-01", ""), order("Apixaban", "stopped", "2026-11-10"), "; yet Apixaban told as stopped: bleed"},
		{dispensed("completed", "2026-11-01", month), strings.Replace(order("Apixaban 5 mg", "active", "2026-01-01"), `"intent"`, `"dosageInstruction":[{"timing":{"repeat":{"boundsPeriod":{"start":"2026-01-01","end":"2026-11-05"}}}}],"intent"`, 1), "(dispensed, supply until 1 Dec 2026"},
		{strings.Replace(dispensed("completed", "2026-11-01", month), "Apixaban 5 mg tablet", "Metformin/Sitagliptin 1000/50", 1), order("Metformin 1000 mg", "active", "2026-01-01"), "medicine Metformin/Sitagliptin 1000/50 (dispensed"},
		{strings.Replace(dispensed("completed", "2026-11-01", month), "Apixaban 5 mg tablet", "amoxicillin and clavulanate", 1), order("Amoxicillin", "active", "2026-01-01"), "medicine amoxicillin and clavulanate (dispensed"},
		{strings.Replace(dispensed("completed", "2026-11-01", month), "Apixaban 5 mg tablet", "Metformin/Sitagliptin 1000/50", 1), order("Sitagliptin and Metformin", "active", "2026-01-01"), ""},
		{strings.Replace(dispensed("completed", "2026-11-01", month), "Apixaban 5 mg tablet", "Paracetamol 120 mg/5 ml syrup", 1), order("Paracetamol", "active", "2026-01-01"), ""},
		{strings.Replace(order("Apixaban 5 mg tablet", "completed", "2026-10-10"), `"intent"`, `"dispenseRequest":{"validityPeriod":{"end":"2027-10-10"},"numberOfRepeatsAllowed":2},"intent"`, 1), "", may + " (completed, prescription valid until 10 Oct 2027"},
		{strings.Replace(order("Apixaban 5 mg tablet", "completed", "2026-10-10"), `"intent"`, `"dispenseRequest":{"validityPeriod":{"end":"2027-10-10"},"numberOfRepeatsAllowed":0},"intent"`, 1), "", ""},
		{dispensed("cancelled", "2026-11-01", month), "", ""},
		{dispensed("declined", "2026-11-01", month), "", ""},
		{dispensed("stopped", "2026-11-01", month), "", ""},
		{dispensed("preparation", "2026-11-01", month), "", ""},
		{dispensed("completed", "2026-11-01", month), order("apixaban", "active", "2026-01-01"), ""},
		{dispensed("completed", "2026-11-01", month), order("apixaban", "on-hold", "2026-01-01"), may},
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

// What was injected weeks ago to act for months may act still, unless a medicine that
// stands tells it; how long nobody says.
func TestR38WhatWasInjectedToActForLongMayActStill(t *testing.T) {
	given := func(name, day, status string) string {
		return `{"resourceType":"MedicationAdministration","status":"` + status + `","medicationCodeableConcept":{"text":"` + name + `"},"effectiveDateTime":"` + day + `","dosage":{"dose":{"value":150,"unit":"mg"}}}`
	}
	order := func(name, status string) string {
		return `{"resourceType":"MedicationRequest","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"` + name + `"},"authoredOn":"2026-01-01","statusReason":{"text":"fever"}}`
	}
	ordered := func(name, status, day string) string {
		return `{"resourceType":"MedicationRequest","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"` + name + `"},"authoredOn":"` + day + `"}`
	}
	handed := func(name, status string) string {
		return `{"resourceType":"MedicationDispense","status":"` + status + `","medicationCodeableConcept":{"text":"` + name + `"},"whenHandedOver":"2026-11-10"}`
	}
	const line = "May be so: see the record medicine Paliperidone depot 150 mg: 150 mg (how long it acts is not told, given, on 10 Nov 2026)"
	depot := given("Paliperidone depot 150 mg", "2026-11-10", "completed")
	for _, c := range []struct {
		records []string
		want    string // "" for nothing under May be so
	}{
		{[]string{depot}, line},
		{[]string{given("Haloperidol decanoate", "2026-06-10", "completed")}, "Haloperidol decanoate: 150 mg (how long it acts is not told, given, on 10 Jun 2026)"},
		{[]string{given("Medroxyprogesterone", "2026-09", "completed")}, "given, on Sep 2026)"},
		{[]string{given("Risperidone LAI", "2026-11-10T09:30:00+01:00", "completed")}, "given, on 10 Nov 2026 09:30)"},
		{[]string{given("Olanzapin-Embonat", "2026-11-10", "completed"), given("Olanzapin-Embonat", "2026-10-10", "completed")}, "given, on 10 Nov 2026) 2026"},
		{[]string{depot, order("Paliperidone 150 mg injection", "stopped")}, "[1]; yet"},
		{[]string{depot, order("Paliperidone 6 mg tablet", "active")}, line},
		{[]string{depot, order("Paliperidone tablet", "active")}, line},
		{[]string{depot, order("Paliperidone 150 mg injection", "active")}, ""},
		{[]string{depot, order("Paliperidone 150 mg injection", "on-hold")}, line}, // which says that it is not to be given, and not that it acts
		{[]string{given("Paliperidone depot 150 mg", "2026-05-01", "completed")}, ""},
		{[]string{given("Paliperidone depot 150 mg", "2026-11-10", "not-done")}, ""},
		{[]string{given("Paliperidone depot 150 mg", "2026-11-10", "entered-in-error")}, ""},
		{[]string{given("Chloramphenicol palmitate oral", "2026-11-10", "completed")}, ""},
		{[]string{given("Depot insulin", "2026-11-10", "completed")}, ""},
		{[]string{given("Ceftriaxone", "2026-11-10", "completed")}, ""},
		{[]string{given("Buprenorphine 96 mg prolonged-release solution for injection", "2026-10-28", "completed")}, "given, on 28 Oct 2026)"},
		{[]string{given("aripiprazole 400 MG Extended Release Suspension for Injection", "2026-11-10", "completed")}, "given, on 10 Nov 2026)"},
		{[]string{given("Suspensión inyectable de liberación prolongada", "2026-11-10", "completed")}, "given, on 10 Nov 2026)"},
		{[]string{given("Metoprolol extended release", "2026-11-10", "completed")}, ""},
		{[]string{handed("naltrexone 380 mg extended-release suspension for injection", "completed")}, "May be so: see the record medicine naltrexone 380 mg extended-release suspension for injection (how long it acts is not told, handed out, since 10 Nov 2026)"},
		{[]string{handed("Paliperidone depot 150 mg", "completed"), order("Paliperidone 150 mg injection", "active")}, ""},
		{[]string{handed("Paliperidone depot 150 mg", "declined")}, ""},
		{[]string{handed("Metoprolol extended release", "completed")}, "Metoprolol extended release (for how long is not told, handed out, since 10 Nov 2026)"},
		{[]string{ordered("Paliperidone depot 150 mg", "completed", "2026-11-10")}, "May be so: see the record medicine Paliperidone depot 150 mg (completed, how long it acts is not told, ordered 10 Nov 2026)"},
		{[]string{ordered("Paliperidone depot 150 mg", "completed", "2026-11-10"), depot}, "(how long it acts is not told, given, on 10 Nov 2026)"},
		{[]string{ordered("Paliperidone depot 150 mg", "completed", "2026-10-10"), ordered("Paliperidone depot 150 mg", "active", "2026-11-10")}, ""},
		{[]string{ordered("Paliperidone depot 150 mg", "completed", "2026-05-01")}, ""},
		{[]string{ordered("Paliperidone depot 150 mg", "stopped", "2026-11-10")}, ""},
		{[]string{ordered("Paliperidone depot 150 mg", "cancelled", "2026-11-10")}, ""},
		{[]string{strings.Replace(ordered("Paliperidone depot 150 mg", "completed", "2026-11-10"), `"intent"`, `"doNotPerform":true,"intent"`, 1)}, ""},
		{[]string{ordered("Paliperidone 6 mg tablet", "completed", "2026-11-10")}, ""},
		{[]string{`{"resourceType":"MedicationStatement","status":"completed","medicationCodeableConcept":{"text":"Denosumab depot"},"effectiveDateTime":"2026-10-01"}`}, "Denosumab depot (completed, how long it acts is not told"},
	} {
		s := Tell(lines("A", c.records...), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if c.want == "" && len(s.Unclear) > 0 {
			t.Errorf("%s: may be so: %q", c.records, names(s.Unclear))
		}
		expectText(t, s, []string{strings.TrimPrefix(c.want, "[1]")})
	}
}

// An infusion that runs says since what hour.
func TestR38AnInfusionSaysSinceWhatHour(t *testing.T) {
	heparin := `{"resourceType":"MedicationAdministration","status":"in-progress","medicationCodeableConcept":{"text":"Heparin"},"effectiveDateTime":"2026-11-28T02:00:00Z"}`
	expectText(t, Tell(lines("A", heparin), Options{Kinds: allKinds}), []string{"Now medicine Heparin (in progress, administration, since 28 Nov 2026 02:00 UTC)"})
}
