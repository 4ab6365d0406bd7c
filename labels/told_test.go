package labels

import (
	"strings"
	"testing"

	"github.com/stele-health/stele/fhir"
)

// TestR41WhatTellsAndWhatDoesNot goes through what may stand where a record says what it
// is about.
func TestR41WhatTellsAndWhatDoesNot(t *testing.T) {
	const local = `{"coding":[{"system":"http://north.example/codes","code":"X7"}]}`
	within := func(resource string) string {
		return `{"resourceType":"Condition","code":{"text":"Gout"},"contained":[` + resource + `]}`
	}
	linked := func(value string) string {
		return `{"resourceType":"Basic","code":{"text":"Knee measurements"},"extension":[{"url":"http://x.example/e",` + value + `}]}`
	}
	for _, c := range []struct{ what, src, want string }{
		{"a code of how, with words", `{"resourceType":"Procedure","code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActClass","code":"PROC","display":"Appendectomy"}]}}`, "PDS"},
		{"a local code", `{"resourceType":"Procedure","code":` + local + `}`, "PDS"},
		{"a local code with words", `{"resourceType":"Procedure","code":{"coding":[{"system":"http://north.example/codes","code":"X7","display":"Appendectomy"}]}}`, "-"},
		{"words without a code", `{"resourceType":"Procedure","code":{"coding":[{"display":"Appendectomy"}]}}`, "-"},
		{"a coding of nothing", `{"resourceType":"Procedure","code":{"coding":[{}]}}`, "PDS"},
		{"an address that is empty", `{"resourceType":"MedicationRequest","medicationReference":{"reference":""}}`, "PDS"},
		{"an address of nothing", `{"resourceType":"MedicationRequest","medicationReference":{"reference":"#"}}`, "PDS"},
		{"an address of what is not there", `{"resourceType":"MedicationRequest","contained":[{"resourceType":"Medication","id":"m","code":{"text":"Aspirin"}}],"medicationReference":{"reference":"#n"}}`, "PDS"},
		{"an address of what is", `{"resourceType":"MedicationRequest","contained":[{"resourceType":"Medication","id":"m","code":{"text":"Aspirin"}}],"medicationReference":{"reference":"#m"}}`, "-"},
		{"an address of what can't be read", `{"resourceType":"MedicationRequest","contained":[{"resourceType":"Medication","id":"m","code":` + local + `}],"medicationReference":{"reference":"#m"}}`, "PDS"},

		// What is contained is judged by itself, but for what an order leads to.
		{"a procedure within", within(`{"resourceType":"Procedure","id":"x","code":` + local + `}`), "PDS"},
		{"a medicine within", within(`{"resourceType":"Medication","id":"x","code":` + local + `}`), "-"},
		{"a device within", within(`{"resourceType":"Device","id":"x","type":` + local + `}`), "-"},
		{"a specimen within", within(`{"resourceType":"Specimen","id":"x","type":` + local + `}`), "-"},
		{"a procedure that says nothing", within(`{"resourceType":"Procedure","id":"x"}`), "-"},

		// An address says by its end what it is called, data by all of it.
		{"an address of HIV", linked(`"valueUri":"http://x.example/hiv-positive"`), "HIV"},
		{"at HIV's", linked(`"valueUri":"http://hiv-positive.example/knee"`), "-"},
		{"and closed", linked(`"valueUri":"http://x.example/hiv-positive/#"`), "HIV"},
		{"data of HIV", linked(`"valueUri":"data:text/plain,hiv-positive/knee"`), "HIV"},
	} {
		if got := said(Default().Label(parse(t, c.src), nil)); got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.what, c.src, got, c.want)
		}
	}
}

