package fhir

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Rules of which a fault was once planted that no test saw.
func TestRulesThatNoTestSaw(t *testing.T) {
	const code = `"status":"final","code":{"text":"x"}`
	reference := `{"resourceType":"Observation",` + code + `,"referenceRange":[{"text":"x","appliesTo":[{"text":"y"}]}]`
	for name, c := range map[string]struct{ src, want string }{
		"concept of text only at a required binding": {
			`{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},"clinicalStatus":{"text":"active"}}`,
			"AllergyIntolerance.clinicalStatus: binding allergyintolerance-clinical"},
		"a coding of code only": {
			`{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"code":"active"}]}}`,
			"AllergyIntolerance.clinicalStatus: binding allergyintolerance-clinical"},
		"a concept that has an extension only": {
			`{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},"clinicalStatus":{"extension":[{"url":"u","valueCode":"unknown"}]}}`, ""},
		"one of several codings is enough": {
			`{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"http://example.org","code":"x"},{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]}}`, ""},
		"a number where a bound code stands": {`{"resourceType":"Observation","status":5,"code":{"text":"x"}}`, "Observation.status: type code"},
		"no code where a bound code stands":  {`{"resourceType":"Observation","status":"fi  nal","code":{"text":"x"}}`, "Observation.status: type code"},
		"a text that is empty":               {`{"resourceType":"Observation",` + code + `,"valueString":""}`, "Observation.valueString: type string"},
		"a code that is empty":               {`{"resourceType":"Observation","status":"","code":{"text":"x"}}`, "Observation.status: type code"},
		"a narrative that is empty":          {`{"resourceType":"Patient","text":{"status":"generated","div":""}}`, "Patient.text.div: type xhtml"},
		"an address that is empty":           {reference + `,"implicitRules":""}`, "Observation.implicitRules: type uri"},
	} {
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if diff := cmp.Diff(want, rulesOf(t, c.src)); diff != "" {
			t.Errorf("%s\n%s", name, diff)
		}
	}
}

// An empty text is said to be empty, by every type that is a text.
func TestEmptyTextsAreSaidToBeEmpty(t *testing.T) {
	r, err := Parse([]byte(`{"resourceType":"Patient","id":"","language":"","implicitRules":"","birthDate":""}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range r.Validate() {
		if i.Text != "a string is not empty" {
			t.Errorf("%s", i)
		}
	}
}

// In R4 an element stands at most once or any number of times. A definition with
// another bound would need a check that Validate does not have.
func TestNoElementHasABoundBetweenOneAndMany(t *testing.T) {
	for _, typ := range tables().types {
		for _, e := range typ.elements {
			if e.max > 1 {
				t.Errorf("%s.%s: %s", typ.name, e.name, e.cardinality())
			}
		}
	}
}
