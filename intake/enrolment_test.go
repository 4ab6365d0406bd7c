package intake

import (
	"strings"
	"testing"

	"github.com/stele-health/stele/fhir"
)

// TestR37WhatAnEnrolmentCannotReadIsSaid reads Patients of which a part that says who they
// are is not written as FHIR does.
func TestR37WhatAnEnrolmentCannotReadIsSaid(t *testing.T) {
	for patient, unread := range map[string]string{
		`"name":[{"family":"Alvar"}],"birthDate":"1970-05-01","gender":"female"`: "",
		`"photo":[{"data":"A"}],"extension":{"url":"u"}`:                         "",
		`"contained":[{"resourceType":"Patient","id":"a","name":{}}]`:            "",
		`"id":"a_b"`:                           "",
		`"name":{"family":"Alvar"}`:            "Patient.name: ",
		`"name":[{"family":["Alvar"]}]`:        "Patient.name[0].family: ",
		`"name":[{"given":"Ana"}]`:             "Patient.name[0].given: ",
		`"name":[{"surname":"Alvar"}]`:         "Patient.name[0].surname: ",
		`"birthDate":"01.05.1970"`:             "Patient.birthDate: ",
		`"birthDate":1970`:                     "Patient.birthDate: ",
		`"gender":"F"`:                         "Patient.gender: ",
		`"identifier":[{"value":4711}]`:        "Patient.identifier[0].value: ",
		`"identifier":{"value":"4711"}`:        "Patient.identifier: ",
		`"link":[{"other":[],"type":"refer"}]`: "Patient.link.other, ",
	} {
		r, err := fhir.Parse([]byte(`{"resourceType":"Patient",` + patient + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, got := Read(r); !strings.HasPrefix(got, unread) || (got == "") != (unread == "") {
			t.Errorf("%s: %q, want %q", patient, got, unread)
		}
	}
}