// TestR41AReferenceTellsByWhatItLeadsTo: all that one name leads to is to be read, and
// there is something.
func TestR41AReferenceTellsByWhatItLeadsTo(t *testing.T) {
	aspirin, local := `{"resourceType":"Medication","code":{"text":"Aspirin"}}`, `{"resourceType":"Medication","code":{"coding":[{"system":"http://north.example/codes","code":"X7"}]}}`
	order := parse(t, `{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/1"}}`)
	for _, c := range []struct {
		found []string
		want  string
	}{
		{nil, "PDS"}, {[]string{aspirin}, "-"}, {[]string{local}, "PDS"}, {[]string{aspirin, local}, "PDS"}, {[]string{local, aspirin}, "PDS"}, {[]string{aspirin, aspirin}, "-"},
		{[]string{aspirin, strings.Replace(aspirin, "Aspirin", "Methadone", 1)}, "SUD"},
	} {
		l := Default().Label(order, func(string) (list []*fhir.Resource) {
			for _, src := range c.found {
				list = append(list, parse(t, src))
			}
			return list
		})
		if got := said(l); got != c.want {
			t.Errorf("%q is %s, want %s", c.found, got, c.want)
		}
	}
}

// TestR41WhereAPhraseStandsChangesNothing: an ordinary phrase covers the words in it, as
// far in a text as may be, and no others.
func TestR41WhereAPhraseStandsChangesNothing(t *testing.T) {
	told := func(text string) string {
		return said(Default().Label(parse(t, `{"resourceType":"Condition","code":{"text":"`+text+`"}}`), nil))
	}
	for _, far := range []string{"", strings.Repeat("knee ", maxPattern), strings.Repeat("hearing aids ", maxPattern)} {
		for text, want := range map[string]string{
			"hearing aids": "-", "hearing aid": "-", "aids": "HIV", "hearing aids, aids": "HIV", "aids, hearing aids": "HIV", "aids of hearing": "HIV",
		} {
			if got := told(far + text); got != want {
				t.Errorf("%q after %d letters is %s, want %s", text, len(far), got, want)
			}
			if got := told(text + " " + far); got != want {
				t.Errorf("%q before %d letters is %s, want %s", text, len(far), got, want)
			}
		}
	}
}

// TestR41AnAnswerNeedNotTellButMayNotHide: a value without words and codes hides nothing,
// and one in codes or letters that nobody can read does.
func TestR41AnAnswerNeedNotTellButMayNotHide(t *testing.T) {
	const north, loinc = `"system":"http://north.example/codes"`, `"system":"http://loinc.org"`
	for value, want := range map[string]string{
		`"valueCodeableConcept":{}`:                                                                                                           "-",
		`"valueCodeableConcept":{"coding":[{` + north + `}]}`:                                                                                 "-",
		`"valueCodeableConcept":{"coding":[{` + north + `,"code":"X7"}]}`:                                                                     "PDS",
		`"valueCodeableConcept":{"coding":[{` + north + `,"code":"X7"}],"text":"12"}`:                                                         "PDS",
		`"valueCodeableConcept":{"coding":[{` + north + `,"code":"X7"}],"text":"raised"}`:                                                     "-",
		`"valueCodeableConcept":{"coding":[{` + north + `,"code":"X7","display":"raised"}]}`:                                                  "-",
		`"valueCodeableConcept":{"coding":[{` + north + `,"code":"X7"},{` + loinc + `,"code":"LA6576-8"}]}`:                                   "-",
		`"valueCodeableConcept":{"coding":[{"code":"pos"}]}`:                                                                                  "-",
		`"valueCodeableConcept":{"text":"陽性反応"}`:                                                                                              "PDS",
		`"valueCodeableConcept":{"coding":[{` + north + `}],"text":"陽性反応"}`:                                                                   "PDS",
		`"valueCoding":{` + north + `,"code":"X7"}`:                                                                                           "PDS",
		`"valueCoding":{` + north + `,"code":"X7","display":"raised"}`:                                                                        "-",
		`"valueString":"陽性反応"`:                                                                                                                "PDS",
		`"valueString":"12"`:                                                                                                                  "-",
		`"component":[{"code":{"text":"Sodium"},"valueString":"陽性反応"}]`:                                                                       "PDS",
		`"component":[{"code":{"text":"Sodium"},"valueString":"12"},{"code":{"text":"Potassium"},"valueCoding":{` + north + `,"code":"X7"}}]`: "PDS",
	} {
		src := `{"resourceType":"Observation","code":{"text":"Sodium"},` + value + `}`
		if got := said(Default().Label(parse(t, src), nil)); got != want {
			t.Errorf("%s is %s, want %s", value, got, want)
		}
	}
	for answer, want := range map[string]string{
		`"valueCoding":{` + north + `,"code":"X7"}`: "PDS", `"valueString":"陽性反応"`: "PDS", `"valueString":"well"`: "-", `"valueBoolean":true`: "-",
		`"valueBoolean":true,"item":[{"linkId":"2","text":"Which one?","answer":[{"valueCoding":{` + north + `,"code":"X7"}}]}]`: "PDS",
	} {
		src := `{"resourceType":"QuestionnaireResponse","item":[{"linkId":"1","text":"Do you walk?","answer":[{` + answer + `}]}]}`
		if got := said(Default().Label(parse(t, src), nil)); got != want {
			t.Errorf("the answer %s is %s, want %s", answer, got, want)
		}
	}
}

