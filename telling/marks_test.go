package telling_test

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
		{`{"coding":[{"system":"http://lab.example/flags","code":"7","display":"Critically high"}]}`, "↑↑ ", ""},
		{`{"text":"critically high"}`, "↑↑ ", ""},
		{`{"text":"Panic low"}`, "↓↓ ", ""},
		{`{"text":"CRITICAL"}`, "!! ", ""},
		{`{"text":"high for a child"}`, "high for a child", "↑"},
		{`{"text":"not high"}`, "not high", "↑"},
		{`{"coding":[{` + hl7 + `"code":"H"}],"text":"critically high"}`, "↑↑ ", ""},
		{`{"coding":[{` + hl7 + `"code":"H"}],"text":"Low"}`, "! ", "↑"},
	} {
		got := line(t, `{"resourceType":"Observation","status":"final","code":{"text":"Potassium"},"valueQuantity":{"value":7,"unit":"mmol/L"},"interpretation":[`+c.interpretation+`]}`)
		if !strings.Contains(got, c.says) || c.never != "" && strings.Contains(got, c.never) {
			t.Errorf("%s\n%s", c.interpretation, got)
		}
	}
}

// An arrow is drawn where the range proves it, in whatever form it is written.
func TestR39ArrowsAreDrawnWhereTheyAreCertain(t *testing.T) {
	for _, c := range []struct{ value, bounds, mark string }{
		{`"value":250,"unit":"mg/L"`, `"high":{"value":5}`, ""},
		{`"value":250,"unit":"mg/L"`, `"high":{"value":5,"unit":"mg/dL"}`, ""},
		{`"value":250,"unit":"mg/L"`, `"high":{"value":5,"unit":"mg/l"}`, "↑"},
		{`"value":250`, `"high":{"value":5}`, "↑"},
		{`"value":0.2,"unit":"10*9/L"`, `"low":{"value":2,"unit":"10^9/L"}`, "↓"},
		{`"value":1000,"comparator":">","unit":"ng/L"`, `"high":{"value":14,"unit":"ng/L"}`, "↑"},
		{`"value":10,"comparator":">","unit":"ng/L"`, `"high":{"value":14,"unit":"ng/L"}`, ""},
		{`"value":1000,"comparator":"<","unit":"ng/L"`, `"high":{"value":14,"unit":"ng/L"}`, ""},
		// On a bound a value is within, and more or less than the bound is without.
		{`"value":14,"unit":"ng/L"`, `"high":{"value":14,"unit":"ng/L"}`, ""},
		{`"value":14,"comparator":">=","unit":"ng/L"`, `"high":{"value":14,"unit":"ng/L"}`, ""},
		{`"value":14,"comparator":">","unit":"ng/L"`, `"high":{"value":14,"unit":"ng/L"}`, "↑"},
		{`"value":5.0,"unit":"ng/L"`, `"low":{"value":5,"unit":"ng/L"}`, ""},
		{`"value":5,"comparator":"<=","unit":"ng/L"`, `"low":{"value":5,"unit":"ng/L"}`, ""},
		{`"value":5,"comparator":"<","unit":"ng/L"`, `"low":{"value":5,"unit":"ng/L"}`, "↓"},
		// One word for two units, as their codes say.
		{`"value":150,"unit":"units/L","code":"[iU]/L"`, `"high":{"value":100,"unit":"units/L","code":"mU/L"}`, ""},
		{`"value":150,"unit":"units/L","code":"[iU]/L"`, `"high":{"value":100,"unit":"units/L","code":"[iU]/L"}`, "↑"},
		{`"value":8.9`, `"low":{"value":2},"high":{"value":3},"text":"2.0 - 3.0"`, "↑"},
		{`"value":111,"unit":"mmol/L"`, `"low":{"value":135,"unit":"mmol/L"},"high":{"value":145,"unit":"mmol/L"},"text":"135 to 145"`, "↓"},
		{`"value":111,"unit":"mmol/L"`, `"low":{"value":135,"unit":"mmol/L"},"high":{"value":145,"unit":"mmol/L"},"text":"135 to 145 in adults"`, ""},
		// One bound only, with a text that says it again.
		{`"value":9,"unit":"mg/L"`, `"high":{"value":5,"unit":"mg/L"},"text":"<5"`, "↑"},
		{`"value":5,"unit":"mg/L"`, `"high":{"value":5,"unit":"mg/L"},"text":"<5"`, ""},
		{`"value":9,"unit":"mg/L"`, `"high":{"value":5,"unit":"mg/L"},"text":"< 5.0 mg/L"`, "↑"},
		{`"value":9,"unit":"mg/L"`, `"high":{"value":5,"unit":"mg/L"},"text":"Up to 5 mg/L"`, "↑"},
		{`"value":40,"unit":"mL/min"`, `"low":{"value":60,"unit":"mL/min"},"text":">60"`, "↓"},
		{`"value":9,"unit":"mg/L"`, `"high":{"value":5,"unit":"mg/L"},"text":">5"`, ""},
		{`"value":9,"unit":"mg/L"`, `"high":{"value":5,"unit":"mg/L"},"text":"<50"`, ""},
		{`"value":9,"unit":"mg/L"`, `"high":{"value":5,"unit":"mg/L"},"text":"<5 if fasting"`, ""},
		// No bounds: the text alone.
		{`"value":6.1,"unit":"mmol/L"`, `"text":"3.5 - 5.0 mmol/L"`, "↑"},
		{`"value":3.1,"unit":"mmol/l"`, `"text":"(3.5–5.0 mmol/L)"`, "↓"},
		{`"value":4.1,"unit":"mmol/L"`, `"text":"3.5 to 5.0 mmol/L"`, ""},
		{`"value":6.1,"unit":"mmol/L"`, `"text":"3.5-5.0"`, ""},
		{`"value":6.1`, `"text":"3.5-5.0"`, "↑"},
		{`"value":110,"unit":"mg/dL"`, `"text":"3.5-5.0 mmol/L"`, ""},
		{`"value":3,"unit":"10*9/L"`, `"text":"4-11 10*9/L"`, "↓"},
		{`"value":150,"unit":"mg/dL"`, `"text":"<150 mg/dL"`, "↑"},
		{`"value":150,"unit":"mg/dL"`, `"text":"≤150 mg/dL"`, ""},
		{`"value":100,"comparator":"<","unit":"mg/dL"`, `"text":"<150 mg/dL"`, ""},
		{`"value":60,"comparator":"<=","unit":"mL/min"`, `"text":">60 mL/min"`, "↓"},
		{`"value":6.1,"unit":"mmol/L"`, `"text":"3.5-5.0 mmol/L in adults"`, ""},
		{`"value":6.1,"unit":"mmol/L"`, `"text":"negative"`, ""},
	} {
		got := line(t, observed(`"valueQuantity":{`+c.value+`},"referenceRange":[{`+c.bounds+`}]`))
		mark := ""
		if strings.HasPrefix(got, "↑ ") || strings.HasPrefix(got, "↓ ") {
			mark = strings.Fields(got)[0]
		}
		if mark != c.mark {
			t.Errorf("%s beside %s: %s", c.value, c.bounds, got)
		}
	}
}

