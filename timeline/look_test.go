package timeline_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// A result that its source calls critical is told beside what is so: for some days, unless the
// same source has judged a later one of its code otherwise. What another source tells, or
// one that nobody judged, stands beside it.
func TestR38CriticalResultsAreToldInTheFirstView(t *testing.T) {
	result := func(day, value, rest string) string {
		return `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2823-3","display":"Potassium"}]},"effectiveDateTime":"` + day + `","valueQuantity":{"value":` + value + `,"unit":"mmol/L"}` + rest + `}`
	}
	called := func(code string) string {
		return `,"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"` + code + `"}]}]`
	}
	inWords := func(words string) string { return `,"interpretation":[{"text":"` + words + `"}]` }
	const span = `,"referenceRange":[{"low":{"value":3.5,"unit":"mmol/L"},"high":{"value":5.1,"unit":"mmol/L"}}]`
	high := result("2026-11-18", "7.1", called("HH"))
	for _, c := range []struct {
		a, b []string // of two sources
		want string   // under Now; "" for nothing
	}{
		{a: []string{high}, want: "result ↑↑ Potassium 7.1 mmol/L (critically high (HH), of 18 Nov 2026)"},
		{a: []string{result("2026-11-18", "2.0", called("LL"))}, want: "result ↓↓ Potassium 2.0 mmol/L"},
		{a: []string{result("2026-11-18", "2.0", called("AA"))}, want: "result !! Potassium 2.0 mmol/L"},
		{a: []string{result("2026-11-18", "4.0", called("HH")+span)}, want: "result"},
		{a: []string{result("2026-11-18", "7.1", inWords("Kritisch"))}, want: "result Potassium 7.1 mmol/L (Kritisch,"},
		{a: []string{result("2026-11-18", "7.1", inWords("crítico alto"))}, want: "result Potassium 7.1"},
		{a: []string{result("2026-11-18", "7.1", inWords("Valeur critique"))}, want: "result Potassium 7.1"},
		{a: []string{result("2026-11-18", "7.1", inWords("not critical"))}},
		{a: []string{result("2026-11-18", "7.1", called("H"))}},
		{a: []string{strings.Replace(high, "final", "cancelled", 1)}},
		{a: []string{strings.Replace(high, "final", "entered-in-error", 1)}},
		{a: []string{result("2026-09-18", "7.1", called("HH"))}},
		{a: []string{high, result("2026-11-19", "4.1", called("N"))}},
		{a: []string{high, result("2026-11-19", "4.1", span)}},
		{a: []string{high, result("2026-11-17", "4.1", called("N"))}, want: "result ↑↑ Potassium 7.1"},
		{a: []string{high, result("2026-11-19", "6.9", "")}, want: "18 Nov 2026); yet told as 6.9 mmol/L (19 Nov 2026)"},
		{a: []string{high, strings.Replace(result("2026-11-19", "0", called("N")), `"valueQuantity":{"value":0,"unit":"mmol/L"}`, `"dataAbsentReason":{"text":"haemolysed"}`, 1)}, want: "result ↑↑ Potassium 7.1"},
		{a: []string{high, result("2026-11-19", "7.4", called("HH"))}, want: "result ↑↑ Potassium 7.4 mmol/L (critically high (HH), of 19 Nov 2026)"},
		{a: []string{high}, b: []string{result("2026-11-19", "4.1", called("N"))}, want: "result ↑↑ Potassium 7.1 mmol/L (critically high (HH), of 18 Nov 2026) [1]; yet told as 4.1 mmol/L (19 Nov 2026) [2]"},
		{a: []string{high}, b: []string{high, result("2026-11-19", "4.1", called("N"))}, want: "[1,2]; yet told as 4.1"},
		{a: []string{`{"resourceType":"Observation","status":"final","code":{"text":"Blood pressure"},"effectiveDateTime":"2026-11-18","component":[{"code":{"text":"systolic"},"valueQuantity":{"value":240,"unit":"mmHg"}` + called("HH") + `}]}`}, want: "result Blood pressure: ↑↑ systolic 240 mmHg"},
		{a: []string{`{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Panel"},"effectiveDateTime":"2026-11-18","contained":[` + strings.Replace(high, "{", `{"id":"p",`, 1) + `],"result":[{"reference":"#p"}]}`}, want: "result ↑↑ Potassium 7.1"},
	} {
		s := Tell(append(lines("A", c.a...), lines("B", c.b...)...), Options{Kinds: allKinds})
		text, _, _ := strings.Cut(strings.Join(strings.Fields(s.Text(Page{Width: 300})), " "), " 2026 18 Nov ")
		if len(s.Now) > 1 || (len(s.Now) == 1) != (c.want != "") || !strings.Contains(text, c.want) {
			t.Errorf("%s %s: want %q in\n%s", c.a, c.b, c.want, s.Text(Page{Width: 200}))
		}
	}
	var many []string
	for i := range 8 {
		many = append(many, strings.NewReplacer("2823-3", fmt.Sprint("x-", i), "Potassium", fmt.Sprint("Test ", i), "2026-11-18", fmt.Sprintf("2026-11-%02d", 10+i)).Replace(high))
	}
	s := Tell(lines("A", many...), Options{Kinds: allKinds})
	expectText(t, s, []string{"Now result ↑↑ Test 7 7.1", "↑↑ Test 3 7.1", "Nov 2026) 3 more critical results: see their days"})
	if n := len(s.Now); n != 6 {
		t.Errorf("%d lines for 8 critical results", n)
	}
}

