package timeline_test

import (
	"testing"

	. "github.com/stele-health/stele/timeline"
)

func panel(results string) string {
	return `{"resourceType":"DiagnosticReport","id":"r","status":"final","code":{"text":"Panel"},"result":[` + results + `]}`
}

// What a report or a document lists and is not here is told, and told apart from what
// was withdrawn and from what was an error: a result that is missing is read as one
// that was normal.
func TestR38WhatAReportListsAndIsNotHereIsTold(t *testing.T) {
	sodium := `{"resourceType":"Observation","id":"1","status":"final","code":{"text":"Sodium"},"valueQuantity":{"value":140}}`
	withdrawn := withdraws("Observation/2")
	of := func(status string) string {
		return `{"resourceType":"Observation","id":"2","status":"` + status + `","code":{"text":"Kalium"},"valueQuantity":{"value":9}}`
	}
	both := `{"reference":"Observation/1"},{"reference":"Observation/2","display":"Potassium"}`
	for _, c := range []struct {
		records []string
		want    string
		never   string
	}{
		{[]string{panel(both), sodium}, "Panel · 1 result not here: Potassium", ""},
		{[]string{panel(`{"reference":"Observation/1"},{"reference":"Observation/2"},{"display":"CRP"}`), sodium}, "Panel · 2 results not here: CRP", ""},
		{[]string{panel(both), sodium, of("entered-in-error")}, "Panel · 1 result entered in error: Potassium", "not here"},
		{[]string{panel(both), sodium, of("final"), withdrawn}, "Panel · 1 result withdrawn by its source: Potassium", "not here"},
		{[]string{panel(both), sodium, of("final")}, "Kalium 9", "not here"},
		{[]string{panel(`{"reference":"Observation/o"}`), sodium, `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Organism 1"},"valueString":"S. aureus","hasMember":[{"reference":"Observation/1"}]}`},
			"Panel · with its results: Organism 1", "not here"},
		{[]string{`{"resourceType":"Observation","id":"p","status":"final","code":{"text":"Panel"},"hasMember":[` + both + `]}`, sodium}, "Panel · 1 result not here: Potassium", ""},
		{[]string{`{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Panel"},"contained":[{"resourceType":"Observation","id":"a","code":{"text":"A"},"valueInteger":1}],"result":[{"reference":"#a"}]}`}, "Panel", "not here"},
		{[]string{`{"resourceType":"Composition","status":"final","type":{"text":"Summary"},"title":"Summary","section":[{"title":"Results","entry":[` + both + `],"section":[{"title":"Deep","entry":[{"reference":"AllergyIntolerance/9","display":"Nuts"}]}]}]}`, sodium},
			"2 listed records not here: Potassium, Nuts", ""},
		{[]string{`{"resourceType":"List","status":"current","mode":"working","title":"Medicines","entry":[{"item":{"reference":"MedicationStatement/1","display":"Warfarin"}},{"deleted":true,"item":{"reference":"MedicationStatement/2","display":"Aspirin"}}]}`},
			"1 listed record not here: Warfarin", ""},
		{[]string{`{"resourceType":"CarePlan","status":"active","intent":"plan","title":"Plan","activity":[{"reference":{"reference":"ServiceRequest/1","display":"Dialysis"}}]}`}, "1 listed record not here: Dialysis", ""},
	} {
		never := []string{}
		if c.never != "" {
			never = append(never, c.never)
		}
		expectText(t, Tell(lines("A", c.records...), Options{Kinds: allKinds}), []string{c.want}, never...)
	}
	// The same report of two sources, of which one has all that it lists.
	named := panel(`{"reference":"Observation/1","display":"Sodium"},{"reference":"Observation/2","display":"Kalium"}`)
	for _, sources := range [][2]string{{"A", "B"}, {"B", "A"}} {
		s := Tell(append(lines(sources[0], named), lines(sources[1], named, sodium, of("final"))...), Options{Kinds: allKinds})
		expectText(t, s, []string{"Panel", "Sodium 140"}, "not here")
	}
}

// Results of a report that was taken back stand there as if it held: they say so.
func TestR38ResultsOfARetractedReportSaySo(t *testing.T) {
	result := `{"resourceType":"Observation","id":"2","status":"final","code":{"text":"Potassium"},"valueQuantity":{"value":9}}`
	report := func(id, version, status, results string) string {
		return `{"resourceType":"DiagnosticReport","id":"` + id + `","meta":{"versionId":"` + version + `"},"status":"` + status + `","code":{"text":"Panel"},"result":[` + results + `]}`
	}
	two := `{"reference":"Observation/2"}`
	for _, c := range []struct {
		records []string
		want    string
		never   string
	}{
		{[]string{result, report("r", "1", "entered-in-error", two)}, "Potassium 9 · its report was entered in error", ""},
		{[]string{result, report("r", "1", "final", two), withdraws("DiagnosticReport/r")}, "Potassium 9 · its report was withdrawn by its source", ""},
		{[]string{result, report("r", "1", "final", two), report("r", "2", "corrected", `{"reference":"Observation/3"}`)}, "Potassium 9 · its report no longer lists it", ""},
		{[]string{result, report("r", "1", "final", two), report("r", "2", "corrected", two)}, "Potassium 9", "its report"},
		{[]string{result, report("r", "1", "entered-in-error", two), report("q", "1", "final", two)}, "Potassium 9", "its report"},
		{[]string{result, `{"resourceType":"Observation","id":"p","status":"entered-in-error","code":{"text":"Panel"},"hasMember":[` + two + `]}`}, "Potassium 9 · its panel was entered in error", ""},
	} {
		never := []string{}
		if c.never != "" {
			never = append(never, c.never)
		}
		expectText(t, Tell(lines("A", c.records...), Options{Kinds: allKinds}), []string{c.want}, never...)
	}
}