// A code that says another number, side or denial than its text is told as well.
func TestR39ACodeThatContradictsItsTextIsTold(t *testing.T) {
	for _, c := range []struct {
		text, display string
		told          bool
	}{
		{"Non-reactive", "Reactive", true},
		{"warfarin 1 mg", "warfarin sodium 5 MG Oral Tablet", true},
		{"Diabetes mellitus type 1", "Diabetes mellitus type 2", true},
		{"Renal cell carcinoma left kidney", "Renal cell carcinoma of right kidney", true},
		{"Breast cancer", "Family history of malignant neoplasm of breast", true},
		{"Myocardial infarction", "Old myocardial infarction", true},
		{"Heart attack", "Acute heart attack (disorder)", false},
		{"warfarin 5 mg", "Warfarin Sodium 5 MG Oral Tablet", false},
	} {
		got := line(t, observed(`"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"1","display":"`+c.display+`"}],"text":"`+c.text+`"}`))
		if strings.Contains(got, "(also coded "+c.display+")") != c.told {
			t.Errorf("%s coded %s: %s", c.text, c.display, got)
		}
	}
}

// A unit beside the code of another is told with it.
func TestR39AUnitCodedAsAnotherIsTold(t *testing.T) {
	for _, c := range []struct {
		unit, code string
		told       bool
	}{
		{"mcg/kg/min", "mg/kg/min", true}, {"%", "mmol/mol", true}, {"C", "[degF]", true}, {"10*3/uL", "10*6/uL", true},
		{"mL", "{tablet}", true}, {"tablets", "{tablet}", false}, {"mcg/kg/min", "ug/kg/min", false}, {"bpm", "/min", false},
		{"mmHg", "mm[Hg]", false}, {"x10^9/L", "10*9/L", false}, {"mL/min/1.73m2", "mL/min/{1.73_m2}", false},
	} {
		got := line(t, observed(`"valueQuantity":{"value":5,"unit":"`+c.unit+`","code":"`+c.code+`","system":"http://unitsofmeasure.org"}`))
		if strings.Contains(got, "coded as") != c.told {
			t.Errorf("%s coded %s: %s", c.unit, c.code, got)
		}
	}
}

