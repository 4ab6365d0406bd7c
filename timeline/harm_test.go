package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

const (
	nkda     = `{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"409137002","display":"No known drug allergy"}]}}`
	onActive = `"clinicalStatus":{"coding":[{"code":"active"}]}`
)

// "No known allergies" is contradicted by an allergy in whatever type it stands, and
// by nothing that only sounds like one.
func TestR38NoneKnownIsContradictedWhereverAnAllergyStands(t *testing.T) {
	for record, want := range map[string]string{
		`{"resourceType":"Condition",` + onActive + `,"code":{"text":"Allergy to penicillin"}}`:                                                                   "below",
		`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"text":"History of anaphylaxis to propofol"}}`:                     "below",
		`{"resourceType":"Condition",` + onActive + `,"verificationStatus":{"coding":[{"code":"refuted"}]},"code":{"text":"Allergy to penicillin"}}`:              "",
		`{"resourceType":"Condition",` + onActive + `,"code":{"text":"Allergic rhinitis"}}`:                                                                       "",
		`{"resourceType":"Condition",` + onActive + `,"code":{"text":"No history of anaphylaxis"}}`:                                                               "",
		`{"resourceType":"Flag","status":"active","code":{"text":"Anaphylactic to rocuronium"}}`:                                                                  "below",
		`{"resourceType":"Flag","status":"inactive","code":{"text":"Anaphylactic to rocuronium"}}`:                                                                "",
		`{"resourceType":"AdverseEvent","actuality":"actual","event":{"text":"Anaphylaxis"},"date":"2026-10-22"}`:                                                 "below",
		`{"resourceType":"AdverseEvent","actuality":"potential","event":{"text":"Anaphylaxis"},"date":"2026-10-22"}`:                                              "",
		`{"resourceType":"DetectedIssue","status":"final","code":{"text":"Drug allergy"},"severity":"moderate"}`:                                                  "below",
		`{"resourceType":"Observation","status":"final","code":{"text":"Allergies"},"effectiveDateTime":"2026-11-01","valueString":"Chlorhexidine: anaphylaxis"}`: "below",
		`{"resourceType":"Observation","status":"final","code":{"text":"Allergies"},"effectiveDateTime":"2026-11-01","valueString":"None known"}`:                 "",
		`{"resourceType":"Observation","status":"final","code":{"text":"Peanut allergy IgE"},"effectiveDateTime":"2026-11-01","valueString":"class 2"}`:           "",
		`{"resourceType":"AllergyIntolerance",` + onActive + `,"code":{"text":"Latex"}}`:                                                                          "above",
	} {
		text := Tell(append(lines("A", nkda), lines("B", record)...), Options{Kinds: allKinds}).Text(Page{Width: 200})
		if want != "" {
			want = "No known drug allergy, but see " + want
		}
		if !strings.Contains(text, want) || want == "" && strings.Contains(text, "but see") {
			t.Errorf("%s: want %q in\n%s", record, want, text)
		}
	}
}