// What was found critical without a number stays in the first view when another sample of that
// day shows nothing: it is told beside it.
func TestR38AnotherSampleTakesNoFindingOutOfTheFirstView(t *testing.T) {
	result := func(when, value, specimen, called string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"Blood culture"},"effectiveDateTime":"` + when + `",` + value + specimen +
			`,"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"` + called + `"}]}]}`
	}
	const found, nothing, left, right = `"valueString":"MRSA"`, `"valueString":"No growth"`, `,"specimen":{"reference":"Specimen/1","display":"Left arm"}`, `,"specimen":{"reference":"Specimen/2","display":"Right arm"}`
	first := result("2026-11-18T09:00:00Z", found, left, "AA")
	for _, c := range []struct {
		first, later string
		now          int
		also         string
	}{
		{first, result("2026-11-18T09:10:00Z", nothing, right, "N"), 1, "yet told as No growth"},
		{first, result("2026-11-18T09:10:00Z", nothing, "", "N"), 1, "yet told as No growth"},
		{first, result("2026-11-19T08:10:00Z", nothing, right, "N"), 1, "yet told as No growth"},
		{first, result("2026-11-19T09:10:00Z", nothing, right, "N"), 0, ""},
		{first, result("2026-11-18T19:10:00Z", nothing, left, "N"), 0, ""},
		{first, result("2026-11-19", nothing, right, "N"), 0, ""},
		{first, result("2026-11-18T09:10:00Z", found, right, "AA"), 1, ""},
		{first, result("2026-11-18T09:10:00Z", `"valueString":"Candida"`, right, "AA"), 2, ""},
		{result("2026-11-18T09:00:00Z", `"valueInteger":7`, left, "AA"), result("2026-11-18T09:10:00Z", `"valueInteger":4`, right, "N"), 0, ""},
	} {
		s := Tell(lines("A", c.first, c.later), Options{Kinds: allKinds})
		if text := s.Text(Page{Width: 300}); len(s.Now) != c.now || !strings.Contains(text, c.also) {
			t.Errorf("%s %s: want %d lines and %q in\n%s", c.first, c.later, c.now, c.also, text)
		}
	}
}

