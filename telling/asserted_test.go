package telling_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/telling"
)

// told tells one resource.
func told(record string) Told { return Read([]byte(record)).Tell(Reading{Kind: stele.Other}) }

// sentence is one record's line with its mark.
func sentence(e Told) string {
	if e.More {
		return e.Sentence() + " " + MoreMark
	}
	return e.Sentence()
}

// line tells one resource and returns its line, with those that it contains under it.
func line(t testing.TB, record string) string {
	t.Helper()
	e := told(record)
	out := sentence(e)
	for _, p := range e.Contained {
		out += "\n" + sentence(p)
	}
	return out
}

func observed(rest string) string {
	return `{"resourceType":"Observation","status":"final","code":{"text":"X"},` + rest + `}`
}

func ordered(dosage string) string {
	return `{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"M"},"dosageInstruction":[` + dosage + `]}`
}

// TestR39ValuesAreToldAsWritten: numbers, comparators, units, forms, ranges and
// what the source thinks of them.
func TestR39ValuesAreToldAsWritten(t *testing.T) {
	for _, c := range []struct{ record, want string }{
		{observed(`"valueQuantity":{"value":0.125,"unit":"mg"}`), "X 0.125 mg"},
		{observed(`"valueQuantity":{"value":16.0,"unit":"kPa","code":"kPa"}`), "X 16.0 kPa"},
		{observed(`"valueQuantity":{"value":1e-3,"unit":"g/L"}`), "X 1e-3 g/L"},
		{observed(`"valueQuantity":{"value":1.20E+2,"code":"mm[Hg]"}`), "X 1.20E+2 mmHg"},
		{observed(`"valueQuantity":{"value":-0.50,"unit":"mmol/L"}`), "X -0.50 mmol/L"},
		{observed(`"valueQuantity":{"value":128.04319999999999,"unit":"mg/dL"}`), "X 128.04319999999999 mg/dL"},
		{observed(`"valueQuantity":{"value":0.008,"comparator":"<","unit":"mIU/L"}`), "X <0.008 mIU/L"},
		{observed(`"valueQuantity":{"value":9,"comparator":">=","unit":"cells"}`), "X >=9 cells"},
		{observed(`"valueQuantity":{"value":5,"unit":"mg","code":"ug","system":"http://unitsofmeasure.org"}`), "X 5 mg (coded as ug)"},
		{observed(`"valueQuantity":{"value":5,"unit":"percent","code":"%"}`), "X 5 percent"},
		{observed(`"valueQuantity":{"value":5,"code":"%"}`), "X 5%"},
		{observed(`"valueQuantity":{"value":7,"code":"{score}"}`), "X 7 score"},
		{observed(`"valueQuantity":{"value":1200,"unit":"[iU]/h"}`), "X 1200 [iU]/h"},
		{observed(`"valueQuantity":{"value":5,"system":"http://snomed.info/sct","code":"415818006"}`), "X 5 SNOMED CT 415818006"},
		{observed(`"valueQuantity":{"unit":"mg"}`), "X: no value told · unit mg"},
		{observed(`"valueRange":{"low":{"value":50,"unit":"/HPF"}}`), "X 50 /HPF or more"},
		{observed(`"valueRange":{"low":{"value":5,"unit":"/HPF"},"high":{"value":10,"unit":"/HPF"}}`), "X 5–10 /HPF"},
		{observed(`"valueRange":{"low":{"value":5,"unit":"mg"},"high":{"value":1,"unit":"g"}}`), "X 5 mg–1 g"},
		{observed(`"valueRange":{"low":{"value":-5,"unit":"D"},"high":{"value":-1,"unit":"D"}}`), "X -5 to -1 D"},
		{observed(`"valueRange":{"low":{"value":-5,"unit":"D"},"high":{"value":5,"unit":"D"}}`), "X -5 to 5 D"},
		{observed(`"valueRange":{"low":{"value":5,"comparator":">","unit":"mg"},"high":{"value":10,"unit":"mg"}}`), "X >5 mg–10 mg"},
		{observed(`"valueRatio":{"numerator":{"value":1},"denominator":{"value":128}}`), "X 1 : 128"},
		{ordered(`{"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d","timeOfDay":["08:00:00"]}}}`), "M · once a day at 08:00 · active"},
		{ordered(`{"timing":{"repeat":{"period":1,"periodUnit":"d","timeOfDay":["08:00:00","14:00:00"]}}}`), "M · daily at 08:00, 14:00 · active"},
		{ordered(`{"text":"Take 2 tablet 3 times a day","timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}},"doseAndRate":[{"doseQuantity":{"value":3,"unit":"tablet"}}]}`), "M · Take 2 tablet 3 times a day; coded: 3 tablet 2 times a day · active"},
		{ordered(`{"text":"2 tablet 3 times a day","timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}},"doseAndRate":[{"doseQuantity":{"value":3,"unit":"tablet"}}]}`), "M · 2 tablet 3 times a day; coded: 3 tablet 2 times a day · active"},
		{observed(`"valueRatio":{"numerator":{"value":40,"comparator":"<"},"denominator":{"value":2.0,"unit":"mL"}}`), "X <40 : 2.0 mL"},
		{observed(`"valueInteger":0`), "X 0"},
		{observed(`"valueBoolean":false`), "X: no"},
		{observed(`"valueTime":"08:30:00"`), "X 08:30:00"},
		{observed(`"valuePeriod":{"start":"2024-05-01","end":"2024-05-03"}`), "X 1 May 2024–3 May 2024"},
		{observed(`"valueDateTime":"2024-05-01T07:05:00+02:00"`), "X 1 May 2024 07:05"},
		{observed(`"valueDateTime":"2024-05-01T07:05:30+02:00"`), "X 1 May 2024 07:05:30"},
		{observed(`"valueSampledData":{"origin":{"value":0},"period":10,"dimensions":1,"data":"1 2 3"}`), "X: recording: origin 0, period 10, dimensions 1, data 1 2 3"},
		{observed(`"valueSampledData":{"origin":{"value":0},"period":10,"dimensions":1,"data":"` + strings.Repeat("1 2 3 ", 99) + `"}`), "X: recording … more in the record"},
		{observed(`"_valueQuantity":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}`), "X: no result (masked)"},
		{observed(`"valueString":"see","dataAbsentReason":{"coding":[{"code":"error"}]}`), "X: see, no result (error)"},
		{observed(`"valueString":""`), "X: no value told … more in the record"},
		{observed(`"extension":[{"url":"urn:x","valueString":"see notes"}]`), "X: no value told … more in the record"},
		{observed(`"valueCodeableConcept":{"text":"A"},"extension":[{"url":"urn:x","valueString":"see notes"}]`), "X: A … more in the record"},
		{observed(`"interpretation":[{"coding":[{"code":"NEG"}]}]`), "X · negative (NEG)"},
		{observed(`"component":[{"code":{"text":"A"}},{"code":{"text":"B"},"interpretation":[{"coding":[{"code":"R"}]}]}]`), "X: A no value told; B, resistant (R)"},
		{`{"resourceType":"DiagnosticReport","status":"final","code":{"text":"CT head"}}`, "CT head · no result told"},
		// What the source thinks of it, in its own words.
		{observed(`"valueInteger":1,"interpretation":[{"coding":[{"code":"H"}]}]`), "↑ X 1 · high (H)"},
		{observed(`"valueInteger":1,"interpretation":[{"coding":[{"code":"HH"}]}]`), "↑↑ X 1 · critically high (HH)"},
		{observed(`"valueInteger":1,"interpretation":[{"coding":[{"code":"LL"}],"text":"panic"}]`), "↓↓ X 1 · panic (LL)"},
		{observed(`"valueInteger":1,"interpretation":[{"text":"Low"}]`), "↓ X 1 · Low"},
		{observed(`"valueInteger":1,"interpretation":[{"coding":[{"code":"POS"}]}]`), "X 1 · positive (POS)"},
		{observed(`"valueInteger":1,"interpretation":[{"coding":[{"code":"R"}]},{"coding":[{"code":"A","display":"Abnormal"}]}]`), "! X 1 · resistant (R), Abnormal (A)"},
		{observed(`"valueInteger":1,"interpretation":[{"coding":[{"code":"H"}]},{"coding":[{"code":"L"}]}]`), "! X 1 · high (H), low (L)"},
		{observed(`"valueInteger":1,"interpretation":[{"coding":[{"system":"urn:x","code":"Q7"}]}]`), "X 1 · code Q7 (urn:x)"},
		{observed(`"valueQuantity":{"value":9,"unit":"g"},"referenceRange":[{"high":{"value":5,"unit":"g"}}],"interpretation":[{"coding":[{"code":"N"}]}]`), "! X 9 g (up to 5 g) · normal (N), yet above its range"},
		{observed(`"valueQuantity":{"value":150,"unit":"mmol/L"},"referenceRange":[{"low":{"value":135,"unit":"mmol/L"},"high":{"value":145,"unit":"mmol/L"}}],"interpretation":[{"coding":[{"code":"L"}]}]`), "! X 150 mmol/L (135–145 mmol/L) · low (L), yet above its range"},
		{observed(`"valueQuantity":{"value":2.2,"unit":"mmol/L"},"referenceRange":[{"low":{"value":3.5,"unit":"mmol/L"},"high":{"value":5.1,"unit":"mmol/L"}}],"interpretation":[{"coding":[{"code":"H"}]}]`), "! X 2.2 mmol/L (3.5–5.1 mmol/L) · high (H), yet below its range"},
		{observed(`"valueQuantity":{"value":150,"unit":"mmol/L"},"referenceRange":[{"high":{"value":145,"unit":"mmol/L"}}],"interpretation":[{"coding":[{"code":"HH"}]}]`), "↑↑ X 150 mmol/L (up to 145 mmol/L) · critically high (HH)"},
		// Reference ranges, all of them, and for whom.
		{observed(`"valueQuantity":{"value":9,"unit":"g"},"referenceRange":[{"low":{"value":3.6,"unit":"g"},"high":{"value":10.0,"unit":"g"}}]`), "X 9 g (3.6–10.0 g)"},
		{observed(`"valueQuantity":{"value":9,"unit":"g"},"referenceRange":[{"low":{"value":12},"appliesTo":[{"text":"female"}]},{"low":{"value":13},"high":{"value":17},"appliesTo":[{"text":"male"}],"age":{"low":{"value":18,"code":"a"},"high":{"value":65,"code":"a"}}}]`),
			"X 9 g (female: 12 or more; male, age 18–65 years: 13–17)"},
		{observed(`"valueQuantity":{"value":9,"unit":"g"},"referenceRange":[{"type":{"coding":[{"code":"treatment","display":"Treatment Range"}]},"high":{"value":8}}]`), "X 9 g (Treatment Range: up to 8)"},
		{observed(`"valueQuantity":{"value":9,"unit":"g"},"referenceRange":[{"high":{"value":8,"unit":"g"}}]`), "↑ X 9 g (up to 8 g)"},
		{observed(`"valueQuantity":{"value":9,"unit":"g"},"referenceRange":[{"high":{"value":8,"unit":"mg"}}]`), "X 9 g (up to 8 mg)"},
		{observed(`"valueQuantity":{"value":9,"unit":"g"},"referenceRange":[{"high":{"value":8,"unit":"g"},"appliesTo":[{"text":"pregnant"}]}]`), "X 9 g (pregnant: up to 8 g)"},
		{observed(`"valueQuantity":{"value":9,"unit":"g"},"referenceRange":[{"high":{"value":8,"unit":"g"},"age":{"high":{"value":1,"code":"mo"}}}]`), "X 9 g (age up to 1 mo: up to 8 g)"},
		{observed(`"valueQuantity":{"value":9,"unit":"g"},"referenceRange":[{"text":"<150"}]`), "X 9 g (<150)"},
		{observed(`"valueQuantity":{"value":9,"unit":"g"},"referenceRange":[{"low":{"value":1},"high":{"value":2},"text":"1-2 fasting"}]`), "X 9 g (1–2, 1-2 fasting)"},
		// Two pressures are one value only where nothing sets them apart.
		{pressures(`"valueQuantity":{"value":16.0,"unit":"kPa","code":"kPa"}`, `"valueQuantity":{"value":10.7,"unit":"kPa","code":"kPa"}`), "Blood pressure 16.0/10.7 kPa"},
		{pressures(`"valueQuantity":{"value":120,"unit":"mmHg","code":"mm[Hg]"}`, `"valueQuantity":{"value":10.7,"unit":"kPa","code":"kPa"}`), "Blood pressure: systolic 120 mmHg; diastolic 10.7 kPa"},
		{pressures(`"valueQuantity":{"value":120,"unit":"mmHg","code":"mm[Hg]"}`, `"valueQuantity":{"value":10.7,"unit":"kPa","code":"mm[Hg]"}`), "Blood pressure: systolic 120 mmHg; diastolic 10.7 kPa (coded as mmHg)"},
		{pressures(`"valueQuantity":{"value":250,"comparator":">","unit":"mmHg"}`, `"valueQuantity":{"value":80,"unit":"mmHg"}`), "Blood pressure: systolic >250 mmHg; diastolic 80 mmHg"},
		{pressures(`"valueQuantity":{"value":250,"unit":"mmHg"},"interpretation":[{"coding":[{"code":"HH"}]}]`, `"valueQuantity":{"value":80,"unit":"mmHg"}`),
			"Blood pressure: ↑↑ systolic 250 mmHg, critically high (HH); diastolic 80 mmHg"},
		{pressures(`"valueQuantity":{"value":250,"unit":"mmHg"}`, `"dataAbsentReason":{"text":"Not performed"}`), "Blood pressure: systolic 250 mmHg; diastolic no result (not performed)"},
		{`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"X"},"reportedBoolean":true}`, "X · active, as reported"},
		{`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"X"},"reportedBoolean":false}`, "X · active"},
		{observed(`"valueInteger":1,"focus":[{"display":"Twin B"}]`), "X 1 · of Twin B"},
		{observed(`"valueInteger":1,"focus":[{"reference":"RelatedPerson/7"}]`), "X 1 · of something else: see the record"},
	} {
		if got := line(t, c.record); got != c.want {
			t.Errorf("%s\n is told as %q\n      want %q", c.record, got, c.want)
		}
	}
}