// A number is one in whatever form it was sent.
func TestR39ANumberInAnotherFormDrawsItsArrow(t *testing.T) {
	const salt = `"referenceRange":[{"low":{"value":135,"unit":"mmol/L"},"high":{"value":145,"unit":"mmol/L"}}]`
	const plain = `"referenceRange":[{"low":{"value":120},"high":{"value":160}}]`
	for _, c := range []struct{ value, mark string }{
		{`"valueInteger":62,` + plain, "↓ "},
		{`"valueInteger":130,` + plain, ""},
		{`"valueInteger":62,` + salt, ""},
		{`"valueInteger":62,` + strings.ReplaceAll(salt, "mmol/L", "1"), "↓ "},
		{`"valueInteger":62,` + strings.ReplaceAll(salt, "mmol/L", "{score}"), "↓ "},
		{`"valueInteger":62,` + strings.ReplaceAll(salt, "mmol/L", "{score"), ""},
		{`"valueInteger":62,` + strings.ReplaceAll(salt, "mmol/L", "10"), ""},
		{`"valueString":"118 mmol/L",` + salt, "↓ "},
		{`"valueString":"118",` + salt, ""},
		{`"valueString":"118 mg/L",` + salt, ""},
		{`"valueString":">160 mmol/L",` + salt, "↑ "},
		{`"valueString":"<160 mmol/L",` + salt, ""},
		{`"valueString":"118 mmol/L haemolysed",` + salt, ""},
		{`"valueString":"118-120 mmol/L",` + salt, ""},
	} {
		if got := line(t, observed(c.value)); strings.HasPrefix(got, "↑ ") || strings.HasPrefix(got, "↓ ") || c.mark != "" {
			if !strings.HasPrefix(got, c.mark+"X") {
				t.Errorf("%s: %s, want %q before it", c.value, got, c.mark)
			}
		}
	}
}

// What says nothing of the range leaves it to the range.
func TestR39AnInterpretationOfSomethingElseHidesNoArrow(t *testing.T) {
	const hl7 = `"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",`
	for _, c := range []struct{ interpretation, mark string }{
		{`{"coding":[{"system":"http://lab.example/flags","code":"7"}]}`, "↑ "},
		{`{"text":"see comment"}`, "↑ "},
		{`{"coding":[{` + hl7 + `"code":"W"}]}`, "↑ "},
		{`{"coding":[{` + hl7 + `"code":"N"}]}`, "! "}, // the two contradict each other
		{`{"text":"Within normal limits"}`, "! "},
		{`{"coding":[{` + hl7 + `"code":"LL"}]}`, "! "},
	} {
		got := line(t, observed(`"valueQuantity":{"value":9,"unit":"g"},"referenceRange":[{"high":{"value":5,"unit":"g"}}],"interpretation":[`+c.interpretation+`]`))
		if !strings.HasPrefix(got, c.mark+"X 9 g") {
			t.Errorf("%s: %s, want %q before it", c.interpretation, got, c.mark)
		}
	}
}
