package telling_test

import (
	"testing"
)

func TestR39ACodeWithoutWordsNamesItsSystem(t *testing.T) {
	for _, c := range []struct{ coding, want string }{
		{`{"system":"http://loinc.org","code":"29463-7"}`, "LOINC 29463-7"},
		{`{"system":"http://hl7.org/fhir/sid/cvx","code":"212"}`, "CVX 212"},
		{`{"system":"urn:oid:1.2.3","code":"K"}`, "code K (urn:oid:1.2.3)"},
		{`{"code":"4711"}`, "code 4711"},
		{`{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"unknown"}`, "unknown"},
		{`{"code":"1"},{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}`, "Heart rate"},
	} {
		if got := told(`{"resourceType":"Observation","code":{"coding":[` + c.coding + `]}}`).Name; got != c.want {
			t.Errorf("%s is called %q, want %q", c.coding, got, c.want)
		}
	}
}
