package timeline_test

import (
	"strings"
	"testing"
)

// No critical flag may be lost beside another code, and none drawn from a code
// that is not HL7's.
func TestR39TheMostSevereInterpretationIsTold(t *testing.T) {
	const hl7 = `"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",`
	for _, c := range []struct{ interpretation, says, never string }{
		{`{"coding":[{"system":"urn:oid:1.2.3","code":"PANIC"},{` + hl7 + `"code":"HH"}]}`, "↑↑", ""},
		{`{"coding":[{` + hl7 + `"code":"H"},{` + hl7 + `"code":"HH"}]}`, "↑↑", ""},
		{`{"coding":[{` + hl7 + `"code":"HH"}]},{"coding":[{` + hl7 + `"code":"H"}]}`, "↑↑", ""},
		{`{"coding":[{` + hl7 + `"code":"A"}]},{"coding":[{"code":"L"}]}`, "↓", "!"},
		{`{"coding":[{"system":"urn:oid:2.16.840.1.113883.12.78","code":"LL"}]}`, "↓↓", ""},
		{`{"coding":[{"code":"H"},{"code":"L"}]}`, "!", "↑"},
		{`{"coding":[{"system":"http://lab.example/flags","code":"L","display":"Look at me"}]}`, "Look at me", "↓"},
	} {
		got := line(t, `{"resourceType":"Observation","status":"final","code":{"text":"Potassium"},"valueQuantity":{"value":7,"unit":"mmol/L"},"interpretation":[`+c.interpretation+`]}`)
		if !strings.Contains(got, c.says) || c.never != "" && strings.Contains(got, c.never) {
			t.Errorf("%s\n%s", c.interpretation, got)
		}
	}
}
