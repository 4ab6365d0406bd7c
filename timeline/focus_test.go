package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// A finding whose focus is somebody else stands on its day, and takes no result of the
// patient's own out of the first view; one about a part of the patient is her own.
func TestR38WhatIsFoundInAnotherIsNotThePatients(t *testing.T) {
	const hh = `,"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"HH"}]}]`
	const normal = `,"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"N"}]}]`
	finding := func(day, name, rest string) string {
		return `{"resourceType":"Observation","status":"final","subject":{"reference":"Patient/p"},"code":{"text":"` + name + `"},"effectiveDateTime":"` + day + `",` + rest + `}`
	}
	potassium := finding("2026-11-18", "Potassium", `"valueQuantity":{"value":8,"unit":"mmol/L"}`+hh)
	later := finding("2026-11-19", "Potassium", `"valueQuantity":{"value":4,"unit":"mmol/L"}`+normal)
	all := []string{
		potassium,
		finding("2026-11-18", "Antibody screen", `"valueString":"Anti-K"`),
		finding("2026-11-18", "Pregnancy status", `"valueString":"pregnant"`),
		finding("2026-11-18", "Pregnancy test", `"valueString":"positive"`),
		finding("2026-11-18", "Gestational age", `"valueQuantity":{"value":20,"unit":"weeks"}`),
		finding("2026-11-18", "Estimated date of delivery", `"valueDateTime":"2027-01-18"`),
		finding("2026-11-18", "Allergies", `"valueString":"Penicillin"`),
		finding("2026-11-18", "Resuscitation status", `"valueString":"Do not resuscitate"`),
	}
	of := func(record, focus string) string { return strings.Replace(record, "{", `{"focus":[`+focus+`],`, 1) }
	for _, record := range all {
		own := []string{`{"reference":"Patient/p"}`, `{"reference":"Patient/p/_history/3"}`, `{"reference":"https://a.example/fhir/Patient/p"}`, `{"reference":"Condition/1"}`, `{"reference":"https://a.example/fhir/BodyStructure/1/_history/2"}`, `{"reference":"urn:uuid:1","type":"Device"}`}
		others := []string{`{"reference":"RelatedPerson/b"}`, `{"reference":"Patient/baby"}`, `{"reference":"Patient/xp"}`, `{"reference":"https://a.example/fhir/RelatedPerson/1/_history/2"}`, `{"type":"RelatedPerson","display":"Donor"}`, `{"reference":"Condition/1"},{"reference":"RelatedPerson/b"}`}
		if record != potassium { // of which it is said whose it is
			others = append(others, `{"display":"Sister"}`, `{"reference":"urn:uuid:1"}`)
		} else {
			own = append(own, `{"display":"Sister"}`, `{"type":"Patient","identifier":{"system":"urn:mrn","value":"77"}}`)
		}
		for _, focus := range own {
			if s := Tell(lines("A", of(record, focus)), Options{Kinds: allKinds}); len(s.Now)+len(s.Unclear) != 1 {
				t.Errorf("not the patient's own: %s", of(record, focus))
			}
		}
		for _, focus := range others {
			if s := Tell(lines("A", of(record, focus)), Options{Kinds: allKinds}); len(s.Now)+len(s.Unclear) != 0 || len(s.Chapters) != 1 {
				t.Errorf("stands as the patient's own: %s\n%s", of(record, focus), s.Text(Page{Width: 200}))
			}
		}
	}
	for _, focus := range []string{`{"reference":"RelatedPerson/b"}`, `{"display":"Baby"}`} {
		if s := Tell(lines("A", potassium, of(later, focus)), Options{Kinds: allKinds}); len(s.Now) != 1 {
			t.Errorf("a child's result took the place of its mother's: %s", s.Text(Page{Width: 200}))
		}
	}
}