// An allergy is found in eight languages, wherever people write one, and denied in them.
func TestR38AnAllergyIsFoundInEveryLanguage(t *testing.T) {
	problem := func(s string) string {
		return `{"resourceType":"Condition",` + onActive + `,"code":{"text":"` + s + `"}}`
	}
	answer := func(question, value string) string {
		return `{"resourceType":"Observation","status":"final","effectiveDateTime":"2026-10-01","code":{"text":"` + question + `"},` + value + `}`
	}
	asked := func(items string) string {
		return `{"resourceType":"QuestionnaireResponse","status":"completed","authored":"2026-10-01","item":[` + items + `]}`
	}
	letter := func(section, text string) string {
		return `{"resourceType":"Composition","status":"final","type":{"text":"Letter"},"date":"2026-10-01","title":"Letter","section":[{` + section + `,"text":{"status":"additional","div":"<div>` + text + `</div>"}}]}`
	}
	told := []string{
		problem("Penicillinallergie"), problem("Allergie gegenüber Penicillin"), problem("Allergisch auf Latex"), problem("Überempfindlichkeit gegen Jod"), problem("Anaphylaktischer Schock"),
		problem("Allergie à la pénicilline"), problem("Réaction allergique au latex"), problem("Allergique à l'iode"), problem("Alergia a betalactámicos"), problem("Alérgico a AINE"), problem("Choque anafiláctico"),
		problem("Allergia al lattice"), problem("Reazione allergica"), problem("Allergie voor co-trimoxazol"), problem("Allergisch voor noten"), problem("Alergia à dipirona"), problem("Penisilin alerjisi"),
		problem("Penicillin allergy; tolerates cefalexin, no rash"),
		answer("Allergien", `"valueString":"Jod"`), answer("Antécédents allergiques", `"valueString":"Curares"`), answer("Allergies", `"valueBoolean":true`),
		answer("Allergies", `"component":[{"code":{"text":"Food"},"valueString":"none"},{"code":{"text":"Drugs"},"valueString":"Penicillin"}]`),
		asked(`{"linkId":"1","text":"Reazioni a farmaci?","answer":[{"valueString":"Amoxicillina: orticaria"}]}`),
		asked(`{"linkId":"1","text":"Have you ever had a reaction to a medicine?","answer":[{"valueString":"Ibuprofen, wheeze"}]}`),
		asked(`{"linkId":"1","text":"Any allergies?","answer":[{"valueString":"No, but penicillin gave me a rash"}]}`), asked(`{"linkId":"1","text":"Allergies?","answer":[{"valueString":"No penicillin!"}]}`),
		answer("Allergies", `"valueString":"None but co-trimoxazole"`),
		answer("Arzneimittelreaktionen", `"valueString":"Novalgin"`), answer("Reacciones adversas a medicamentos", `"valueString":"Nolotil"`),
		asked(`{"linkId":"1","text":"Safety","item":[{"linkId":"2","text":"Do you have allergies?","answer":[{"valueBoolean":true,"item":[{"linkId":"3","text":"Which?","answer":[{"valueString":"latex"}]}]}]}]}`),
		asked(`{"linkId":"1","text":"Hebben u allergieën","answer":[{"valueCoding":{"display":"Pinda"}}]}`),
	}
	told = append(told, letter(`"title":"Allergien"`, "Novalgin: Schock"), letter(`"code":{"coding":[{"system":"http://loinc.org","code":"48765-2"}]}`, "Latex"))
	none := []string{
		letter(`"title":"Allergies"`, "No known drug allergies"), letter(`"title":"Allergien"`, "Keine Allergien bekannt"), letter(`"title":"Medication"`, "Aspirin"),
		letter(`"title":"Allergies","entry":[{"display":"Latex"}]`, "Latex"), // of which its record tells, or the document that it is not here
		problem("Allergische Rhinitis"), problem("Rinitis alérgica"), problem("Allergisches Asthma"), problem("Keine Arzneimittelallergie bekannt seit Jahren"), problem("Sin alergia a penicilina"), problem("Allergietest geplant"),
		problem("Familienanamnese: Allergie"), problem("Pas d'allergie à la pénicilline"), problem("Kontakt mit Allergologie"), problem("Allergeenonderzoek"), problem("Latex allergy: none"), problem("Penicillinallergie negativ"),
		answer("Allergien", `"valueString":"keine"`), answer("Alergias", `"valueString":"-"`), answer("Allergies", `"valueBoolean":false`), answer("Allergien", `"component":[{"code":{"text":"Food"},"valueString":"geen"}]`),
		asked(`{"linkId":"1","text":"Any allergies?","answer":[{"valueString":"No"}]},{"linkId":"2","text":"Smoker?","answer":[{"valueString":"Yes"}]}`),
		asked(`{"linkId":"1","text":"Adverse drug reactions?","answer":[{"valueString":"none known"}]}`), answer("Transfusion reaction", `"valueString":"mild"`),
		asked(`{"linkId":"1","text":"Allergies in the family?","answer":[{"valueString":"Yes"}]}`),
	}
	for want, list := range map[bool][]string{true: told, false: none} {
		for _, record := range list {
			text := Tell(append(lines("A", nkda), lines("B", record)...), Options{Kinds: allKinds}).Text(Page{Width: 200})
			if strings.Contains(text, "but see below") != want {
				t.Errorf("%s: an allergy is %v in\n%s", record, want, text)
			}
		}
	}
	for _, words := range []string{"Keine Allergien und Unverträglichkeiten bekannt", "Pas d'allergie connue", "No refiere alergias medicamentosas conocidas", "Nessuna allergia nota",
		"Geen allergieën bekend", "Sem alergias conhecidas", "Bilinen alerjisi yok"} {
		text := Tell(append(lines("A", strings.Replace(nkda, "No known drug allergy", words, 1)), lines("B", `{"resourceType":"AllergyIntolerance",`+onActive+`,"code":{"text":"`+words+`"}}`,
			`{"resourceType":"AllergyIntolerance",`+onActive+`,"code":{"text":"Latex"}}`)...), Options{}).Text(Page{Width: 200})
		if !strings.Contains(text, words+", but see above [2]") && !strings.Contains(text, words+", but see above [1,2]") {
			t.Errorf("%q is a substance in\n%s", words, text)
		}
	}
	twice := Tell(lines("A", letter(`"title":"Allergies"`, "Latex"), strings.Replace(letter(`"title":"Allergies"`, "Latex"), "Letter", "Later letter", 2)), Options{Kinds: allKinds})
	expectText(t, twice, []string{"May be so: see the record allergy Letter: Latex (recorded 1 Oct 2026)"})
	if len(twice.Unclear) != 1 {
		t.Errorf("one allergy in two letters is %d", len(twice.Unclear))
	}
	expectText(t, Tell(lines("A", told[len(told)-4]), Options{Kinds: allKinds}), []string{"May be so: see the record allergy questionnaire: Do you have allergies? yes; Which? latex (of 1 Oct 2026)"})
}