// Antibodies against red cells are told beside what is so, however old, in eight languages;
// with what a later test tells.
func TestR38AntibodiesAgainstRedCellsHaveNoAge(t *testing.T) {
	test := func(day, name, value string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"` + name + `"},"effectiveDateTime":"` + day + `",` + value + `}`
	}
	text := func(s string) string { return `"valueString":"` + s + `"` }
	coded := `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"890-4"}]},"effectiveDateTime":"2009-05-06","valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"10828004"}]}}`
	var told, none []string
	for _, name := range []string{"Antibody screen", "Red cell antibodies", "Irregular antibodies", "Blood group antibody screen", "Indirect antiglobulin test", "Indirect Coombs test", "RBC alloantibody", "Antikörpersuchtest", "Irreguläre Antikörper", "Indirekter Coombstest",
		"Erythrozytäre Antikörper", "RAI", "Recherche d'agglutinines irrégulières", "Anticorps irréguliers", "Anticuerpos irregulares", "Coombs indirecto", "Anticorpi irregolari", "Test di Coombs indiretto", "Irregulaire antistoffen",
		"Irregulaire erytrocytenantistoffen", "Pesquisa de anticorpos irregulares", "Düzensiz antikor", "İndirekt Coombs", "Anti-K", "Anti-Jk(a)", "Anti-D", "Anti-D antibody", "Anti-c quantification", "Anti-D-Antikörper", "Anticorps anti-D",
		"Antibody ID", "Antibody ID: Anti-E", "Antibody identification", "Antibody identification, RBC", "Ab Screen", "Ab screen (gel)", "Antibody Screen, IAT", "IAT", "Blood bank antibody screen", "Antibody screen interpretation", "Type and screen antibody",
		"AK-Suchtest", "Antikörper-Suchtest", "Antikörperscreening", "Antikörperidentifizierung", "AK-Differenzierung", "Indirekter Antiglobulintest", "Identification des anticorps", "Dépistage des anticorps", "Identification d'anticorps anti-érythrocytaires", "RAI: dépistage", "Test indirect à l'antiglobuline",
		"Identificación de anticuerpos", "Rastreo de anticuerpos", "Escrutinio de anticuerpos irregulares", "Antiglobulina indirecta", "Ricerca anticorpi", "Identificazione degli anticorpi", "Antistofscreening", "Antistof identificatie", "Identificação de anticorpos", "Antikor tarama", "Antikor tanımlama testi", "İndirekt antiglobulin testi"} {
		for _, found := range []string{"positive", "Positiv", "Anti-K", "anti-Fy(a) detected, no others", "1:32"} {
			told = append(told, test("2009-05-06", name, text(found)))
		}
		for _, not := range []string{"negative", "Negativ", "not detected", "none", "nicht nachweisbar", "négatif", "geen", "anti-D negative", "Niet aantoonbaar", "Absence", "Absence d'agglutinines irrégulières", "Ausencia", "Assenza di anticorpi irregolari", "unauffällig", "Saptanmadı", "Nil"} {
			none = append(none, test("2009-05-06", name, text(not)))
		}
	}
	told = append(told, coded, test("2009-05-06", "Anti-D titer", `"valueRatio":{"numerator":{"value":1},"denominator":{"value":128}}`), test("2009-05-06", "Antibody screen", `"valueBoolean":true`), test("2009-05-06", "Irregular antibodies", `"component":[{"code":{"text":"Anti-K"},"valueString":"positive"},{"code":{"text":"Anti-E"},"valueString":"negative"}]`))
	bare := func(name string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"` + name + `"},"effectiveDateTime":"2009-05-06"}`
	}
	told = append(told, bare("Antibody ID: Anti-E"), bare("Ab Screen: positive"), bare("Indirect antiglobulin test: Positive"), bare("Antikörpersuchtest: positiv"), test("2009-05-06", "Ab Screen", `"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"POS"}]}]`))
	none = append(none, bare("Ab Screen: negative"), bare("Antibody ID: none"), bare("Antibody ID"), bare("Antibody screen: pending"), bare("Antibody screen: cell 2"), bare("Ab screen: not detected"), test("2009-05-06", "Ab Screen: positive", text("negative")), test("2009-05-06", "Ab Screen: positive", `"dataAbsentReason":{"text":"no sample"}`))
	for _, name := range []string{"HLA antibody screen", "Platelet antibody identification", "Hepatitis C Ab screen", "Antibody screen, HIV", "Hep B core Ab", "Anti-TPO", "Anti-CCP", "Anti-tTG IgA", "Anti-HBc IgM", "Anti-cardiolipin", "Anti-dsDNA", "Anti-Müllerian hormone", "Anti-D prophylaxis", "Anti-D Ig", "Anti-D injection",
		"ABO", "Antibody index", "Screening mammography", "Drug screen", "ID", "Antibiotic identification", "Organism identification", "Donor antibody screen", "Direct antiglobulin test", "DAT", "Neutralising antibody", "Autoantikörper-Suchtest ANA", "ANA screen", "Recherche d'anticorps anti-nucléaires", "Antistoffen tegen rubella"} {
		none = append(none, test("2009-05-06", name, text("positive")))
	}
	none = append(none, test("2009-05-06", "Anti-D", text("given")), test("2009-05-06", "Anti-D", text("1500 IU administered i.m.")))
	none = append(none, strings.Replace(coded, "10828004", "260385009", 1), test("2009-05-06", "HIV antibody screen", text("positive")), test("2009-05-06", "Direct Coombs test", text("positive")), test("2009-05-06", "Anti-HBs", text("positive")), test("2009-05-06", "Anti-D immunoglobulin", text("given")), test("2009-05-06", "Anti-S-100", text("positive")),
		test("2009-05-06", "Anti-Xa", text("positive")), test("2009-05-06", "ABO and antibody screen", text("A positive")), test("2009-05-06", "Antibody screen", `"dataAbsentReason":{"text":"no sample"}`), test("2009-05-06", "Rubella antibody", text("positive")),
		test("2009-05-06", "Antinuclear antibody by indirect immunofluorescence", text("1:160 speckled")), test("2009-05-06", "Antinukleäre Antikörper (indirekte Immunfluoreszenz)", text("1:320")), test("2009-05-06", "Anticorps anti-endomysium, immunofluorescence indirecte", text("positif")),
		test("2009-05-06", "Brucella agglutinins", text("1:80")), test("2009-05-06", "Treponema antibodies, indirect haemagglutination", text("positive")))
	for want, list := range map[bool][]string{true: told, false: none} {
		for _, record := range list {
			s := Tell(lines("A", record), Options{Kinds: allKinds})
			if (len(s.Now) == 1 && s.Now[0].Under == "result") != want || len(s.Now) > 1 {
				t.Errorf("%s: antibodies are %v in\n%s", record, want, s.Text(Page{Width: 200}))
			}
		}
	}
	screen := func(day, value string) string { return test(day, "Antibody screen", text(value)) }
	expectText(t, Tell(lines("A", screen("2009-05-06", "positive"), screen("2020-05-06", "negative")), Options{Kinds: allKinds}), []string{"Now result Antibody screen: positive (of 6 May 2009); yet told as negative (6 May 2020)"})
	for n, values := range [][]string{1: {"positive", "positive"}, 2: {"Anti-K", "Anti-E"}} {
		if values != nil {
			if s := Tell(lines("A", screen("2009-05-06", values[0]), screen("2020-05-06", values[1])), Options{Kinds: allKinds}); len(s.Now) != n {
				t.Errorf("%v are %d lines", values, len(s.Now))
			}
		}
	}
	expectText(t, Tell(lines("A", screen("2009-05-06", "1:16"), screen("2020-05-06", "1:32")), Options{Kinds: allKinds}), []string{"Now result Antibody screen 1:32 (of 6 May 2020) 2020"})
}

