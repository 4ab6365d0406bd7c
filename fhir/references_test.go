package fhir

import (
	"slices"
	"testing"
)

func TestPatientsAndReferences(t *testing.T) {
	r, err := Parse([]byte(`{"resourceType":"Observation","subject":{"reference":"urn:uuid:1"},"performer":[{"reference":"Practitioner/2"},{"reference":"Patient/3"},{"reference":"urn:uuid:4"}],"encounter":{"reference":"Encounter/5"},"derivedFrom":[{"reference":"urn:uuid:1"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Patients(), []string{"urn:uuid:1", "Patient/3"}; !slices.Equal(got, want) {
		t.Errorf("patients %v, want %v", got, want)
	}
	if got, want := r.References(), []string{"urn:uuid:1", "Practitioner/2", "Patient/3", "urn:uuid:4", "Encounter/5"}; !slices.Equal(got, want) {
		t.Errorf("references %v, want %v", got, want)
	}
}