// What was stopped or not given because of an allergy, or had one as what came of it, may
// be one, and stands beside an order of it.
func TestR38WhatAnAllergyEndedMayBeOne(t *testing.T) {
	medicine := func(kind, status, name, why string) string {
		return `{"resourceType":"` + kind + `","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"` + name + `"},` + why + `}`
	}
	reason := func(s string) string { return `"statusReason":{"text":"` + s + `"}` }
	scan := func(complication string) string {
		return `{"resourceType":"Procedure","status":"completed","code":{"text":"Scan with contrast"},"performedDateTime":"2020-01-01","complication":[{"text":"` + complication + `"}]}`
	}
	for _, c := range []struct {
		record, want string // "" for no allergy
	}{
		{medicine("MedicationRequest", "stopped", "Cefazolin", reason("Anaphylaxis after the first dose")), "allergy Cefazolin (stopped: Anaphylaxis after the first dose)"},
		{medicine("MedicationRequest", "cancelled", "Cefazolin", reason("Allergie connue")), "allergy Cefazolin (cancelled: Allergie connue)"},
		{medicine("MedicationStatement", "not-taken", "Cefazolin", reason("allergic to it")), "allergy Cefazolin (not taken: allergic to it)"},
		{medicine("MedicationAdministration", "stopped", "Cefazolin", reason("allergic reaction")), "allergy Cefazolin (stopped: allergic reaction, administration"},
		{medicine("MedicationAdministration", "not-done", "Cefazolin", reason("Penicillinallergie")), "allergy Cefazolin (not done: Penicillinallergie, administration"},
		{medicine("MedicationDispense", "declined", "Cefazolin", `"statusReasonCodeableConcept":{"text":"allergic to it"}`), "allergy Cefazolin (declined: allergic to it"},
		{medicine("MedicationRequest", "cancelled", "Cefazolin", reason("Not given due to penicillin allergy")), "allergy Cefazolin (cancelled: Not given due to penicillin allergy)"},
		{medicine("MedicationRequest", "stopped", "Cefazolin", reason("Do not give again - anaphylaxis")), "allergy Cefazolin (stopped: Do not give again - anaphylaxis)"},
		{medicine("MedicationRequest", "stopped", "Cefazolin", reason("Nicht mehr geben, Anaphylaxie")), "allergy Cefazolin (stopped: Nicht mehr geben, Anaphylaxie)"},
		{medicine("MedicationRequest", "stopped", "Cefazolin", reason("No surgery. Allergic to it")), "allergy Cefazolin (stopped: No surgery. Allergic to it)"},
		{medicine("MedicationRequest", "stopped", "Cefazolin", reason("no rash, wheeze or anaphylaxis")), ""},
		{medicine("MedicationRequest", "stopped", "Cefazolin", reason("no vaccine or drug allergy")), ""},
		{medicine("MedicationRequest", "stopped", "Cefazolin", reason("keine Darmerkrankung, Allergie")), ""},
		{medicine("MedicationRequest", "stopped", "Cefazolin", reason("not known to be allergic to it")), ""},
		{medicine("MedicationRequest", "stopped", "Cefazolin", reason("no allergy, but costs")), ""},
		{medicine("MedicationRequest", "stopped", "Cefazolin", reason("course completed")), ""},
		{medicine("MedicationRequest", "active", "Cefazolin", reason("allergy ruled out")), ""},
		{scan("Anaphylaxis to iohexol"), "allergy Scan with contrast (complication Anaphylaxis to iohexol, of 1 Jan 2020)"},
		{scan("Bleeding"), ""},
	} {
		s := Tell(append(lines("A", nkda), lines("B", c.record)...), Options{Kinds: allKinds})
		text := strings.Join(strings.Fields(s.Text(Page{Width: 200})), " ")
		if !strings.Contains(text, c.want) || strings.Contains(text, "May be so") != (c.want != "") || strings.Contains(text, "but see below") != (c.want != "") {
			t.Errorf("%s: want %q in\n%s", c.record, c.want, text)
		}
	}
	never := medicine("MedicationRequest", "active", "Cefazolin", `"doNotPerform":true,"reasonCode":[{"text":"Anaphylaxis"}]`)
	expectText(t, Tell(append(lines("A", nkda), lines("B", never)...), Options{Kinds: allKinds}), []string{"No known drug allergy, but see below"})
	order := `{"resourceType":"MedicationRequest","status":"active","intent":"order","authoredOn":"2026-10-01","medicationCodeableConcept":{"text":"Cefazolin 2 g"}}`
	s := Tell(append(lines("A", order), lines("B", medicine("MedicationRequest", "stopped", "Cefazolin", reason("Anaphylaxis")))...), Options{})
	expectText(t, s, []string{"Cefazolin 2 g (ordered 1 Oct 2026) [1]; yet allergy told: Cefazolin [2]"})
}