// An answer that tells several things is judged by its clauses: what is said of the blood
// group, of what is bound to the red cells or of another antibody is no answer to whether there
// are antibodies against red cells.
func TestR38AnAnswerAboutAntibodiesIsJudgedByItsClauses(t *testing.T) {
	for _, c := range []struct {
		name, value string
		found       bool
	}{
		{"Type and screen", "O NEG, Ab screen POS", true}, {"Type and screen", "O neg, antibody screen positive", true}, {"Type and Screen", "ABO group A; Antibody screen Positive", true}, {"Group and save", "Antibody screen positive", true},
		{"Group & Screen", "Antibodies detected: anti-K", true}, {"Group and Screen", "A RhD Negative. Antibody screen: POSITIVE (anti-Fy(a))", true}, {"Blood group and antibody screen", "O NEG, Ab screen POS", true},
		{"ABO/Rh and antibody screen", "B neg; positive", true}, {"Blutgruppe und Antikörpersuchtest", "A Rh neg., AKS positiv", true}, {"Antibody screen", "Positive. DAT negative", true}, {"Antibody screen", "Rh negative, antibody screen positive", true},
		{"Antibody screen", "O negative antibody screen positive", true}, {"Antibody screen", "antibody screen positive DAT negative", true}, {"Antibody identification", "Anti-K. Negative for anti-Jka", true}, {"Antibody screen", "Negative for anti-D, positive for anti-K", true},
		{"Antibody screen", "3+ cell I, negative cell II", true}, {"Antibody history", "Anti-Jka (2008)", true}, {"Crossmatch", "Incompatible - anti-Jka", true}, {"Antibody screen", "Negative, but anti-K found", true}, {"Red cell autoantibodies", "positive", true},
		{"Antibody screen", "Negative. Repeat in 2 weeks", false}, {"Antibody screen", "Negative. DAT positive", false}, {"Antibody screen", "No irregular antibodies detected", false}, {"RAI", "Aucun anticorps irrégulier n'a été détecté", false}, {"Type and screen", "O POS, antibody screen negative", false}, {"Type and screen", "A Pos", false},
		{"Type and screen", "A Rh positive", false}, {"Type and screen", "see report", false}, {"ABO and antibody screen", "AB positive", false}, {"Blood group and antibody screen", "B pos, antibodies not detected", false}, {"Antibody screen", "Negative. Anti-D due to prophylaxis", false},
		{"Autoantibody screen", "Positive", false}, {"Autoantikörper-Suchtest", "positiv", false}, {"Antibody ID", "Anti-nuclear", false}, {"HIV antibody history", "positive", false}, {"Crossmatch", "Compatible", false},
	} {
		record := `{"resourceType":"Observation","status":"final","code":{"text":"` + c.name + `"},"effectiveDateTime":"2009-05-06","valueString":"` + c.value + `"}`
		if s := Tell(lines("A", record), Options{Kinds: allKinds}); len(s.Now) == 1 != c.found {
			t.Errorf("%s: %s: want it found: %v", c.name, c.value, c.found)
		}
	}
}