// TestR41CodesOfNoSystemAreGuessed by their shape where such codes stand.
func TestR41CodesOfNoSystemAreGuessed(t *testing.T) {
	coded := func(typ, code string) string {
		return `{"resourceType":"` + typ + `","code":{"coding":[{"code":"` + code + `"}],"text":"as told"}}`
	}
	for _, c := range []struct{ typ, code, want string }{
		{"Condition", "F20", "PSY"}, {"Condition", "F20.0", "PSY"}, {"Condition", "f20.0", "PSY"}, {"Condition", " F20.0 ", "PSY"}, {"Condition", "F2", "-"}, {"Condition", "F20-0", "-"},
		{"Condition", "7200002", "SUD"}, {"Observation", "7200002", "SUD"}, {"Medication", "7200002", "-"}, {"Condition", "56888-1", "-"},
		{"Observation", "56888-1", "HIV"}, {"Condition", "F200", "PSY"}, {"Observation", "F200", "-"}, {"Observation", "5688-81", "-"}, {"Observation", "-1", "-"},
		{"Observation", "12345", "-"}, {"Condition", "{20", "-"}, {"Condition", "B20ZZZZZZZZ", "-"},
	} {
		if got := said(Default().Label(parse(t, coded(c.typ, c.code)), nil)); got != c.want {
			t.Errorf("%s %q is %s, want %s", c.typ, c.code, got, c.want)
		}
	}
}

// TestR41WhatIsBelowAnAddress: a system is known by any form of its address.
func TestR41WhatIsBelowAnAddress(t *testing.T) {
	for address, want := range map[string]string{
		"http://hl7.org/fhir/sid/icd-10": "PSY", "https://hl7.org/fhir/sid/icd-10/": "PSY", "HTTP://HL7.ORG/fhir/sid/ICD-10": "PSY", "http://www.hl7.org/fhir/sid/icd-10|2019": "PSY",
		"urn:oid:2.16.840.1.113883.6.3": "PSY", "http://fhir.de/CodeSystem/bfarm/icd-10-gm": "PSY", "http://x.example/icd-official": "-", "http://x.example/fhiricd-10": "-",
		"http://x.example/icd-100": "-", "http://x.example/loinc/icd10": "PSY", "http://x.example/ops": "-", "http://terminology.hl7.org/CodeSystem/other": "-",
	} {
		src := `{"resourceType":"Medication","code":{"coding":[{"system":"` + address + `","code":"F200"}],"text":"as told"}}`
		if got := said(Default().Label(parse(t, src), nil)); got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
	}
}