// An allergy without a name, or with a code that says that it has none, is told by what it
// reacted to, or by its own text.
func TestR38AnAllergyWithoutANameIsTold(t *testing.T) {
	const unknown = `"code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-NullFlavor","code":"UNK"}]}`
	expectText(t, Tell(lines("A", `{"resourceType":"AllergyIntolerance",`+onActive+`,`+unknown+`,"reaction":[{"substance":{"text":"Cefazolin"},"manifestation":[{"text":"Anaphylaxis"}]}]}`,
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","authoredOn":"2026-10-01","medicationCodeableConcept":{"text":"Cefazolin 2 g"}}`), Options{}),
		[]string{"allergy Cefazolin: Anaphylaxis (coded: not known)", "yet allergy told: Cefazolin"})
	expectText(t, Tell(lines("A", `{"resourceType":"AllergyIntolerance",`+onActive+`,"text":{"status":"generated","div":"<div>Allergy to chlorhexidine</div>"}}`), Options{}),
		[]string{"allergy intolerance (its text: Allergy to chlorhexidine)"})
	expectText(t, Tell(lines("A", `{"resourceType":"AllergyIntolerance",`+onActive+`,`+unknown+`}`), Options{}), []string{"allergy not known; what is not in this view"})
}

// What followed a vaccine, if it is grave, is told as an alert, against the vaccine and
// against "no known allergies"; and so is a risk that was last assessed as high.
func TestR38GraveReactionsAndHighRisksStandUnderNow(t *testing.T) {
	vaccine := func(status, detail string) string {
		return `{"resourceType":"Immunization","status":"` + status + `","vaccineCode":{"text":"Influenza vaccine"},"occurrenceDateTime":"2025-10-02","reaction":[{"date":"2025-10-02","detail":` + detail + `}]}`
	}
	risk := func(day, level string) string {
		return `{"resourceType":"RiskAssessment","status":"final","code":{"text":"Falls"},"occurrenceDateTime":"` + day + `","prediction":[{"outcome":{"text":"Fall"},"qualitativeRisk":` + level + `}],"mitigation":"bed low"}`
	}
	outcome := func(day, of, level string) string {
		return strings.Replace(strings.Replace(risk(day, level), `"code":{"text":"Falls"},`, "", 1), `"Fall"`, `"`+of+`"`, 1)
	}
	const high, low = `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/risk-probability","code":"high"}]}`, `{"text":"low"}`
	for _, c := range []struct {
		records []string
		want    string // under Now; "" for nothing
	}{
		{[]string{vaccine("completed", `{"display":"Anaphylaxis"}`)}, "alert Influenza vaccine: reaction: Anaphylaxis, 2 Oct 2025 (of 2 Oct 2025)"},
		{[]string{vaccine("completed", `{"display":"Guillain-Barré syndrome"}`)}, "alert Influenza vaccine: reaction: Guillain-Barré"},
		{[]string{vaccine("completed", `{"display":"Febrile seizure"}`)}, "alert Influenza vaccine: reaction: Febrile seizure"},
		{[]string{strings.Replace(vaccine("completed", `{"reference":"#o"}`), `{`, `{"contained":[{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Hypotonic episode"}}],`, 1)}, "alert Influenza vaccine: reaction: Hypotonic episode"},
		{[]string{vaccine("completed", `{"display":"Sore arm"}`)}, ""},
		{[]string{vaccine("completed", `{"display":"Fieber"}`)}, ""},
		{[]string{vaccine("completed", `{"display":"Low-grade fever 38.2 C and redness of the left arm"}`)}, ""},
		{[]string{vaccine("completed", `{"display":"Fièvre et douleur au bras"}`)}, ""},
		{[]string{vaccine("completed", `{"display":"Leichte Rötung an der Einstichstelle"}`)}, ""},
		{[]string{vaccine("completed", `{"display":"Hypotonic-hyporesponsive episode with fever"}`)}, "alert Influenza vaccine: reaction: Hypotonic"}, // whatever was mild beside it
		{[]string{vaccine("completed", `{"display":"Intussusception, abdominal pain"}`)}, "alert Influenza vaccine: reaction: Intussusception"},
		{[]string{vaccine("completed", `{"reference":"Observation/1"}`)}, ""},
		{[]string{vaccine("not-done", `{"display":"Anaphylaxis"}`)}, ""},
		{[]string{vaccine("completed", `{"display":"Anaphylaxis"}`), nkda}, "No known drug allergy, but see below"},
		{[]string{vaccine("completed", `{"display":"Anaphylaxis"}`), `{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"Influenza vaccine"},"authoredOn":"2026-10-01"}`},
			"Influenza vaccine (ordered 1 Oct 2026); yet alert told: Influenza vaccine: reaction: Anaphylaxis, 2 Oct 2025 (2 Oct 2025)"},
		{[]string{risk("2026-03-01", high)}, "alert Falls: outcome Fall, qualitative risk high (mitigation bed low, of 1 Mar 2026)"},
		{[]string{risk("2026-03-01", `{"text":"High risk"}`)}, "alert Falls: outcome Fall"},
		{[]string{risk("2026-03-01", high), risk("2026-05-01", low)}, ""},
		{[]string{risk("2026-05-01", low), risk("2026-03-01", high)}, ""},
		{[]string{risk("2026-03-01", low), risk("2026-05-01", high)}, "alert Falls: outcome Fall, qualitative risk high (mitigation bed low, of 1 May 2026)"},
		{[]string{risk("2026-03-01", low)}, ""},
		{[]string{risk("2026-03-01", `{"text":"hoch"}`)}, "alert Falls: outcome Fall"},
		{[]string{risk("2026-03-01", `{"text":"Muy alto"}`)}, "alert Falls: outcome Fall"},
		{[]string{risk("2026-03-01", `{"text":"niet hoog"}`)}, ""},
		{[]string{outcome("2026-03-01", "Suicide", high), outcome("2026-05-01", "Fall", low)}, "alert risk: outcome Suicide"}, // another risk is no later word on it
		{[]string{outcome("2026-03-01", "Suicide", high), outcome("2026-05-01", "Suicide", low)}, ""},
	} {
		text := strings.Join(strings.Fields(Tell(lines("A", c.records...), Options{Kinds: allKinds}).Text(Page{Width: 200})), " ")
		if !strings.Contains(text, c.want) || strings.HasPrefix(text, "Now") != (c.want != "") {
			t.Errorf("%q: want %q in\n%s", c.records, c.want, text)
		}
	}
	// Another source's assessment ends none.
	text := Tell(append(lines("A", risk("2026-03-01", high)), lines("B", risk("2026-05-01", low))...), Options{Kinds: allKinds}).Text(Page{})
	if !strings.HasPrefix(strings.TrimSpace(text), "Now") {
		t.Errorf("a risk is ended by another source:\n%s", text)
	}
}

// A grave event, or issue that nobody settled, stands under Now with its day; others
// are told on their day alone.
func TestR38GraveEventsStandUnderNow(t *testing.T) {
	event := func(more string) string {
		return `{"resourceType":"AdverseEvent","actuality":"actual","event":{"text":"Rhabdomyolysis"},"date":"2026-09-01"` + more + `}`
	}
	issue := func(more string) string {
		return `{"resourceType":"DetectedIssue","status":"final","code":{"text":"Interaction"},"identifiedDateTime":"2026-09-01"` + more + `}`
	}
	for record, is := range map[string]bool{
		event(`,"seriousness":{"coding":[{"code":"serious"}]}`):                                                 true,
		event(`,"severity":{"coding":[{"code":"severe"}]}`):                                                     true,
		event(`,"seriousness":{"coding":[{"code":"non-serious"}]}`):                                             false,
		event(`,"seriousness":{"coding":[{"code":"SeriousIsLifeThreatening","display":"Life-threatening"}]}`):   true,
		event(`,"seriousness":{"text":"schwerwiegend"}`):                                                        true,
		event(`,"seriousness":{"text":"nicht schwerwiegend"}`):                                                  false,
		event(`,"severity":{"text":"Sévère"}`):                                                                  true,
		event(`,"outcome":{"text":"Tödlich"}`):                                                                  true,
		event(``):                                                                                               false,
		issue(`,"severity":"high"`):                                                                             true,
		issue(`,"severity":"low"`):                                                                              false,
		issue(`,"severity":"high","mitigation":[{"action":{"text":"stopped"}}]`):                                false,
		`{"resourceType":"DetectedIssue","status":"cancelled","code":{"text":"Interaction"},"severity":"high"}`: false,
	} {
		s := Tell(lines("A", record), Options{})
		if got := len(s.Now) == 1; got != is {
			t.Errorf("%s: under Now: %v", record, got)
		}
		if is {
			expectText(t, s, []string{"(of 1 Sep 2026)"})
		}
		if len(all(s)) != 1 {
			t.Errorf("%s is not told on its day", record)
		}
	}
}

// An allergy whose author left the clinical status out stands under Now, but where it is
// neither grave nor sure; what may harm most comes first.
func TestR38AllergiesStandByTheirDanger(t *testing.T) {
	allergy := func(name, more string) string {
		return `{"resourceType":"AllergyIntolerance","code":{"text":"` + name + `"}` + more + `}`
	}
	s := Tell(lines("A",
		allergy("Aspirin", `,"criticality":"low",`+onActive+`,"recordedDate":"2026-01-01"`),
		allergy("Cefazolin", `,"verificationStatus":{"coding":[{"code":"confirmed"}]}`),
		allergy("Codeine", `,`+onActive),
		allergy("Latex", `,"verificationStatus":{"coding":[{"code":"refuted"}]},"criticality":"high"`),
		allergy("Penicillin", `,"reaction":[{"manifestation":[{"text":"Hives"}],"severity":"severe"}]`),
		allergy("Plaster", `,"verificationStatus":{"coding":[{"code":"unconfirmed"}]}`),
		allergy("Wool", ``),
		allergy("Zinc", `,"criticality":"high"`)), Options{})
	expectText(t, s, []string{"allergy Penicillin: Hives, severe (status not given) Zinc (status not given, high criticality) Cefazolin (status not given) Codeine Wool (status not given) Aspirin",
		"May be so: see the record allergy Plaster (status not given, unconfirmed)"})
}

// What is ordered and may harm is told with what says so, by a word of the substance or
// a code.
func TestR38AnOrderBesideItsAllergySaysSo(t *testing.T) {
	order := `{"resourceType":"MedicationRequest","status":"active","intent":"order","authoredOn":"2026-10-01","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"5224"}],"text":"Heparin sodium 5000 units injection"}}`
	allergy := func(code string) string {
		return `{"resourceType":"AllergyIntolerance",` + onActive + `,"code":` + code + `}`
	}
	for record, want := range map[string]string{
		allergy(`{"text":"Heparin"}`):                   "yet allergy told: Heparin [2]",
		allergy(`{"text":"Heparins, all kinds"}`):       "yet allergy told: Heparins, all kinds [2]",
		allergy(`{"text":"Enoxaparin"}`):                "",
		allergy(`{"text":"Eparina"}`):                   "yet allergy told: Eparina [2]",
		allergy(`{"text":"Sodium benzoate injection"}`): "",
		allergy(`{"text":"X","coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"5224"}]}`):                                                                          "yet allergy told: X [2]",
		`{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"text":"Heparin"}}`:                                                                "",
		`{"resourceType":"Condition",` + onActive + `,"code":{"text":"Heparin-induced thrombocytopenia"}}`:                                                                                 "yet problem told: Heparin-induced thrombocytopenia [2]",
		`{"resourceType":"Condition",` + onActive + `,"code":{"text":"Heparininduzierte Thrombozytopenie"}}`:                                                                               "yet problem told: Heparininduzierte Thrombozytopenie [2]",
		`{"resourceType":"Flag","status":"active","code":{"text":"Heparin-geïnduceerde trombocytopenie"}}`:                                                                                 "yet alert told: Heparin-geïnduceerde trombocytopenie [2]",
		`{"resourceType":"Flag","status":"active","code":{"text":"Trombocitopenia inducida, heparin"}}`:                                                                                    "yet alert told: Trombocitopenia inducida, heparin [2]",
		`{"resourceType":"Flag","status":"active","code":{"text":"Trombocitopenia indotta, heparin"}}`:                                                                                     "yet alert told: Trombocitopenia indotta, heparin [2]",
		`{"resourceType":"Flag","status":"active","code":{"text":"Trombocitopenia induzida, heparin"}}`:                                                                                    "yet alert told: Trombocitopenia induzida, heparin [2]",
		`{"resourceType":"Flag","status":"active","code":{"text":"Thrombopénie induite par l'héparine"}}`:                                                                                  "yet alert told: Thrombopénie induite par l'héparine [2]",
		`{"resourceType":"Condition",` + onActive + `,"code":{"text":"On heparin since surgery"}}`:                                                                                         "",
		`{"resourceType":"AdverseEvent","actuality":"actual","seriousness":{"text":"Serious"},"event":{"text":"Bleed"},"suspectEntity":[{"instance":{"display":"Heparin"}}]}`:              "yet alert told: Bleed [2]",
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","doNotPerform":true,"authoredOn":"2026-11-01","medicationCodeableConcept":{"text":"Heparin in any form"}}`: "yet not to be taken: Heparin in any form (1 Nov 2026) [2]",
	} {
		text := Tell(append(lines("A", order), lines("B", record)...), Options{}).Text(Page{Width: 200})
		if !strings.Contains(text, want) || want == "" && strings.Contains(text, "; yet") {
			t.Errorf("%s: want %q in\n%s", record, want, text)
		}
	}
}

// A medicine that was stopped elsewhere is found under the other ways of writing it.
func TestR38AStoppedMedicineIsFoundInOtherWords(t *testing.T) {
	order := func(status, day, medicine string) string {
		return `{"resourceType":"MedicationRequest","status":"` + status + `","intent":"order","authoredOn":"` + day + `","medicationCodeableConcept":` + medicine + `}`
	}
	coded := func(code, text string) string {
		return `{"coding":[{"system":"http://www.whocc.no/atc","code":"` + code + `"}],"text":"` + text + `"}`
	}
	for _, c := range []struct {
		now, then string
		yet       bool
	}{
		{`{"text":"Warfarin 5 mg"}`, `{"text":"Warfarin 5mg tablets"}`, true},
		{`{"text":"Warfarin 5 mg"}`, `{"text":"WARFARIN 5 MG TABS"}`, true},
		{`{"text":"Warfarin 5 mg"}`, `{"text":"warfarin sodium 5.0 MG Oral Tablet"}`, true},
		{`{"text":"Warfarin 5 mg"}`, `{"text":"Marevan (warfarin)"}`, true},
		{`{"text":"Warfarin 5 mg"}`, `{"text":"Warfarin 3 mg"}`, false},
		{`{"text":"Digoxin 250 micrograms"}`, `{"text":"Digoxin 250mcg"}`, true},
		{`{"text":"Potassium chloride"}`, `{"text":"Sodium chloride"}`, false},
		{`{"text":"Morphine 10 mg tablet"}`, `{"text":"Morphine 10 mg injection"}`, false},
		{`{"text":"Insulin lispro"}`, `{"text":"Insulin glargine"}`, false},
		{`{"text":"Prograf 1mg capsules (Astellas Pharma Ltd)"}`, `{"text":"tacrolimus (PROGRAF) 1 mg capsule"}`, true},
		{`{"text":"Apixaban 5mg tablets (Teva UK)"}`, `{"text":"apixaban 5 MG Oral Tablet [Eliquis]"}`, true},
		{`{"text":"apixaban 5 MG Oral Tablet [Eliquis]"}`, `{"text":"Apixaban 5mg tablets (Teva UK)"}`, true},
		{`{"text":"Apixaban 5mg tablets (Teva UK)"}`, `{"text":"Warfarin 5mg tablets (Teva UK)"}`, false},
		{`{"text":"Apixaban 5mg tablets (Teva UK)"}`, `{"text":"apixaban 2.5 MG Oral Tablet [Eliquis]"}`, false},
		{`{"text":"(Warfarin)"}`, `{"text":"[Warfarin]"}`, true},
		{`{"text":"Marcumar 3 mg Tabletten N3"}`, `{"text":"Phenprocoumon (Marcumar) 3 mg"}`, true},
		{`{"text":"Ramipril 2,5 mg Filmtabletten"}`, `{"text":"Ramipril 2.5 mg comprimés"}`, true},
		{`{"text":"Digoxin 0,125 mg"}`, `{"text":"Digoxine 0.125 mg"}`, true},
		{`{"text":"Ramipril 2,5 mg Filmtabletten"}`, `{"text":"Ramipril 5 mg comprimés"}`, false},
		{`{"text":"Enoxaparin Fertigspritzen"}`, `{"text":"Enoxaparine, solution injectable en seringue préremplie"}`, true},
		{`{"text":"Morphin Filmtabletten"}`, `{"text":"Morfina 10 mg soluzione iniettabile"}`, false},
		{`{"text":"Morphin Filmtabletten"}`, `{"text":"Morfine pleister"}`, false},
		{`{"text":"Methotrexat 15 mg"}`, `{"text":"Méthotrexate 15 mg comprimé"}`, true},
		{`{"text":"Metotreksat 15 mg"}`, `{"text":"Methotrexaat tablet 15mg"}`, true},
		{`{"text":"Levotiroxina 75 mcg"}`, `{"text":"Levothyroxin 75 Mikrogramm"}`, true},
		{`{"text":"Fenitoína"}`, `{"text":"Phenytoin"}`, true},
		{`{"text":"Valproate sodium 500 mg"}`, `{"text":"Ácido valproico 500 mg comprimidos"}`, true},
		{`{"text":"Valproinsäure 500 mg"}`, `{"text":"acide valproïque 500 mg"}`, true},
		{`{"text":"Natrium valproaat"}`, `{"text":"Valproïnezuur"}`, true},
		{`{"text":"Amoxicilline / acide clavulanique"}`, `{"text":"Amoxicillin + Clavulansäure"}`, true},
		{`{"text":"Metoprololsuccinat 95 mg Retardtabletten"}`, `{"text":"Metoprolol 95 mg"}`, true},
		{`{"text":"metoprolol succinate 95 mg"}`, `{"text":"Metoprololsuccinat 95 mg"}`, true},
		{`{"text":"Losartankalium"}`, `{"text":"Losartan 50 mg"}`, true},
		{`{"text":"Calciumcarbonat"}`, `{"text":"Calciumgluconat"}`, false},
		{`{"text":"Natriumcitrat"}`, `{"text":"Kaliumcitrat"}`, false},
		{`{"text":"Folic acid 5 mg"}`, `{"text":"Folinic acid 5 mg"}`, false},
		{`{"text":"Folsäure 5 mg"}`, `{"text":"Folinsäure 5 mg"}`, false},
		{`{"text":"Valproic acid"}`, `{"text":"Tranexamic acid"}`, false},
		{`{"text":"Prednison"}`, `{"text":"Prednisolone"}`, false},
		{`{"text":"Acenocoumarol"}`, `{"text":"Fenprocoumon"}`, false},
		{coded("B01AA03", "Coumadin"), coded("B01AA03", "Marevan"), true},
		{coded("B01AA03", "Coumadin"), coded("B01AA04", "Marcoumar"), false},
	} {
		s := Tell(append(lines("A", order("active", "2026-01-01", c.now)), lines("B", order("stopped", "2026-11-01", c.then))...), Options{})
		text := s.Text(Page{Width: 200})
		if strings.Contains(text, "; yet ") != c.yet {
			t.Errorf("%s beside a stopped %s: want %v in\n%s", c.now, c.then, c.yet, text)
		}
	}
}

// What was not done because something speaks against it may be so the next time.
func TestR38WhatIsContraindicatedMayBeSo(t *testing.T) {
	const precaution = `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"MEDPREC"}]}`
	vaccine := func(status, why string) string {
		return `{"resourceType":"Immunization","status":"` + status + `","vaccineCode":{"text":"MMR"},"occurrenceDateTime":"2025-10-02","statusReason":` + why + `}`
	}
	scan := func(status, why string) string {
		return `{"resourceType":"Procedure","status":"` + status + `","code":{"text":"MRI"},"performedDateTime":"2025-10-02","statusReason":` + why + `}`
	}
	medicine := func(kind, status, why string) string {
		return `{"resourceType":"` + kind + `","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"Metformin"},` + why + `}`
	}
	const against = `"statusReason":{"text":"Contraindicated: eGFR 20"}`
	for record, want := range map[string]string{
		medicine("MedicationRequest", "cancelled", against):                                                                             "alert Metformin (cancelled: Contraindicated: eGFR 20)",
		medicine("MedicationRequest", "stopped", against):                                                                               "alert Metformin (stopped: Contraindicated: eGFR 20)",
		medicine("MedicationStatement", "not-taken", `"statusReason":[{"text":"Kontraindikation"}]`):                                    "alert Metformin (not taken: Kontraindikation)",
		medicine("MedicationAdministration", "not-done", `"statusReason":[{"text":"contre-indiqué"}],"effectiveDateTime":"2020-01-01"`): "alert Metformin (not done: contre-indiqué",
		medicine("MedicationDispense", "declined", `"statusReasonCodeableConcept":{"text":"contraindicado"}`):                           "alert Metformin (declined: contraindicado",
		medicine("MedicationRequest", "cancelled", `"statusReason":{"text":"entered twice"}`):                                           "",
		medicine("MedicationRequest", "completed", `"note":[{"text":"x"}]`):                                                             "",
		vaccine("not-done", precaution):                                "alert MMR (not done: MEDPREC, of 2 Oct 2025)",
		vaccine("not-done", `{"text":"Contre-indication: greffe"}`):    "alert MMR (not done: Contre-indication: greffe, of 2 Oct 2025)",
		vaccine("not-done", `{"text":"Kontraindiziert"}`):              "alert MMR (not done: Kontraindiziert, of 2 Oct 2025)",
		vaccine("not-done", `{"text":"out of stock"}`):                 "",
		vaccine("completed", precaution):                               "",
		scan("not-done", `{"text":"contraindicated: aneurysm clip"}`):  "alert MRI (not done: contraindicated: aneurysm clip, of 2 Oct 2025)",
		scan("not-done", `{"text":"Not performed: contrast allergy"}`): "allergy MRI (not done: Not performed: contrast allergy, of 2 Oct 2025)",
		vaccine("not-done", `{"text":"Not given - egg anaphylaxis"}`):  "alert MMR (not done: Not given - egg anaphylaxis, of 2 Oct 2025)",
		vaccine("not-done", `{"text":"no allergy, but no stock"}`):     "",
		scan("not-done", `{"text":"patient did not come"}`):            "",
	} {
		s := Tell(lines("A", record), Options{Kinds: allKinds})
		text := strings.Join(strings.Fields(s.Text(Page{Width: 200})), " ")
		if !strings.Contains(text, want) || (len(s.Unclear) == 1) != (want != "") || len(s.Now) > 0 {
			t.Errorf("%s: want %q in\n%s", record, want, text)
		}
	}
	order := `{"resourceType":"MedicationRequest","status":"active","intent":"order","authoredOn":"2026-10-01","medicationCodeableConcept":{"text":"Metformin 500 mg"}}`
	s := Tell(lines("A", order, medicine("MedicationRequest", "cancelled", against)), Options{Kinds: allKinds})
	if expectText(t, s, []string{"Metformin 500 mg (ordered 1 Oct 2026); yet Metformin told as cancelled: Contraindicated: eGFR 20"}); len(s.Unclear) > 0 {
		t.Errorf("it is told twice:\n%s", s.Text(Page{}))
	}
}