func pressures(systolic, diastolic string) string {
	return `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"component":[
		{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},` + systolic + `},{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},` + diastolic + `}]}`
}

// TestR39EveryPartOfADoseIsTold: a dose that is partly told is read as the whole.
func TestR39EveryPartOfADoseIsTold(t *testing.T) {
	repeat := func(parts string) string { return `{"timing":{"repeat":{` + parts + `}}}` }
	for _, c := range []struct{ dosage, want string }{
		{`{"doseAndRate":[{"doseQuantity":{"value":0.125,"unit":"mg"}}],"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}}}`, "0.125 mg once a day"},
		{`{"doseAndRate":[{"doseRange":{"low":{"value":1,"unit":"tablet"},"high":{"value":2,"unit":"tablet"}}}],"asNeededBoolean":true,"timing":{"repeat":{"frequency":1,"period":4,"periodMax":6,"periodUnit":"h"}},"maxDosePerPeriod":{"numerator":{"value":8,"unit":"tablet"},"denominator":{"value":1,"unit":"d","code":"d"}}}`,
			"1–2 tablet every 4–6 hours, as needed, at most 8 tablet per day"},
		{`{"doseAndRate":[{"doseQuantity":{"value":1}}],"timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}}`, "1 at a time, 2 times a day"},
		{`{"doseAndRate":[{"type":{"text":"calculated"},"doseQuantity":{"value":0.5,"unit":"mg"}},{"type":{"text":"ordered"},"doseQuantity":{"value":1,"unit":"mg"}}]}`, "calculated: 0.5 mg; ordered: 1 mg"},
		{`{"doseAndRate":[{"rateRatio":{"numerator":{"value":100,"unit":"mL"},"denominator":{"value":1,"unit":"h","code":"h"}}}]}`, "at 100 mL per hour"},
		{`{"doseAndRate":[{"rateRatio":{"numerator":{"value":100,"unit":"mL"},"denominator":{"value":30,"unit":"min","code":"min"}}}]}`, "at 100 mL per 30 minutes"},
		{`{"doseAndRate":[{"rateRange":{"low":{"value":150,"unit":"mL/h"},"high":{"value":300,"unit":"mL/h"}}}]}`, "at 150–300 mL/h"},
		{`{"doseAndRate":[{"doseQuantity":{"value":1,"unit":"g"},"rateQuantity":{"value":1200,"unit":"[iU]/h"}}],"route":{"text":"IV"}}`, "1 g at 1200 [iU]/h IV"},
		{repeat(`"frequency":1,"frequencyMax":4,"period":1,"periodUnit":"d"`), "1–4 times a day"},
		{repeat(`"frequencyMax":4,"period":1,"periodUnit":"d"`), "up to 4 times a day"},
		{repeat(`"frequency":8,"period":1,"periodUnit":"h"`), "8 times an hour"},
		{repeat(`"frequency":1,"period":1.5,"periodUnit":"d"`), "every 1.5 days"},
		{repeat(`"frequency":3,"period":2,"periodUnit":"wk"`), "3 times every 2 weeks"},
		{repeat(`"period":1,"periodUnit":"d","timeOfDay":["08:00:00","14:00:00","20:30:15"]`), "daily at 08:00, 14:00, 20:30:15"},
		{repeat(`"frequency":2,"period":1,"periodUnit":"d","timeOfDay":["08:00:00","20:00:00"]`), "2 times a day at 08:00, 20:00"},
		{repeat(`"dayOfWeek":["mon","thu"]`), "on Monday, Thursday"},
		{repeat(`"frequency":1,"period":1,"periodUnit":"wk","dayOfWeek":["mon"]`), "weekly on Monday"},
		{repeat(`"when":["MORN","EVE"]`), "in the morning, in the evening"},
		{repeat(`"when":["ACM"],"offset":30`), "30 minutes before breakfast"},
		{repeat(`"when":["WAKE"],"offset":10`), "10 minutes after: on waking"},
		{repeat(`"when":["HS"],"frequency":1,"period":1,"periodUnit":"d","boundsDuration":{"value":5,"unit":"d","code":"d"}`), "once a day, before sleep, for 5 days"},
		{repeat(`"frequency":1,"period":1,"periodUnit":"d","boundsRange":{"low":{"value":5,"code":"d"},"high":{"value":7,"code":"d"}}`), "once a day, for 5–7 days"},
		{repeat(`"frequency":1,"period":1,"periodUnit":"d","count":10`), "once a day, 10 times in all"},
		{repeat(`"count":3,"countMax":5,"duration":30,"durationMax":60,"durationUnit":"min"`), "over 30–60 minutes, 3–5 times in all"},
		{`{"timing":{"event":["2024-05-01T08:00:00Z","2024-05-08"]}}`, "on 1 May 2024 08:00 UTC, 8 May 2024"},
		{`{"timing":{"code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation","code":"BID"}]}}}`, "twice a day (BID)"},
		{`{"timing":{"code":{"text":"QOD"}}}`, "QOD"},
		{`{"timing":{"code":{"coding":[{"code":"QOD","display":"QOD"}],"text":"QOD"}}}`, "every other day (QOD)"},
		{`{"timing":{"code":{"coding":[{"code":"TID"}]},"repeat":{"boundsDuration":{"value":7,"unit":"days"}}}}`, "3 times a day (TID), for 7 days"},
		{`{"asNeededCodeableConcept":{"text":"pain"}}`, "as needed for pain"},
		{`{"maxDosePerAdministration":{"value":10,"unit":"mg"},"maxDosePerLifetime":{"value":5,"unit":"g"}}`, "at most 10 mg at a time, at most 5 g in a lifetime"},
		{`{"site":{"text":"left arm"},"method":{"text":"inject"},"route":{"text":"subcutaneous"}}`, "subcutaneous, inject, site left arm"},
		{`{"text":"As directed","additionalInstruction":[{"text":"Do not inject if glucose < 5"}],"patientInstruction":"Rotate sites."}`, "As directed; Do not inject if glucose < 5; Rotate sites"},
		{`{"text":"1 tablet once a day","doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}],"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}}}`, "1 tablet once a day"},
		{`{"text":"Take one daily","doseAndRate":[{"doseQuantity":{"value":2,"unit":"tablet"}}]}`, "Take one daily; coded: 2 tablet"},
		{`{"sequence":1,"text":"2 mg on Monday"},{"sequence":2,"text":"4 mg on Tuesday"}`, "1) 2 mg on Monday; 2) 4 mg on Tuesday"},
		{`{"sequence":1,"text":"2 mg"},{"sequence":1,"text":"4 mg"}`, "2 mg; 4 mg"},
		// What is not known here is not told by half.
		{`{"text":"2 mg","modifierExtension":[{"url":"urn:x","valueBoolean":true}]}`, "see the record"},
		{`{"doseAndRate":[{"doseQuantity":{"value":2,"unit":"mg"}}],"unheardOf":"x"}`, "see the record"},
		{`{"doseAndRate":[{"doseQuantity":{"value":2,"unit":"mg"}}],"timing":{"repeat":{"boundsPeriod":{"start":"2024-05-01"}}}}`, "2 mg from 1 May 2024"},
		{`{"doseAndRate":[{"doseQuantity":{"value":2,"unit":"mg"}}],"extension":[{"url":"urn:asNeededFor","valueString":"fever"}]}`, "2 mg"}, // with the mark
	} {
		got := line(t, ordered(c.dosage))
		if !strings.HasPrefix(got+" ", "M · "+c.want+" · ") {
			t.Errorf("%s\n is told as %q\n      want %q", c.dosage, got, c.want)
		}
		if strings.Contains(c.dosage, "asNeededFor") && !strings.HasSuffix(got, " … more in the record") {
			t.Errorf("no mark for the extension of a dose: %q", got)
		}
	}
}

