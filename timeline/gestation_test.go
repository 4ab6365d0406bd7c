package timeline_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/stele-health/stele/timeline"
)

// A pregnancy may be where only its weeks, or a last period six weeks before, are told: as long
// as it may last by these, as its source told them last, and not in a child's chart.
func TestR38APregnancyToldByItsWeeksMayBeOne(t *testing.T) {
	finding := func(code, value, day string) string {
		return `{"resourceType":"Observation","status":"final","code":` + code + `,"effectiveDateTime":"` + day + `",` + value + `}`
	}
	loinc := func(code string) string {
		return `{"coding":[{"system":"http://loinc.org","code":"` + code + `"}]}`
	}
	named := func(name string) string { return `{"text":"` + name + `"}` }
	weeks := func(n string) string { return `"valueQuantity":{"value":` + n + `,"unit":"wk"}` }
	period := func(day string) string { return `"valueDateTime":"` + day + `"` }
	const born = `{"resourceType":"Patient","birthDate":"`
	for _, c := range []struct {
		a, b []string
		want string // under May be so
	}{
		{a: []string{finding(loinc("49051-6"), weeks("30"), "2026-11-20")}, want: "LOINC 49051-6: 30 wk (of 20 Nov 2026)"},
		{a: []string{finding(loinc("18185-9"), weeks("24.5"), "2026-11-20")}, want: "LOINC 18185-9: 24.5 wk"},
		{a: []string{finding(loinc("49052-4"), `"valueQuantity":{"value":170,"unit":"d"}`, "2026-11-20")}, want: "LOINC 49052-4: 170 d"},
		{a: []string{finding(loinc("11884-4"), `"valueString":"24 SA + 5 j"`, "2026-11-20")}, want: "LOINC 11884-4: 24 SA + 5 j"},
		{a: []string{finding(named("Schwangerschaftswoche"), `"valueString":"24+5"`, "2026-11-20")}, want: "Schwangerschaftswoche: 24+5"},
		{a: []string{finding(named("Âge gestationnel"), weeks("24"), "2026-11-20")}, want: "Âge gestationnel"},
		{a: []string{finding(named("Edad gestacional"), weeks("24"), "2026-11-20")}, want: "Edad gestacional"},
		{a: []string{finding(named("Età gestazionale"), weeks("24"), "2026-11-20")}, want: "Età gestazionale"},
		{a: []string{finding(named("Zwangerschapsduur"), weeks("24"), "2026-11-20")}, want: "Zwangerschapsduur"},
		{a: []string{finding(named("Idade gestacional"), weeks("24"), "2026-11-20")}, want: "Idade gestacional"},
		{a: []string{finding(named("Gebelik haftası"), weeks("24"), "2026-11-20")}, want: "Gebelik haftası"},
		{a: []string{finding(named("Gestational age"), `"valueRange":{"low":{"value":24,"unit":"wk"},"high":{"value":26,"unit":"wk"}}`, "2026-11-20")}, want: "Gestational age: 24–26 wk"},
		{a: []string{finding(named("Gestational age"), `"valueRange":{"high":{"value":180,"unit":"d"}}`, "2026-11-20")}, want: "Gestational age"},
		{a: []string{finding(named("Gestational age"), `"valueRange":{"low":{"value":400,"unit":"wk"}}`, "2026-11-20")}},
		{a: []string{finding(named("Obstetric ultrasound"), `"component":[{"code":{"text":"Fetal heart rate"},"valueQuantity":{"value":24}},{"code":{"text":"Gestational age"},`+weeks("24")+`}]`, "2026-11-20")}, want: "Obstetric ultrasound"},
		{a: []string{finding(named("Obstetric ultrasound"), `"component":[{"code":`+loinc("11884-4")+`,"valueRange":{"low":{"value":24}}}]`, "2026-11-20")}, want: "Obstetric ultrasound"},
		{a: []string{finding(named("Menstrual history"), `"component":[{"code":{"text":"LMP"},`+period("2026-09-01")+`}]`, "2026-10-20")}, want: "Menstrual history"},
		{a: []string{finding(named("Birth details"), `"component":[{"code":{"text":"Gestational age"},`+weeks("38")+`}]`, "2026-11-20")}},
		{a: []string{finding(named("History"), `"component":[{"code":{"text":"Gestational age at birth"},`+weeks("38")+`}]`, "2026-11-20")}},
		{a: []string{finding(named("Obstetric ultrasound"), `"component":[{"code":{"text":"Fetal heart rate"},"valueQuantity":{"value":24}}]`, "2026-11-20")}},
		{a: []string{finding(named("Estimated gestational age"), weeks("8"), "2026-03-26")}, want: "Estimated gestational age"},
		{a: []string{finding(named("Estimated gestational age"), weeks("8"), "2026-03-15")}},
		{a: []string{finding(named("Gestational age at birth"), weeks("38"), "2026-11-20")}},
		{a: []string{finding(named("Gestational age"), weeks("400"), "2026-11-20")}},
		{a: []string{finding(named("Gestational age"), `"valueString":"not known"`, "2026-11-20")}},
		{a: []string{finding(named("Gestational age"), weeks("38"), "2026-11-20"), born + `2026-11-20"}`}},
		{a: []string{finding(named("Gestational age"), weeks("38"), "2026-11-20"), born + `1996-11-20"}`}, want: "Gestational age: 38 wk"},
		{a: []string{finding(named("Gestational age"), weeks("38"), "2026-11-20"), born + `2026-11-20"}`}, b: []string{born + `1996-11-20"}`}, want: "Gestational age: 38 wk"},
		{a: []string{strings.Replace(finding(named("Gestational age"), weeks("24"), "2026-11-20"), "final", "cancelled", 1)}},
		{a: []string{finding(loinc("8665-2"), period("2026-09-01"), "2026-10-20")}, want: "LOINC 8665-2: 1 Sep 2026 (of 20 Oct 2026)"},
		{a: []string{finding(named("Letzte Periode"), period("2026-09-01"), "2026-10-20")}, want: "Letzte Periode"},
		{a: []string{finding(loinc("8665-2"), period("2026-10-01"), "2026-10-20")}}, // nobody waits for the next yet
		{a: []string{finding(loinc("8665-2"), period("2025-09-01"), "2025-12-20")}},
		{a: []string{finding(loinc("8665-2"), period("2010-09-01"), "2026-10-20")}},
		// As told last by its source: not by another.
		{a: []string{finding(named("Gestational age"), weeks("20"), "2026-10-20"), finding(named("Gestational age"), weeks("24"), "2026-11-17")}, want: "Gestational age: 24 wk (of 17 Nov 2026)"},
		{a: []string{finding(loinc("8665-2"), period("2026-08-01"), "2026-10-20"), finding(loinc("8665-2"), period("2026-11-10"), "2026-11-17")}},
		{a: []string{finding(loinc("8665-2"), period("2026-08-01"), "2026-10-20")}, b: []string{finding(loinc("8665-2"), period("2026-11-10"), "2026-11-17")}, want: "LOINC 8665-2: 1 Aug 2026"},
		{a: []string{finding(named("Gestational age"), weeks("20"), "2026-10-20"), finding(loinc("82810-3"), `"valueCodeableConcept":{"text":"Not pregnant"}`, "2026-11-17")}},
		{a: []string{finding(named("Gestational age"), weeks("38"), "2026-11-10")}, b: []string{`{"resourceType":"Procedure","status":"completed","code":{"text":"Caesarean section"},"performedDateTime":"2026-11-18"}`},
			want: "Gestational age: 38 wk (of 10 Nov 2026) [1]; yet Caesarean section (18 Nov 2026) [2]"},
	} {
		s := Tell(append(lines("A", c.a...), lines("B", c.b...)...), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if c.want == "" && len(s.Unclear) > 0 || len(s.Unclear) > 1 || len(s.Now) > 0 {
			t.Errorf("%s: want %q in\n%s", c.a, c.want, s.Text(Page{Width: 120}))
		}
		if c.want != "" {
			expectText(t, s, []string{"May be so: see the record pregnancy " + c.want})
		}
	}
}

// TestR38DaysOfAPregnancyAreNoWeeks: 43 days are six weeks, and the pregnancy lasts.
func TestR38DaysOfAPregnancyAreNoWeeks(t *testing.T) {
	s := Tell(lines("A", `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"49052-4"}]},"effectiveDateTime":"2026-09-01","valueQuantity":{"value":43,"unit":"d"}}`),
		Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
	if len(s.Unclear) != 1 {
		t.Errorf("no pregnancy of 18 weeks in\n%s", s.Text(Page{Width: 140}))
	}
}
