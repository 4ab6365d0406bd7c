package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// What a grave event suspects, or an issue is about, is named whatever type of record the
// link leads to, also where that is called by a medicine in a record of its own; and a
// medicine under Now that it names says so.
func TestR39WhatIsSuspectedIsNamed(t *testing.T) {
	const (
		event  = `{"resourceType":"AdverseEvent","actuality":"actual","event":{"text":"Anaphylaxis"},"date":"2026-10-22","suspectEntity":[{"instance":{"reference":"X/1"}}]}`
		issue  = `{"resourceType":"DetectedIssue","status":"final","code":{"text":"Drug allergy"},"severity":"high","identifiedDateTime":"2026-10-22","implicated":[{"reference":"X/1"}]}`
		order  = `{"resourceType":"MedicationRequest","id":"9","status":"active","intent":"order","authoredOn":"2026-10-23","medicationCodeableConcept":{"text":"Ceftriaxone 2 g vial"}}`
		bottle = `{"resourceType":"Medication","id":"m","code":{"text":"ceftriaxone"}}`
		byCode = `"medicationCodeableConcept":{"text":"ceftriaxone"}`
		byLink = `"medicationReference":{"reference":"Medication/m"}`
	)
	for _, kind := range []string{"MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement"} {
		for _, medicine := range []string{byCode, byLink} {
			for record, name := range map[string]string{event: "Anaphylaxis", issue: "Drug allergy"} {
				given := `{"resourceType":"` + kind + `","id":"1","status":"stopped",` + medicine + `}`
				s := Tell(lines("A", linked(record, kind), given, bottle, order), Options{Kinds: allKinds})
				expectText(t, s, []string{"yet alert told: " + name, "ceftriaxone (of 22 Oct 2026)"}, "not named")
			}
		}
	}
	for _, record := range []string{event, issue} {
		s := Tell(lines("A", linked(record, "MedicationAdministration"), order), Options{Kinds: allKinds})
		expectText(t, s, []string{"1 not named here (of 22 Oct 2026)"}, "yet ")
	}
}

// linked is a record whose link leads to a record of a type.
func linked(record, kind string) string { return strings.Replace(record, "X/1", kind+"/1", 1) }