// TestR39WhenIsToldInEveryForm: onset, abatement, occurrence, performed, effective.
func TestR39WhenIsToldInEveryForm(t *testing.T) {
	condition := func(rest string) string {
		return `{"resourceType":"Condition","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved"}]},"code":{"text":"X"},` + rest + `}`
	}
	for _, c := range []struct{ record, want string }{
		{condition(`"onsetAge":{"value":6,"unit":"a","code":"a"},"recordedDate":"2024-05-01"`), "onset at age 6 years"},
		{condition(`"onsetAge":{"value":6,"unit":"a","code":"a"},"recordedDate":"2024-05-01"`), "recorded then"},
		{condition(`"onsetRange":{"low":{"value":6,"code":"a"},"high":{"value":8,"code":"a"}}`), "onset at 6–8 years"},
		{condition(`"onsetString":"in primary school","abatementString":"after two weeks"`), "onset in primary school, ended after two weeks"},
		{condition(`"onsetPeriod":{"start":"2020-01-01","end":"2020-02-01"}`), "onset 1 Jan 2020–1 Feb 2020"},
		{condition(`"abatementAge":{"value":12,"code":"a"}`), "ended at age 12 years"},
		{condition(`"abatementRange":{"low":{"value":1,"code":"a"},"high":{"value":2,"code":"a"}}`), "ended at 1–2 years"},
		{condition(`"abatementPeriod":{"start":"2020-01-01","end":"2020-02-01"}`), "1 Jan 2020–1 Feb 2020"},
		{`{"resourceType":"Procedure","status":"completed","code":{"text":"X"},"performedString":"as a child"}`, "as a child"},
		{`{"resourceType":"Procedure","status":"completed","code":{"text":"X"},"performedAge":{"value":12,"unit":"years","code":"a"}}`, "at age 12 years"},
		{`{"resourceType":"Procedure","status":"completed","code":{"text":"X"},"performedRange":{"low":{"value":2,"code":"a"},"high":{"value":3,"code":"a"}}}`, "at age 2–3 years"},
		{`{"resourceType":"Immunization","status":"completed","vaccineCode":{"text":"X"},"occurrenceString":"at school, about 1975"}`, "at school, about 1975"},
		{observed(`"effectiveTiming":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}`), "effective 2 times a day"},
		{`{"resourceType":"AllergyIntolerance","code":{"text":"X"},"onsetString":"as a baby","lastOccurrence":"2020-05-01"}`, "onset as a baby, last 1 May 2020"},
		{`{"resourceType":"FamilyMemberHistory","status":"completed","relationship":{"text":"Father"},"deceasedAge":{"value":56,"code":"a"},"condition":[{"code":{"text":"Infarction"},"onsetAge":{"value":50,"code":"a"},"contributedToDeath":true}]}`,
			"Father · Infarction (onset at age 50 years, contributed to death) · died at age 56 years"},
		{`{"resourceType":"ServiceRequest","status":"active","intent":"order","code":{"text":"X"},"occurrenceTiming":{"repeat":{"frequency":1,"period":3,"periodUnit":"mo"}}}`, "every 3 months"},
		{observed(`"effectiveTiming":{"repeat":{"periodMax":6,"periodUnit":"h"}}`), "every 6 hours at most"},
		{observed(`"effectiveTiming":{"repeat":{"period":4,"periodMax":6,"periodUnit":"h"}}`), "every 4–6 hours"},
		{observed(`"effectiveTiming":{"repeat":{"period":6,"periodMax":6,"periodUnit":"h"}}`), "every 6 hours"},
	} {
		if got := line(t, c.record); !strings.Contains(got, c.want) {
			t.Errorf("%s\n is told as %q\n   without %q", c.record, got, c.want)
		}
	}
	if told(observed(`"effectiveTiming":{"event":["2024-04-01T08:00:00Z"]}`)).When.Day != "2024-04-01" {
		t.Error("an event of a Timing is no day")
	}
}