// What a reference is called and what it leads to are told both, where they differ.
func TestR39AReferenceThatSaysAnotherNameTellsBoth(t *testing.T) {
	order := func(ref string) string {
		return `{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","medicationReference":` + ref + `}`
	}
	medicine := func(name, status string) string {
		return `{"resourceType":"Medication","id":"m"` + status + `,"code":{"text":"` + name + `"}}`
	}
	to := func(display string) string { return `{"reference":"Medication/m","display":"` + display + `"}` }
	for _, c := range []struct {
		records []string
		want    string
	}{
		{[]string{order(to("Warfarin 1 mg")), medicine("Warfarin 5 mg", "")}, "Warfarin 1 mg (its record says: Warfarin 5 mg)"},
		{[]string{order(to("Heparin")), medicine("Warfarin", "")}, "Heparin (its record says: Warfarin)"},
		{[]string{order(to("warfarin")), medicine("Warfarin 5 mg tablet", "")}, "Warfarin 5 mg tablet"},
		{[]string{order(to("Warfarin 5 mg tablet")), medicine("Warfarin", "")}, "Warfarin 5 mg tablet"},
		{[]string{order(to("Warfarin"))}, "Warfarin"},
		{[]string{order(to("Warfarin")), medicine("Warfarin", `,"status":"entered-in-error"`)}, "Warfarin (entered in error)"},
		{[]string{order(to("Warfarin")), medicine("Warfarin", ``), withdraws("Medication/m")}, "Warfarin (withdrawn by its source)"},
		{[]string{`{"resourceType":"MedicationRequest","status":"active","intent":"order","contained":[{"resourceType":"Medication","id":"m","status":"entered-in-error","code":{"text":"Warfarin"}}],"medicationReference":{"reference":"#m"}}`}, "Warfarin (entered in error)"},
		{[]string{`{"resourceType":"MedicationRequest","status":"active","intent":"order","contained":[{"resourceType":"Medication","id":"m","status":"entered-in-error","code":{"text":"Warfarin"}}],"medicationReference":{"reference":"#m","display":"Warfarin"}}`}, "Warfarin (entered in error)"},
		{[]string{`{"resourceType":"MedicationRequest","status":"active","intent":"order","contained":[{"resourceType":"Medication","id":"m","code":{"text":"Heparin"}}],"medicationReference":{"reference":"#m","display":"Warfarin"}}`}, "Warfarin (its record says: Heparin)"},
	} {
		expect(t, "now", names(Tell(lines("A", c.records...), Options{}).Now), c.want)
	}
	s := Tell(lines("A", `{"resourceType":"Practitioner","id":"d","name":[{"family":"Adams"}]}`,
		`{"resourceType":"Procedure","status":"completed","code":{"text":"X"},"reasonReference":[{"reference":"Practitioner/d","display":"Dr A."}]}`), Options{Kinds: allKinds})
	expectText(t, s, []string{"Dr A."}, "its record says")
	// And two sources that mean two medicines by one name tell two facts.
	s = Tell(append(lines("A", order(to("Tablets")), medicine("Warfarin", "")), lines("B", order(to("Tablets")), medicine("Heparin", ""))...), Options{})
	expect(t, "now", names(s.Now), "Tablets (its record says: Heparin)", "Tablets (its record says: Warfarin)")
}

// What a ward gives is not what is taken at home: the order says which.
func TestR39WhereAMedicineIsGivenIsTold(t *testing.T) {
	for _, c := range []struct{ category, want string }{
		{`{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/medicationrequest-category","code":"inpatient","display":"Inpatient"}]}`, "inpatient"},
		{`{"coding":[{"code":"community"}]}`, "community"},
		{`{"coding":[{"code":"discharge","display":"Discharge"}]}`, "at discharge"},
		{`{"text":"Day clinic"}`, "Day clinic"},
	} {
		for _, kind := range []string{`"MedicationRequest","intent":"order","category":[` + c.category + `]`, `"MedicationStatement","category":` + c.category, `"MedicationAdministration","category":` + c.category} {
			s := Tell(lines("A", `{"resourceType":`+kind+`,"status":"active","medicationCodeableConcept":{"text":"M"}}`), Options{Kinds: allKinds})
			expectText(t, s, []string{c.want})
		}
	}
}
