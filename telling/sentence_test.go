package telling_test

import (
	"strings"
	"testing"
)

// TestOnlyTheKindOfQuantityIsTakenOutOfAName: what stands in brackets is told, but for
// what a LOINC name of a result says of the quantity.
func TestOnlyTheKindOfQuantityIsTakenOutOfAName(t *testing.T) {
	result := func(name string) string {
		return `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"1-8","display":"` + name + `"}]},"valueInteger":1}`
	}
	for _, c := range []struct{ record, want string }{
		{result("Glucose [Mass/volume] in Blood"), "Glucose 1"},
		{result("Glucose [Mass/volume] in Cerebral spinal fluid"), "Glucose in Cerebral spinal fluid 1"},
		{result("Leukocytes [#/volume] in Blood by Automated count"), "Leukocytes 1"},
		{result("Glucose [Mass/volume] in Blood by Test strip"), "Glucose in Blood by Test strip 1"},
		{result("Vancomycin [Moles/volume] in Serum or Plasma --trough"), "Vancomycin in Serum or Plasma --trough 1"},
		{result("Vancomycin [Susceptibility]"), "Vancomycin [Susceptibility] 1"},
		{result("HIV [presumed false positive]"), "HIV [presumed false positive] 1"},
		{`{"resourceType":"Observation","status":"final","code":{"text":"Panel"},"component":[{"code":{"text":"Protein [Mass/volume] in Urine"},"valueInteger":1},{"code":{"text":"Blood [lysed sample]"},"valueInteger":2}]}`,
			"Panel: Protein in Urine 1; Blood [lysed sample] 2"},
	} {
		if got := line(t, c.record); got != c.want {
			t.Errorf("%s\n is told as %q\n      want %q", c.record, got, c.want)
		}
	}
	for _, kind := range []struct{ record string }{
		{`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"NAME"}}`},
		{`{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"NAME"}}`},
		{`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"NAME"}}`},
		{`{"resourceType":"Flag","status":"active","code":{"text":"NAME"}}`},
		{`{"resourceType":"Procedure","status":"completed","code":{"text":"NAME"}}`},
		{`{"resourceType":"Immunization","status":"completed","vaccineCode":{"text":"NAME"}}`},
	} {
		for _, name := range []string{"warfarin 5 MG [DO NOT GIVE]", "tacrolimus 1 MG [Prograf] by mouth", "A [Mass/volume] in Blood"} {
			if got := line(t, strings.Replace(kind.record, "NAME", name, 1)); !strings.Contains(got, name) {
				t.Errorf("%q is told as %q", name, got)
			}
		}
	}
}