// TestR39NotesReportsAndCompounds: every note, what a report holds within itself,
// what a medicine is made of.
func TestR39NotesReportsAndCompounds(t *testing.T) {
	for _, c := range []struct{ record, want string }{
		{observed(`"valueString":"See note","note":[{"text":"Line 1: haemolysed."},{"text":"MRSA isolated, call ward.","authorString":"Dr X","time":"2024-05-01T09:30:00Z"}]`),
			"X: See note · note: Line 1: haemolysed. · note: MRSA isolated, call ward. (Dr X, 1 May 2024 09:30 UTC)"},
		{`{"resourceType":"MedicationAdministration","status":"completed","medicationCodeableConcept":{"text":"M"}}`, "M · given"},
		{`{"resourceType":"MedicationAdministration","status":"completed","medicationCodeableConcept":{"text":"M"},"effectivePeriod":{"start":"2024-11-18T08:00:00Z","end":"2024-11-20T09:00:00Z"},"dosage":{"dose":{"value":90,"unit":"mg"}}}`, "M · 90 mg · given"},
		{`{"resourceType":"MedicationAdministration","status":"completed","medicationCodeableConcept":{"text":"M"},"effectivePeriod":{"start":"2024-11-18T08:00:00Z","end":"2024-11-18T08:30:00Z"}}`, "M · given"},
		{`{"resourceType":"MedicationAdministration","status":"completed","medicationCodeableConcept":{"text":"M"},"effectivePeriod":{"start":"2024-11-18"}}`, "M · given"},
		{`{"resourceType":"MedicationAdministration","status":"completed","medicationCodeableConcept":{"text":"M"},"effectivePeriod":{"start":"2024-11-18","end":"2024-11-20T09:00:00+01:00"}}`, "M · given 18 Nov 2024–20 Nov 2024 09:00"},
		{`{"resourceType":"MedicationAdministration","status":"on-hold","medicationCodeableConcept":{"text":"M"}}`, "M · on hold, administration"},
		{`{"resourceType":"MedicationDispense","status":"in-progress","medicationCodeableConcept":{"text":"M"},"quantity":{"value":30,"unit":"TAB"}}`, "M · 30 TAB · in progress, dispensing"},
		{`{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Lipid panel"},"contained":[{"resourceType":"Observation","id":"ldl","status":"final","code":{"text":"LDL"},"valueQuantity":{"value":190,"unit":"mg/dL"},"interpretation":[{"coding":[{"code":"H"}]}],"note":[{"text":"fasting"}]}],"result":[{"reference":"#ldl"}]}`,
			"Lipid panel\n↑ LDL 190 mg/dL · high (H) · note: fasting"},
		{observed(`"contained":[{"resourceType":"Observation","id":"a","code":{"text":"A"},"hasMember":[{"reference":"#b"}]},{"resourceType":"Observation","id":"b","code":{"text":"B"},"hasMember":[{"reference":"#a"}]}],"hasMember":[{"reference":"#a"}]`), "X\nA\nB"},
		{`{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Culture"},"result":[{"reference":"#o"}],"contained":[{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Organism"},"valueString":"S. aureus","hasMember":[{"reference":"#v"},{"reference":"#x"}]},{"resourceType":"Observation","id":"v","status":"final","code":{"text":"Vancomycin [Susceptibility]"},"valueQuantity":{"value":1,"comparator":"<=","unit":"mg/L"},"interpretation":[{"coding":[{"code":"S"}]}]},{"resourceType":"Observation","id":"x","status":"final","code":{"text":"Oxacillin [Susceptibility]"},"interpretation":[{"coding":[{"code":"R"}]}]}]}`,
			"Culture\nOrganism: S. aureus\nVancomycin [Susceptibility] <=1 mg/L · susceptible (S)\nOxacillin [Susceptibility] · resistant (R)"},
		{`{"resourceType":"DiagnosticReport","status":"final","code":{"text":"R"},"contained":[{"resourceType":"Observation","id":"a","status":"entered-in-error","code":{"text":"X"},"valueInteger":7}],"result":[{"reference":"#a"}]}`, "R … more in the record\nobservation · entered in error … more in the record"},
		{`{"resourceType":"MedicationStatement","status":"active","contained":[{"resourceType":"Medication","id":"med","ingredient":[{"itemCodeableConcept":{"text":"Morphine"},"strength":{"numerator":{"value":10,"unit":"mg"},"denominator":{"value":1,"unit":"mL"}}},{"itemCodeableConcept":{"text":"Midazolam"}}]}],"medicationReference":{"reference":"#med"}}`,
			"Morphine 10 mg per mL + Midazolam · active"},
		{`{"resourceType":"MedicationStatement","status":"active","contained":[{"resourceType":"Substance","id":"s","code":{"text":"Ketamine"}},{"resourceType":"Medication","id":"med","code":{"text":"Syringe 7"},"form":{"text":"solution"},"ingredient":[{"itemReference":{"display":"Saline"},"isActive":false}]}],"medicationReference":{"reference":"#med"}}`,
			"Syringe 7 (Saline) · active … more in the record"},
		{`{"resourceType":"MedicationStatement","status":"active","contained":[{"resourceType":"Substance","id":"s","code":{"text":"Ketamine"}},{"resourceType":"Medication","id":"med","ingredient":[{"itemReference":{"reference":"#s"}}]}],"medicationReference":{"reference":"#med"}}`,
			"Ketamine · active"},
		{`{"resourceType":"MedicationStatement","status":"active","contained":[{"resourceType":"Substance","id":"s","code":{"text":"Ketamine"}},{"resourceType":"Medication","id":"med","ingredient":[{"itemReference":{"reference":"#s","display":"Saline"}}]}],"medicationReference":{"reference":"#med"}}`,
			"Saline (its record says: Ketamine) · active"},
	} {
		if got := line(t, c.record); got != c.want {
			t.Errorf("%s\n is told as %q\n      want %q", c.record, got, c.want)
		}
	}
}

