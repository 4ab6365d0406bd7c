package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// What users of other charts and summaries reported as wrong, each as a small
// input of our own making: what must stand under Now, what the page must say,
// and what it must not.
func TestR38WhatOthersReported(t *testing.T) {
	const (
		active  = `"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}`
		allergy = `{"resourceType":"AllergyIntolerance",` + active + `,`
		problem = `{"resourceType":"Condition",` + active + `,`
		none    = `"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003","display":"No known allergy"}]}}`
	)
	one := func(records ...string) []Item { return lines("A", records...) }
	for _, c := range []struct {
		report      string
		items       []Item
		now         []string
		says, never []string
	}{
		{"austundag/testing#21, #34: a removed allergy stays in the list", one(
			allergy+`"id":"1","code":{"text":"Codeine"}}`,
			`{"resourceType":"AllergyIntolerance","id":"1","verificationStatus":{"coding":[{"code":"entered-in-error"}]},"code":{"text":"Codeine"}}`),
			nil, []string{"2 records withdrawn by their sources"}, []string{"Codeine"}},
		{"austundag/testing#27: no known allergies beside a new allergy", one(allergy+none, allergy+`"code":{"text":"Peanut"}}`),
			[]string{"Peanut"}, []string{"No known allergy, but see above"}, nil},
		{"drajer-health/eCRNow#192: a retracted problem is told as resolved", one(
			`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"resolved"}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"entered-in-error"}]},"code":{"text":"Measles"}}`),
			nil, nil, []string{"Measles", "resolved"}},
		{"drajer-health/eCRNow#826: medicines that are not active are listed", one(
			`{"resourceType":"MedicationRequest","status":"completed","intent":"order","medicationCodeableConcept":{"text":"Ibuprofen"},"authoredOn":"2024-10-01"}`),
			nil, []string{"Ibuprofen · completed"}, []string{"Now "}},
		{"hapifhir/org.hl7.fhir.core#1848: another version than is referred to", one(
			`{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Electrolytes"},"effectiveDateTime":"2026-05-01","conclusion":"normal","result":[{"reference":"Observation/1/_history/1"},{"reference":"Observation/2/_history/2"},{"reference":"Observation/3"},{"reference":"Observation/4/_history/1"}]}`,
			`{"resourceType":"Observation","id":"1","meta":{"versionId":"2"},"status":"amended","code":{"text":"Potassium"},"effectiveDateTime":"2026-05-01","valueQuantity":{"value":6.9}}`,
			`{"resourceType":"Observation","id":"2","meta":{"versionId":"2"},"status":"final","code":{"text":"Sodium"},"effectiveDateTime":"2026-05-01","valueQuantity":{"value":140}}`,
			`{"resourceType":"Observation","id":"3","meta":{"versionId":"2"},"status":"final","code":{"text":"Chloride"},"effectiveDateTime":"2026-05-01","valueQuantity":{"value":101}}`,
			`{"resourceType":"Observation","id":"4","status":"final","code":{"text":"Calcium"},"effectiveDateTime":"2026-05-01","valueQuantity":{"value":2.4}}`),
			nil, []string{"Potassium 6.9 · amended, another version than its report names"}, []string{"Sodium 140 ·", "Chloride 101 ·", "Calcium 2.4 ·"}},
		{"jwilleke/yourphr#384: a document in error is called Error", one(
			`{"resourceType":"DocumentReference","status":"current","docStatus":"entered-in-error","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"error","display":"Error"}]},"content":[{"attachment":{"contentType":"text/plain","data":"QUFB"}}]}`),
			nil, []string{"1 record withdrawn"}, []string{"Error", "AAA"}},
		{"all-of-us/raw-data-repository#1660: entered_in_error", one(`{"resourceType":"Observation","status":"entered_in_error","code":{"text":"Pulse"},"valueQuantity":{"value":999}}`),
			nil, nil, []string{"999"}},
		{"cerner/fhir.cerner.com#711: the older code for no known allergies", one(allergy + `"code":{"coding":[{"system":"http://snomed.info/sct","code":"160244002"}]}}`),
			nil, []string{"no known allergies"}, []string{"160244002"}},
		{"nhsconnect/gpconnect-demonstrator#214: nil known is an allergy", one(allergy + `"code":{"coding":[{"code":"nil-known","display":"Nil Known"}]}}`),
			nil, []string{"Nil Known"}, []string{", but see"}},
		{"NHSDigital/NHSEngland-FHIR-SCR-IPS#51: asserted, or only nothing told", one(allergy + none),
			nil, []string{"Now allergy No known allergy; what is not in this view may tell otherwise"}, nil},
		{"metriport/metriport#2772: blacklisted unknown allergies hide a known one", one(
			allergy + `"code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-NullFlavor","code":"UNK"}],"text":"Latex"}}`),
			[]string{"Latex"}, nil, nil},
		{"metriport/metriport#2570: no date is not a date in common", one(
			problem+`"id":"1","code":{"text":"Gout"},"note":[{"text":"left toe"}]}`, problem+`"id":"2","code":{"text":"Gout"},"note":[{"text":"right toe"}]}`),
			[]string{"Gout", "Gout"}, []string{"left toe", "right toe"}, nil},
		{"MeasureAuthoringTool/health-data-standards#89: codes are lost when visits are merged", append(
			one(`{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"type":[{"text":"Check-up"}],"period":{"start":"2024-01-01T09:00:00Z"}}`),
			lines("B", `{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"type":[{"text":"Check-up"},{"text":"Ultrasound"}],"period":{"start":"2024-01-01T09:00:00Z"}}`)...),
			nil, []string{"Check-up, Ultrasound"}, nil},
		{"cerner/smart-on-fhir-tutorial#52: the day before", one(`{"resourceType":"Patient","name":[{"text":"Ada"}],"birthDate":"2012-02-19"}`,
			`{"resourceType":"Procedure","status":"completed","code":{"text":"Graft"},"performedDateTime":"2012-02-19T00:30:00+13:00"}`),
			nil, []string{"born 19 Feb 2012", "19 Feb procedure"}, []string{"18 Feb"}},
		{"medizininformatik-initiative/fts-next#1690: the last day counts whole", one(
			`{"resourceType":"MedicationStatement","status":"active","medicationCodeableConcept":{"text":"X"},"effectivePeriod":{"end":"2026-11-21"}}`),
			[]string{"X"}, []string{"until 21 Nov 2026"}, nil},
		{"medizininformatik-initiative/INTERPOLAR#615: the newest state of all imports", one(
			`{"resourceType":"Encounter","id":"2","meta":{"lastUpdated":"2025-01-01T00:00:00Z"},"status":"in-progress","class":{"code":"IMP"},"type":[{"text":"Stay"}],"period":{"start":"2025-01-01"}}`,
			`{"resourceType":"Observation","id":"1","status":"final","code":{"text":"Pulse"},"effectiveDateTime":"2025-01-02","valueQuantity":{"value":60}}`,
			`{"resourceType":"Encounter","id":"2","meta":{"lastUpdated":"2025-01-30T00:00:00Z"},"status":"finished","class":{"code":"IMP"},"type":[{"text":"Stay"}],"period":{"start":"2025-01-01","end":"2025-01-30"}}`),
			nil, []string{"Stay · until 30 Jan 2025", "Pulse 60"}, []string{"in progress"}},
		{"hapifhir/hapi-fhir#4348: a new version without a change", one(
			allergy+`"id":"1","meta":{"versionId":"1"},"code":{"text":"Nuts"}}`, allergy+`"id":"1","meta":{"versionId":"2"},"code":{"text":"Nuts"}}`),
			[]string{"Nuts"}, []string{"1 earlier version, not shown"}, nil},
		{"blue-button/bluebutton.js#14, #111: a refused vaccination looks given", one(
			`{"resourceType":"Immunization","status":"not-done","statusReason":{"text":"patient objection"},"vaccineCode":{"text":"Measles vaccine"},"occurrenceDateTime":"2014-09-17"}`),
			nil, []string{"Measles vaccine · not done: patient objection"}, nil},
		{"amida-tech/DRE#678, nhsconnect/gpconnect#517: what is active goes by its dates", one(
			`{"resourceType":"MedicationStatement","status":"active","medicationCodeableConcept":{"text":"Tramadol"},"effectivePeriod":{"start":"2018-04-26","end":"2018-05-03"}}`),
			nil, []string{"ended 3 May 2018"}, []string{"Now "}},
		{"hapifhir/hapi-fhir#1102: an absolute reference is not resolved", one(
			`{"resourceType":"Medication","id":"12345","code":{"text":"Warfarin"}}`,
			`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationReference":{"reference":"http://www.domain.example/Medication/12345"}}`),
			[]string{"Warfarin"}, nil, nil},
		{"aehrc/pathling#1434, hapifhir/hapi-fhir#544: urn:uuid is not resolved", one(
			`{"resourceType":"Medication","id":"704c9750-f6e6-473b-ee83-fbd48e07fe3f","code":{"text":"Warfarin"}}`,
			`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationReference":{"reference":"urn:uuid:704c9750-f6e6-473b-ee83-fbd48e07fe3f"}}`),
			[]string{"Warfarin"}, nil, nil},
		{"blue-button/bluebutton.js#111: an order not to give is an order", one(
			`{"resourceType":"MedicationRequest","status":"active","intent":"order","doNotPerform":true,"medicationCodeableConcept":{"text":"Aspirin"}}`),
			[]string{"not to be taken: Aspirin"}, []string{"not to do not to be taken: Aspirin"}, []string{"medicine Aspirin"}},
	} {
		s := Tell(c.items, Options{})
		expect(t, c.report, namesOnly(s.Now), c.now...)
		if t.Failed() {
			t.Log(c.report)
		}
		expectText(t, s, c.says, c.never...)
		if t.Failed() {
			t.Fatal(c.report)
		}
	}
}

func namesOnly(list []Entry) []string {
	out := names(list)
	for i := range out {
		out[i], _, _ = strings.Cut(out[i], ": ")
		if rest, ok := strings.CutPrefix(names(list)[i], "not to be "); ok {
			out[i] = "not to be " + rest
		}
	}
	return out
}
