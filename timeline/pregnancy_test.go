package timeline_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/stele-health/stele/timeline"
)

// A pregnancy stands under Now as long as it may last and nobody said otherwise since.
func TestR38APregnancyStandsUnderNow(t *testing.T) {
	status := func(day, code, words string) string {
		return `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"82810-3","display":"Pregnancy status"}]},"effectiveDateTime":"` + day + `","valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"` + code + `","display":"` + words + `"}]}}`
	}
	due := func(day, date string) string {
		return `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"11778-8","display":"Delivery date Estimated"}]},"effectiveDateTime":"` + day + `","valueDateTime":"` + date + `"}`
	}
	ended := func(kind, words string) string {
		return `{"resourceType":"` + kind + `","clinicalStatus":{"coding":[{"code":"active"}]},"status":"completed","code":{"text":"` + words + `"},"onsetDateTime":"2026-11-18","performedDateTime":"2026-11-18"}`
	}
	yes, no := func(day string) string { return status(day, "77386006", "Pregnant") }, func(day string) string { return status(day, "60001007", "Not pregnant") }
	for _, c := range []struct {
		records []string
		want    string // "" for nothing under Now
	}{
		{[]string{yes("2026-11-10")}, "pregnancy Pregnancy status: Pregnant (of 10 Nov 2026)"},
		{[]string{yes("2026-02-10")}, "pregnancy Pregnancy status"},
		{[]string{yes("2025-11-10")}, ""},
		{[]string{no("2026-11-10")}, ""},
		{[]string{yes("2026-09-10"), no("2026-11-10")}, ""},
		{[]string{no("2026-09-10"), yes("2026-11-10")}, "pregnancy Pregnancy status: Pregnant (of 10 Nov 2026)"},
		{[]string{status("2026-11-10", "261665006", "Unknown whether pregnant")}, ""},
		{[]string{yes("2026-11-10T09:00:00Z"), no("2026-11-10T15:00:00Z")}, ""},
		{[]string{no("2026-11-10T09:00:00Z"), yes("2026-11-10T15:00:00Z")}, "pregnancy Pregnancy status: Pregnant (of 10 Nov 2026) 2026"},
		{[]string{due("2026-06-10", "2026-11-07")}, "pregnancy Delivery date Estimated: 7 Nov 2026 (of 10 Jun 2026)"},
		{[]string{due("2026-06-10", "2026-11-06")}, ""},
		{[]string{yes("2026-09-10"), `{"resourceType":"Observation","status":"final","code":{"text":"Urine hCG"},"effectiveDateTime":"2026-11-18","valueString":"Positive (control negative)"}`}, "pregnancy Pregnancy status: Pregnant (of 10 Sep 2026) 2026"},
		{[]string{strings.Replace(yes("2026-11-10"), "final", "cancelled", 1)}, ""},
		{[]string{due("2026-06-10", "2027-01-06")}, "pregnancy Delivery date Estimated: 6 Jan 2027 (of 10 Jun 2026)"},
		{[]string{due("2024-06-10", "2025-01-06")}, ""},
		{[]string{due("2026-06-10", "2027-01-06"), no("2026-08-01")}, ""},
		{[]string{yes("2026-09-10"), ended("Condition", "Complete miscarriage")}, "pregnancy Pregnancy status: Pregnant (of 10 Sep 2026); yet Complete miscarriage (18 Nov 2026)"},
		{[]string{yes("2026-09-10"), ended("Procedure", "Emergency caesarean section")}, "pregnancy Pregnancy status: Pregnant (of 10 Sep 2026); yet Emergency caesarean section (18 Nov 2026)"},
		{[]string{yes("2026-09-10"), ended("Condition", "Threatened miscarriage")}, "pregnancy Pregnancy status: Pregnant (of 10 Sep 2026) problem"},
		{[]string{yes("2026-11-20"), ended("Procedure", "Caesarean section")}, "pregnancy Pregnancy status: Pregnant (of 20 Nov 2026) 2026"},
		{[]string{yes("2026-09-10"), `{"resourceType":"Observation","status":"final","code":{"text":"Urine hCG"},"effectiveDateTime":"2026-11-18","valueString":"Negative"}`}, "pregnancy Pregnancy status: Pregnant (of 10 Sep 2026); yet Urine hCG told as Negative (18 Nov 2026)"},
		{[]string{yes("2026-09-10"), `{"resourceType":"Observation","status":"final","code":{"text":"Urine hCG"},"effectiveDateTime":"2026-11-18","valueString":"Not detected"}`}, "pregnancy Pregnancy status: Pregnant (of 10 Sep 2026); yet Urine hCG told as Not detected (18 Nov 2026)"},
		{[]string{strings.Replace(yes("2026-11-10"), "http://loinc.org", "http://north.example", 1)}, "pregnancy Pregnancy status: Pregnant (of 10 Nov 2026)"},
		{[]string{yes("2026-09-10"), status("2026-11-10", "60001007", "as told")}, ""},
		{[]string{no("2026-11-10"), yes("2026-11-10T15:00:00Z")}, "pregnancy Pregnancy status: Pregnant (of 10 Nov 2026); yet told as Not pregnant (10 Nov 2026)"},
		{[]string{no("2026-11-10"), yes("2026-11-10")}, "pregnancy Pregnancy status: Pregnant (of 10 Nov 2026); yet told as Not pregnant (10 Nov 2026)"},
		{[]string{`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Twin pregnancy"}}`}, "pregnancy Twin pregnancy"},
		{[]string{`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Twin pregnancy"},"onsetDateTime":"2026-09-01"}`}, "pregnancy Twin pregnancy"},
		{[]string{`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Twin pregnancy"},"onsetDateTime":"2016-09-01"}`}, ""},
		{[]string{`{"resourceType":"Observation","status":"final","code":{"text":"EDD by ultrasound"},"effectiveDateTime":"2026-09-01","valueDateTime":"2027-02-14"}`}, "pregnancy EDD by ultrasound: 14 Feb 2027"},
	} {
		s := Tell(lines("A", c.records...), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if c.want == "" {
			if len(s.Now) > 0 {
				t.Errorf("%s: now %q", c.records, names(s.Now))
			}
			continue
		}
		expectText(t, s, []string{"Now " + c.want})
	}
}

// TestR38APregnancyIsFoundInEveryLanguage of the tables of words: by its code, else by its
// words, and by none that deny it, tell of another's, or of one that was.
func TestR38APregnancyIsFoundInEveryLanguage(t *testing.T) {
	problem := func(code string) string {
		return `{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":` + code + `,"onsetDateTime":"2026-09-01"}`
	}
	text := func(words string) string { return problem(`{"text":"` + words + `"}`) }
	icd := func(system, code, words string) string {
		return problem(`{"coding":[{"system":"` + system + `","code":"` + code + `"}],"text":"` + words + `"}`)
	}
	answer := func(question, value string) string {
		return `{"resourceType":"Observation","status":"final","code":` + question + `,"effectiveDateTime":"2026-11-10",` + value + `}`
	}
	const status = `{"coding":[{"system":"http://loinc.org","code":"82810-3"}]}`
	is := func(record string) bool {
		s := Tell(lines("A", record), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		return strings.Contains(strings.Join(strings.Fields(s.Text(Page{Width: 200})), " "), "Now pregnancy ")
	}
	for _, record := range []string{
		text("Schwangerschaft, 20. SSW"), text("Risikoschwangerschaft"), text("Grossesse gémellaire"), text("Grossesse à risque"), text("Enceinte de 12 semaines"), text("Embarazo de alto riesgo"),
		text("Gravidanza"), text("Zwanger"), text("Gravidez de baixo risco"), text("Gebelik, 30 hafta"), text("Riskli gebelik"), text("High risk pregnancy"),
		icd("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "Z34", "Überwachung"), icd("http://hl7.org/fhir/sid/icd-10-cm", "O09.90", "Supervision"), icd("http://hl7.org/fhir/sid/icpc-2", "W78", "x"),
		icd("http://hl7.org/fhir/sid/icd-10-cm", "Z3A.20", "20 weeks"), icd("http://snomed.info/sct", "47200007", "x"), answer(`{"text":"Schwanger?"}`, `"valueString":"Ja"`), answer(`{"text":"Statut de grossesse"}`, `"valueString":"Enceinte"`),
		answer(status, `"valueString":"schwanger"`), answer(status, `"valueString":"embarazada"`), answer(status, `"valueString":"gebe"`), answer(status, `"valueString":"Pregnant, no complications"`),
		answer(status, `"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"77386006"}],"text":"in der 20. Woche"}`),
		answer(`{"text":"Errechneter Geburtstermin"}`, `"valueDateTime":"2027-02-14"`), answer(`{"text":"Date prévue d'accouchement"}`, `"valueDateTime":"2027-02-14"`),
	} {
		if !is(record) {
			t.Errorf("no pregnancy: %s", record)
		}
	}
	for _, record := range []string{
		text("Keine Schwangerschaft"), text("Zustand nach Schwangerschaft"), text("Eileiterschwangerschaft"), text("Schwangerschaftstest"), text("Schwangerschaftsdiabetes"), text("Grossesse extra-utérine"), text("Antécédent de grossesse"),
		text("Pas de grossesse"), text("Sin embarazo"), text("Embarazo ectópico"), text("Gravidanza extrauterina"), text("Pregressa gravidanza"), text("Niet zwanger"), text("Não grávida"),
		text("Gebe değil"), text("Dış gebelik"), text("Gebelik testi"), text("Gravida 3 para 2"), text("Risk of pregnancy"), text("Partner pregnant"), text("Interruption volontaire de grossesse"),
		icd("http://hl7.org/fhir/sid/icd-10-cm", "Z33.2", "Encounter"), icd("http://hl7.org/fhir/sid/icd-10-cm", "Z34.90", "History of supervision"), icd("http://snomed.info/sct", "60001007", "x"),
		strings.Replace(answer(status, `"valueString":"Pregnant"`), "2026-11-10", "2026-11", 1),
		answer(`{"text":"Gravida"}`, `"valueString":"2"`), answer(`{"text":"Number of pregnancies"}`, `"valueString":"yes"`), answer(status, `"valueString":"nicht schwanger"`), answer(status, `"valueString":"non enceinte"`),
		answer(status, `"valueString":"gebe değil"`), answer(status, `"valueString":"unbekannt ob schwanger"`), answer(`{"text":"Schwanger?"}`, `"valueString":"Nein"`), answer(`{"text":"Hamilelik"}`, `"valueString":"Hayır"`),
		answer(status, `"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"77386006"}],"text":"nicht schwanger"}`),
	} {
		if is(record) {
			t.Errorf("a pregnancy: %s", record)
		}
	}
	// What answers neither ends none.
	yes := answer(status, `"valueString":"Pregnant"`)
	for _, since := range []string{answer(status, `"valueString":"Unknown"`), answer(`{"text":"Gravida"}`, `"valueString":"2"`), answer(`{"text":"Pregnancy"}`, `"valueString":"see letter"`)} {
		s := Tell(lines("A", yes, strings.Replace(since, "2026-11-10", "2026-11-20", 1)), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if len(s.Now) != 1 {
			t.Errorf("%s ends a pregnancy", since)
		}
	}
}

// A name that has a word for a pregnancy and undoes it is none, in eight languages, as a
// problem and as an answer; nor is one of years ago.
func TestR38WhatUndoesAPregnancyIsNone(t *testing.T) {
	problem := func(name, coding string) string {
		return `{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"` + name + `"` + coding + `},"onsetDateTime":"2026-09-01"}`
	}
	answer := func(value string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"Pregnancy status"},"effectiveDateTime":"2026-11-10","valueString":"` + value + `"}`
	}
	is := func(record string) bool {
		s := Tell(lines("A", record), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		return len(s.Now) > 0 && s.Now[0].Under == "pregnancy"
	}
	for _, name := range []string{"Pregnancy terminated", "Termination of pregnancy", "Terminated pregnancy", "Undesired pregnancy, terminated", "Pregnancy excluded", "Pregnancy ruled out", "Rule out pregnancy", "Recurrent pregnancy loss", "Recurrent pregnancy loss without current pregnancy", "Early pregnancy loss",
		"Loss of pregnancy", "Pregnancy delivered", "Pregnancy resulting in live birth", "Pregnancy with abortive outcome", "Trying to become pregnant", "Unable to become pregnant", "Difficulty getting pregnant", "Infertility, desires pregnancy", "Never been pregnant", "Pre-pregnancy counselling",
		"Pregnancy counselling", "False pregnancy", "Phantom pregnancy", "Biochemical pregnancy", "Tubal pregnancy", "Carrier screening before pregnancy", "Z.n. Schwangerschaft", "S/p pregnancy", "Schwangerschaft ausgeschlossen", "Ausschluss einer Schwangerschaft",
		"Unerfüllter Kinderwunsch, Schwangerschaft geplant", "Möchte schwanger werden", "Schwangerschaft beendet", "Grossesse arrêtée", "Arrêt de grossesse", "Perte de la grossesse", "Grossesse exclue", "Souhaite une grossesse", "Embarazo interrumpido", "Pérdida de embarazo",
		"Embarazo descartado", "Gravidanza interrotta", "Perdita della gravidanza", "Gravidanza esclusa", "Zwangerschap beëindigd", "Zwangerschap uitgesloten", "Einde van de zwangerschap", "Gravidez interrompida", "Perda da gravidez", "Gravidez excluída", "Gebelik sonlandırıldı", "Gebelik kaybı",
		"Gebelik dışlandı", "Nunca grávida", "Hypertension in pregnancy 2015"} {
		if is(problem(name, "")) {
			t.Errorf("a pregnancy: %s", name)
		}
		if !strings.Contains(name, "2015") && !strings.Contains(name, "geplant") && is(answer(name)) {
			t.Errorf("the answer is a pregnancy: %s", name)
		}
	}
	for _, code := range []string{"N96", "O03.9", "O00.1", "Z31.6", "Z32.02", "O80", "Z37.0", "Z39.2"} {
		if is(problem("Pregnancy", `,"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"`+code+`"}]`)) {
			t.Errorf("a pregnancy: %s", code)
		}
	}
	for _, name := range []string{"Unwanted pregnancy", "Teenage pregnancy", "Geplante Schwangerschaft", "Pregnancy, weight loss", "Hypertension in pregnancy 2026", "Pregnancy since 2026", "Pregnancy, 20 weeks, ectopy excluded", "Obesity complicating pregnancy", "Cholestasis of pregnancy", "Pregnant, wants epidural", "Threatened pregnancy loss", "Request for termination of pregnancy", "Pregnancy care for patient with recurrent pregnancy loss", "Supervision of pregnancy resulting from assisted reproduction",
		"Pregnancy, never smoked", "Pregnancy, s/p appendectomy", "Pregnancy, children 2012 and 2015", "Grossesse souhaitée", "Embarazo deseado", "Controle voor zwangerschap", "Fin de grossesse", "Pregnancy without complications"} {
		if !is(problem(name, "")) {
			t.Errorf("no pregnancy: %s", name)
		}
	}
	// What ended one is told beside it, and what only complicates it ends none.
	for name, ends := range map[string]bool{"Early pregnancy loss": true, "Grossesse arrêtée": true, "Pregnancy excluded": false, "Request for termination of pregnancy": false, "Obesity complicating pregnancy, childbirth and the puerperium": false} {
		s := Tell(lines("A", answer("pregnant"), strings.Replace(problem(name, ""), "2026-09-01", "2026-11-20", 1)), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if told := strings.Contains(strings.Join(strings.Fields(s.Text(Page{Width: 200})), " "), "; yet "+name); told != ends {
			t.Errorf("%s ends a pregnancy: %v\n%s", name, told, s.Text(Page{Width: 200}))
		}
	}
}

// A positive test for a pregnancy may be one, with its date, for 42 weeks, until its own
// source says that there is none; who tells otherwise is heard.
func TestR38APositivePregnancyTestMayBeOne(t *testing.T) {
	test := func(code, value, day string) string {
		return `{"resourceType":"Observation","status":"final","code":` + code + `,"effectiveDateTime":"` + day + `",` + value + `}`
	}
	coded := func(system, code string) string {
		return `{"coding":[{"system":"` + system + `","code":"` + code + `"}]}`
	}
	const (
		loinc, snomed = "http://loinc.org", "http://snomed.info/sct"
		name          = `{"text":"Urine pregnancy test"}`
		positive      = `"valueCodeableConcept":{"text":"Positive"}`
		line          = "May be so: see the record pregnancy Urine pregnancy test: Positive (of 25 Nov 2026)"
	)
	yes := test(name, positive, "2026-11-25")
	answer := func(value string) string {
		return test(coded(loinc, "82810-3"), `"valueCodeableConcept":{"text":"`+value+`"}`, "2026-11-26")
	}
	for _, c := range []struct {
		a, b []string
		want string // "" for nothing under May be so
	}{
		{a: []string{yes}, want: line + " 2026"},
		{a: []string{test(coded(loinc, "2106-3"), `"valueCodeableConcept":`+coded(snomed, "10828004"), "2026-11-25")}, want: "May be so: see the record pregnancy "},
		{a: []string{test(coded(loinc, "2118-8"), `"valueCodeableConcept":`+coded(loinc, "LA6576-8"), "2026-11-25")}, want: "May be so: see the record pregnancy "},
		{a: []string{test(coded(loinc, "2110-5"), `"valueCodeableConcept":`+coded(snomed, "260373001"), "2026-11-25")}, want: "May be so: see the record pregnancy "},
		{a: []string{test(coded(loinc, "2112-1"), `"valueCodeableConcept":`+coded(loinc, "LA11882-0"), "2026-11-25")}, want: "May be so: see the record pregnancy "},
		{a: []string{test(coded(loinc, "80384-1"), `"valueString":"Detected"`, "2026-11")}, want: "(of Nov 2026)"},
		{a: []string{test(`{"text":"Schwangerschaftstest"}`, `"valueString":"positiv"`, "2026-11-25")}, want: "pregnancy Schwangerschaftstest: positiv (of 25 Nov 2026)"},
		{a: []string{test(`{"text":"Serum hCG"}`, `"valueQuantity":{"value":2500,"unit":"IU/L"},"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"POS"}]}]`, "2026-11-25")}, want: "pregnancy Serum hCG: 2500 IU/L"},
		{a: []string{strings.Replace(yes, "final", "preliminary", 1)}, want: "pregnancy Urine pregnancy test: Positive (preliminary, of 25 Nov 2026)"},
		{a: []string{test(name, positive, "2026-02-07")}, want: "(of 7 Feb 2026)"},
		{a: []string{yes}, b: []string{answer("Not pregnant")}, want: line + " [1]; yet"},
		{a: []string{yes, test(name, `"valueString":"Negative"`, "2026-11-27")}, want: line + "; yet told as Negative (27 Nov 2026)"},
		{a: []string{yes, `{"resourceType":"Procedure","status":"completed","code":{"text":"Caesarean section"},"performedDateTime":"2026-11-26"}`}, want: line + "; yet Caesarean section (26 Nov 2026)"},
		{a: []string{yes, answer("Pregnant")}, want: "Now pregnancy LOINC 82810-3: Pregnant (of 26 Nov 2026) " + line},
		{a: []string{yes, answer("Not pregnant")}},
		{a: []string{test(name, positive, "2026-02-06")}},
		{a: []string{test(name, positive, "2025")}},
		{a: []string{strings.Replace(yes, "final", "cancelled", 1)}},
		{a: []string{strings.Replace(yes, "final", "entered-in-error", 1)}},
		{a: []string{test(name, `"valueString":"not detected"`, "2026-11-25")}},
		{a: []string{test(name, `"valueString":"unknown"`, "2026-11-25")}},
		{a: []string{test(name, `"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"10828004"}],"text":"negative"}`, "2026-11-25")}},
		{a: []string{test(`{"text":"Serum hCG"}`, `"valueQuantity":{"value":2,"unit":"IU/L"}`, "2026-11-25")}},
		{a: []string{test(`{"text":"Rubella IgG"}`, positive, "2026-11-25")}},
	} {
		s := Tell(append(lines("A", c.a...), lines("B", c.b...)...), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if c.want == "" && len(s.Unclear) > 0 {
			t.Errorf("%s: may be so: %q", c.a, names(s.Unclear))
		}
		expectText(t, s, []string{c.want})
	}
}