// TestR39EveryTypeIsToldByWhatItSays: no clinical type by its name alone.
func TestR39EveryTypeIsToldByWhatItSays(t *testing.T) {
	for _, c := range []struct{ record, want string }{
		{`"AdverseEvent","actuality":"actual","event":{"text":"Anaphylaxis"},"severity":{"text":"severe"},"outcome":{"text":"recovered"},"suspectEntity":[{"instance":{"display":"Contrast"}}]`, "Anaphylaxis · severe; suspected Contrast; recovered"},
		{`"Appointment","status":"booked","serviceType":[{"text":"Cardiology"}],"start":"2024-05-01T10:00:00Z","participant":[{"actor":{"display":"Dr X"},"status":"accepted"}]`, "Cardiology · actor Dr X, status accepted · booked"},
		{`"BodyStructure","morphology":{"text":"Naevus"},"location":{"text":"Left arm"}`, "Left arm · Naevus"},
		{`"CarePlan","status":"active","intent":"plan","title":"Plan","activity":[{"detail":{"status":"in-progress","code":{"text":"Physio"},"scheduledString":"twice a week"}}]`, "Plan · Physio (twice a week)"},
		{`"CarePlan","status":"revoked","intent":"plan","title":"Plan","period":{"start":"2024-05-01","end":"2030-05-01"}`, "Plan · revoked, planned until 1 May 2030"},
		{`"CarePlan","status":"completed","intent":"plan","title":"Plan","period":{"start":"2024-05-01","end":"2024-05-09"}`, "Plan · completed, until 9 May 2024"},
		{`"CareTeam","status":"active","name":"Team","participant":[{"role":[{"text":"lead"}],"member":{"display":"Dr X"}}]`, "Team · Dr X (lead)"},
		{`"ClinicalImpression","status":"completed","summary":"Likely sepsis"`, "clinical impression · Likely sepsis"},
		{`"Communication","status":"completed","payload":[{"contentString":"Potassium phoned to ward"}]`, "message · Potassium phoned to ward"},
		{`"CommunicationRequest","status":"active","payload":[{"contentString":"Call me"}]`, "message to be sent · Call me"},
		{`"Composition","status":"final","type":{"text":"Discharge summary"},"title":"Discharge summary","section":[{"title":"Allergies","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Severe latex allergy</div>"}}]`, "Discharge summary · Allergies: Severe latex allergy"},
		{`"Coverage","status":"active","type":{"text":"Public"},"payor":[{"display":"Fund"}]`, "Public · Fund"},
		{`"DetectedIssue","status":"final","code":{"text":"Drug interaction"},"severity":"high","detail":"Warfarin with clarithromycin"`, "Drug interaction · high; Warfarin with clarithromycin"},
		{`"DeviceRequest","status":"active","intent":"order","codeCodeableConcept":{"text":"Oxygen"}`, "Oxygen · ordered"},
		{`"DeviceUseStatement","status":"active","device":{"display":"Pacemaker"},"bodySite":{"text":"chest"}`, "Pacemaker · chest"},
		{`"EpisodeOfCare","status":"active","type":[{"text":"Dialysis"}]`, "Dialysis"},
		{`"Flag","status":"active","code":{"text":"Fall risk"}`, "Fall risk"},
		{`"Goal","lifecycleStatus":"active","description":{"text":"Walk"},"target":[{"measure":{"text":"Steps"},"detailQuantity":{"value":5000,"unit":"steps"},"dueDate":"2024-05-01"}]`, "goal: Walk · Steps 5000 steps, by 1 May 2024"},
		{`"ImmunizationEvaluation","status":"completed","targetDisease":{"text":"Measles"},"doseStatus":{"text":"valid"}`, "Measles · valid"},
		{`"ImmunizationRecommendation","recommendation":[{"vaccineCode":[{"text":"MMR"}],"forecastStatus":{"text":"due"},"dateCriterion":[{"code":{"text":"due"},"value":"2024-09-01"}]}]`, "vaccines recommended · vaccine MMR, forecast status due, date criterion due, 1 Sep 2024"},
		{`"List","status":"current","mode":"working","title":"Problems","entry":[{"item":{"display":"Asthma"}}]`, "Problems · Asthma · mode working"},
		{`"Media","status":"completed","type":{"text":"Photo"},"bodySite":{"text":"Leg"},"content":{"contentType":"image/png","title":"wound"}`, "Photo · Leg; wound"},
		{`"MolecularSequence","type":"dna","coordinateSystem":0,"variant":[{"observedAllele":"A","referenceAllele":"G"}]`, "dna · observed allele A, reference allele G · coordinate system 0"},
		{`"NutritionOrder","status":"active","intent":"order","oralDiet":{"type":[{"text":"Low salt"}],"instruction":"no bread"}`, "Low salt · ordered, oral diet instruction no bread"},
		{`"Procedure","status":"completed","code":{"text":"Hip replacement"},"complication":[{"text":"Infection"}],"followUp":[{"text":"Clinic in 6 weeks"}],"usedCode":[{"text":"Cement"}]`, "Hip replacement · complication Infection, follow up Clinic in 6 weeks, used Cement"},
		{`"QuestionnaireResponse","status":"completed","item":[{"linkId":"1","text":"Pain today?","answer":[{"valueInteger":7}]},{"linkId":"2","text":"Walks","item":[{"linkId":"3","text":"how far","answer":[{"valueQuantity":{"value":1.50,"unit":"km"}}]}]}]`, "questionnaire · Pain today? 7; Walks; how far: 1.50 km"},
		{`"RiskAssessment","status":"final","prediction":[{"outcome":{"text":"Fall"},"probabilityDecimal":0.80}]`, "risk · outcome Fall, probability 0.80"},
		{`"ServiceRequest","status":"active","intent":"order","priority":"stat","code":{"text":"CT"},"bodySite":[{"text":"Head"}],"reasonCode":[{"text":"Fall"}]`, "CT · ordered, stat, Head, for Fall"},
		{`"Specimen","status":"available","type":{"text":"Urine"},"collection":{"method":{"text":"midstream"}}`, "Urine · method midstream"},
		{`"SupplyDelivery","status":"completed","suppliedItem":{"itemCodeableConcept":{"text":"Gloves"}}`, "Gloves"},
		{`"SupplyRequest","status":"active","itemCodeableConcept":{"text":"Gloves"},"quantity":{"value":20,"unit":"pair"}`, "Gloves · 20 pair"},
		{`"Task","status":"requested","intent":"order","code":{"text":"Call"},"description":"Call the ward"`, "Call · Call the ward · requested, intent order"},
		{`"VisionPrescription","status":"active","lensSpecification":[{"eye":"right","sphere":-2.00,"cylinder":-0.50,"axis":180}]`, "glasses or lenses · eye right, sphere -2.00, cylinder -0.50, axis 180"},
	} {
		if got := line(t, `{"resourceType":`+c.record+`}`); got != c.want {
			t.Errorf("%s\n is told as %q\n      want %q", c.record, got, c.want)
		}
	}
}

// TestR39ATextOfSomeLengthIsNoNumber: a number that is longer than a line has room for is
// left to the record, a text of that length is told.
func TestR39ATextOfSomeLengthIsNoNumber(t *testing.T) {
	task := func(value string) string {
		return line(t, `{"resourceType":"Task","status":"requested","intent":"order","code":{"text":"X"},"input":[{"type":{"text":"T"},"value`+value+`}]}`)
	}
	text := "Bring the blue folder with all letters of the last two years"
	if got := task(`String":"` + text + `"`); !strings.Contains(got, text) {
		t.Errorf("a text is told as %q", got)
	}
	if got := task(`Decimal":0.` + strings.Repeat("7", 60)); strings.Contains(got, "77") || !strings.Contains(got, "see the record") {
		t.Errorf("a number is told as %q", got)
	}
}

// TestR40WhatHasNoRoomIsMarked: a line is no page.
func TestR40WhatHasNoRoomIsMarked(t *testing.T) {
	long := strings.Repeat("word ", 60)
	if got := line(t, observed(`"valueInteger":7,"bodySite":{"text":"`+long+`"}`)); got != "X 7 … more in the record" {
		t.Errorf("told as %q", got)
	}
}
