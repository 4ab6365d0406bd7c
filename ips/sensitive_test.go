package ips_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/labels"
	"github.com/stele-health/stele/timeline"
)

func TestR41WhatIsSensitiveLeavesNoTrace(t *testing.T) {
	all := elena(t)
	open := slices.DeleteFunc(slices.Clone(all), func(it timeline.Item) bool { return len(it.Label.Sensitivity) > 0 })
	if len(open) == len(all) {
		t.Fatal("nothing in the chart is sensitive")
	}
	doc := made(t, all)
	if doc != made(t, open) {
		t.Error("a summary differs by what is withheld from it")
	}
	if with := made(t, all, stele.Sensitivities()...); !strings.Contains(with, "epressi") || !strings.Contains(with, `"confidentiality":"R"`) {
		t.Error("what is allowed is not there")
	}
	if strings.Contains(doc, "epressi") || !strings.Contains(doc, `"confidentiality":"N"`) {
		t.Error("what is withheld is there")
	}
}

// labelOf is what the policy says of a summary, read by itself.
func labelOf(t testing.TB, doc string) labels.Label {
	t.Helper()
	r, err := fhir.Parse([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return labels.Default().Label(r, nil)
}

// The policy, which knows nothing of how a summary is made, finds in it what is sensitive
// if it was allowed, and else nothing.
func TestR41TheLabelOfASummaryIsOfWhatIsInIt(t *testing.T) {
	items := elena(t)
	if l := labelOf(t, made(t, items)); l.Category != stele.Summary || len(l.Sensitivity) > 0 {
		t.Errorf("%+v", l)
	}
	if l := labelOf(t, made(t, items, stele.PSY)); l.Category != stele.Summary || !slices.Equal(l.Sensitivity, []stele.Sensitivity{stele.PSY}) {
		t.Errorf("with what is allowed: %+v", l)
	}
	realCharts(t, func(t *testing.T, items []timeline.Item) {
		if l := labelOf(t, made(t, items)); l.Category != stele.Summary || len(l.Sensitivity) > 0 {
			t.Errorf("%+v", l)
		}
	})
}

// What was taken back by a record that is withheld does not come back by that.
func TestR41WhatIsWithheldTakesBackAllTheSame(t *testing.T) {
	versions := chart(t, patient, problem("c", "Canary", "active", `,"meta":{"versionId":"1"}`), problem("c", "Canary", "resolved", `,"meta":{"versionId":"2"}`))
	if doc := made(t, sealed(versions, 2, stele.PSY)); strings.Contains(doc, "Canary") {
		t.Error(screen(t, doc))
	}
	unclear := chart(t, patient, problem("c", "Canary", "odd", `,"meta":{"versionId":"1"}`), problem("c", "Canary", "resolved", `,"meta":{"versionId":"2"}`))
	if doc := made(t, sealed(unclear, 2, stele.PSY)); strings.Contains(doc, "Canary") {
		t.Error(screen(t, doc))
	}
	const vaccine = `{"resourceType":"Immunization","id":"v","meta":{"versionId":"1"},"status":"completed","vaccineCode":{"text":"Canary"},"patient":{"reference":"Patient/p"},"occurrenceDateTime":"2026-01-01"}`
	given := chart(t, patient, vaccine, strings.NewReplacer(`"1"`, `"2"`, `completed`, `not-done`).Replace(vaccine))
	if doc := made(t, sealed(given, 2, stele.SEX)); strings.Contains(doc, "Canary") {
		t.Error(screen(t, doc))
	}
	both := chart(t, patient, problem("c", "Gout", "active", ""), problem("c", "Gout", "active", `,"meta":{"versionId":"1"}`), problem("c", "Gout", "resolved", `,"meta":{"versionId":"2"}`))
	both[1].Source, both[1].SourceName = stele.SubjectOf([]byte("Lakeview")), "Lakeview"
	if doc := made(t, sealed(both, 3, stele.PSY)); strings.Count(doc, `"resourceType":"Condition"`) != 1 || !strings.Contains(doc, "Lakeview") {
		t.Error(screen(t, doc))
	}
	replaced := chart(t, patient, order("m", "Canary", "active", ""), order("n", "Other", "active", `,"priorPrescription":{"reference":"MedicationRequest/m"}`))
	if doc := made(t, sealed(replaced, 2, stele.PSY)); strings.Contains(doc, "Canary") || strings.Contains(doc, "Other") {
		t.Error(screen(t, doc))
	}
}

// "No known allergies" is not told where an allergy is withheld: nothing is known, then.
func TestR41NoneKnownIsNotToldBesideWhatIsWithheld(t *testing.T) {
	none := `{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}],"text":"No known allergies"},"patient":{"reference":"Patient/p"}}`
	items := chart(t, patient, none, allergy("a", "Disulfiram", ""))
	if doc := made(t, items[:2]); !strings.Contains(doc, `"716186003"`) || !strings.Contains(screen(t, doc), "No known allergies") {
		t.Error(screen(t, doc))
	}
	if doc := made(t, sealed(items, 2, stele.SUD)); strings.Contains(doc, "716186003") || !strings.Contains(screen(t, doc), "Nothing is listed here of allergies") {
		t.Error(screen(t, doc))
	}
	items[2].Label.Sensitivity = nil // told beside it, and an entry no more
	if doc := made(t, items); strings.Contains(doc, `"716186003"`) || !strings.Contains(doc, "No known allergies</b>, but see above") {
		t.Error(screen(t, doc))
	}
}

// TestR41NoneKnownIsNotToldBesideWhatIsRestricted: who may not read of the one allergy reads nobody's word that
// there is none, also where another is told; of another kind it is told.
func TestR41NoneKnownIsNotToldBesideWhatIsRestricted(t *testing.T) {
	const coded = `{"resourceType":"%s","%s":{"coding":[{"system":"http://snomed.info/sct","code":"%s"}],"text":"%s"},"%s":{"reference":"Patient/p"},"status":"%s"}`
	items := chart(t, patient,
		fmt.Sprintf(coded, "AllergyIntolerance", "code", "716186003", "No known allergies", "patient", "active"),
		fmt.Sprintf(coded, "MedicationStatement", "medicationCodeableConcept", "787481004", "No known medicines", "subject", "active"),
		fmt.Sprintf(coded, "Immunization", "vaccineCode", "787482006", "No known immunizations", "patient", "completed"),
		allergy("a", "Disulfiram", ""), allergy("b", "Latex", ""),
		`{"resourceType":"Immunization","id":"v","status":"completed","vaccineCode":{"text":"Tetanus"},"patient":{"reference":"Patient/p"},"occurrenceDateTime":"2020-01-01"}`,
		problem("c", "Allergy to nickel", "active", ""))
	for what, c := range map[string]struct {
		without      []int
		told, untold []string
	}{
		"nothing is restricted":                {nil, []string{"Disulfiram", "No known allergies", "but see above", "No known medicines", "No known immunizations"}, nil},
		"an allergy":                           {[]int{4, 5, 7}, []string{"No known medicines", "No known immunizations"}, []string{"Disulfiram", "No known allergies"}},
		"one of two":                           {[]int{4}, []string{"Latex", "No known medicines"}, []string{"Disulfiram", "No known allergies"}},
		"an allergy that is told as a problem": {[]int{7}, []string{"Latex"}, []string{"nickel", "No known allergies"}},
		"what happened":                        {[]int{6}, []string{"Latex", "No known allergies", "No known medicines"}, []string{"Tetanus", "No known immunizations"}},
		"what says that there is none":         {[]int{1}, []string{"Disulfiram"}, []string{"No known allergies"}},
	} {
		o := ips.Options{At: today, Withheld: map[stele.ID]bool{}}
		for _, n := range c.without {
			o.Withheld[items[n].Handle] = true
		}
		doc, err := ips.Make(items, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, words := range c.told {
			if !strings.Contains(string(doc), words) {
				t.Errorf("%s: %q is not told\n%s", what, words, screen(t, string(doc)))
			}
		}
		for _, words := range c.untold {
			if strings.Contains(string(doc), words) {
				t.Errorf("%s: %q is told\n%s", what, words, screen(t, string(doc)))
			}
		}
	}
}
