package timeline_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/stele-health/stele/timeline"
)

// An allergy, and what may kill under an anaesthetic, may be so where somebody wrote it into
// the text of a letter, a plan, a message, a visit or an order, and "none known" says that it
// is contradicted; what only names allergies, denies one or tells a relative's is none.
func TestR38AnAllergyAmongOtherThingsMayBeOne(t *testing.T) {
	const none = `{"resourceType":"AllergyIntolerance",` + onActive + `,"code":{"text":"No known allergies"}}`
	letter := func(s string) string {
		return `{"resourceType":"DocumentReference","status":"current","type":{"text":"Letter"},"description":"` + s + `","date":"2019-01-01"}`
	}
	for _, c := range []struct{ record, want string }{
		{letter("Allergic to penicillin - ruled out 2020"), "allergy Letter: Allergic to penicillin - ruled out 2020 (recorded 1 Jan 2019)"},
		{letter("Known asthma. Penicillin allergy (rash). On apixaban"), "allergy Letter: Penicillin allergy (rash) (recorded"},
		{letter("Allergies reviewed: penicillin"), "allergy Letter: Allergies reviewed: penicillin ("},
		{letter("Allergy clinic: allergic to penicillin, confirmed by testing"), "allergy Letter: Allergy clinic"},
		{letter("Anaphylaxis, trigger unknown"), "allergy Letter: Anaphylaxis, trigger unknown"},
		{letter("High risk: anaphylaxis to latex"), "allergy Letter: High risk: anaphylaxis to latex"},
		{letter("Possible penicillin allergy"), "allergy Letter: Possible penicillin allergy"},
		{letter("Penicillinallergie"), "allergy Letter: Penicillinallergie"},
		{letter("Allergie à la pénicilline"), "allergy Letter: Allergie à la pénicilline"},
		{letter("Alergia a la penicilina"), "allergy Letter: Alergia"},
		{letter("Allergia alla penicillina"), "allergy Letter: Allergia"},
		{letter("Allergisch voor penicilline"), "allergy Letter: Allergisch"},
		{letter("Alergia à penicilina"), "allergy Letter: Alergia"},
		{letter("Penisilin alerjisi"), "allergy Letter: Penisilin"},
		{`{"resourceType":"DocumentReference","status":"current","type":{"text":"Scan"},"content":[{"attachment":{"contentType":"application/pdf","title":"Latex allergy card"}}]}`, "allergy Scan: Latex allergy card"},
		{`{"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"treatment"}]},"category":[{"text":"Anaesthesia"}],"dateTime":"2025-01-01","provision":{"type":"permit"},"text":{"status":"additional","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Consent to a general anaesthetic. Allergic to penicillin.</div>"}}`, "allergy Anaesthesia: Allergic to penicillin ("},
		{`{"resourceType":"CarePlan","status":"active","intent":"plan","title":"Emergency plan","description":"Allergic to latex"}`, "allergy Emergency plan: Allergic to latex"},
		{`{"resourceType":"ClinicalImpression","status":"completed","description":"Assessment","summary":"Allergic to rocuronium"}`, "allergy Assessment: Allergic to rocuronium"},
		{`{"resourceType":"Communication","status":"completed","payload":[{"contentString":"Patient is allergic to heparin"}]}`, "allergy message: Patient is allergic to heparin"},
		{`{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"reasonCode":[{"text":"Anaphylaxis to peanut"}]}`, "allergy visit: Anaphylaxis to peanut"},
		{`{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"reasonCode":[{"coding":[{"system":"http://snomed.info/sct","code":"1","display":"Anaphylaxis to peanut"}]}]}`, "allergy visit: Anaphylaxis to peanut"},
		{`{"resourceType":"ServiceRequest","status":"active","intent":"order","code":{"text":"CT"},"note":[{"text":"Contrast allergy"}]}`, "allergy CT: Contrast allergy"},
		{`{"resourceType":"ServiceRequest","status":"revoked","intent":"order","code":{"text":"CT"},"note":[{"text":"Contrast allergy"}]}`, "allergy CT: Contrast allergy"},
		{`{"resourceType":"List","status":"current","mode":"working","title":"Alerts","note":[{"text":"Allergic to penicillin"}]}`, "allergy Alerts: Allergic to penicillin"},
		{`{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Patch test"},"conclusion":"Allergy to nickel"}`, "allergy Patch test: Allergy to nickel"},
		{`{"resourceType":"ServiceRequest","status":"active","intent":"order","code":{"text":"Hernia repair"},"note":[{"text":"Difficult intubation in 2015"}]}`, "alert Hernia repair: Difficult intubation in 2015"},
		{`{"resourceType":"MedicationRequest","status":"cancelled","intent":"order","medicationCodeableConcept":{"text":"suxamethonium"},"note":[{"text":"Do not give: pseudocholinesterase deficiency"}]}`, "alert suxamethonium: Do not give: pseudocholinesterase deficiency"},
		{`{"resourceType":"MedicationRequest","status":"stopped","intent":"order","medicationCodeableConcept":{"text":"azithromycin"},"note":[{"text":"Allergic to penicillin"}]}`, "allergy azithromycin: Allergic to penicillin"},
		{`{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Prick test"},"conclusionCode":[{"coding":[{"system":"http://snomed.info/sct","code":"91936005","display":"Allergy to penicillin"}]}]}`, "allergy Prick test: Allergy to penicillin"},
		{`{"resourceType":"ClinicalImpression","status":"completed","description":"Assessment","finding":[{"itemCodeableConcept":{"text":"Penicillin allergy"}}]}`, "allergy Assessment: Penicillin allergy"},
		{`{"resourceType":"ClinicalImpression","status":"completed","description":"Assessment","finding":[{"itemReference":{"display":"Penicillin allergy"}}]}`, "allergy Assessment: Penicillin allergy"},
		{`{"resourceType":"NutritionOrder","status":"active","intent":"order","dateTime":"2026-11-01","allergyIntolerance":[{"display":"Peanut allergy"}]}`, "allergy nutrition: Peanut allergy"},
		{`{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"diagnosis":[{"condition":{"reference":"Condition/q","display":"Peanut anaphylaxis"}}]}`, "allergy visit: Peanut anaphylaxis"},
		{`{"resourceType":"EpisodeOfCare","status":"active","type":[{"text":"Asthma"}],"diagnosis":[{"condition":{"display":"Peanut anaphylaxis"}}]}`, "allergy Asthma: Peanut anaphylaxis"},
		{`{"resourceType":"Immunization","status":"completed","vaccineCode":{"text":"Tdap"},"note":[{"text":"Anaphylaxis 10 minutes after vaccine; epinephrine given"}]}`, "allergy Tdap: Anaphylaxis 10 minutes after vaccine"},
		{`{"resourceType":"MedicationAdministration","status":"completed","medicationCodeableConcept":{"text":"Ceftriaxone"},"note":[{"text":"Developed anaphylaxis, adrenaline given"}]}`, "allergy Ceftriaxone: Developed anaphylaxis, adrenaline given"},
		{`{"resourceType":"Observation","status":"final","code":{"text":"Tryptase"},"valueInteger":40,"note":[{"text":"Anaphylaxis to rocuronium confirmed"}]}`, "allergy Tryptase: Anaphylaxis to rocuronium confirmed"},
		{letter("Malignant hyperthermia. Carries a card"), "alert Letter: Malignant hyperthermia ("},
	} {
		s := Tell(lines("A", none, c.record), Options{Kinds: allKinds})
		text := strings.Join(strings.Fields(s.Text(Page{Width: 300})), " ")
		if !strings.Contains(text, "May be so: see the record "+c.want) {
			t.Errorf("%s: want %q in\n%s", c.record, c.want, s.Text(Page{Width: 120}))
		}
		if strings.HasPrefix(c.want, "allergy") && !strings.Contains(text, "No known allergies, but see below") || len(s.Now) > 0 {
			t.Errorf("%s: none is known in\n%s", c.record, s.Text(Page{Width: 120}))
		}
	}
	for _, record := range []string{letter("No known allergies"), letter("Allergies: NKDA"), letter("Allergies and intolerances"), letter("Allergies reviewed"), letter("Referral to allergy clinic"), letter("Please confirm allergies before visit"), letter("Allergy testing"), letter("I have told about any allergies I have"), letter("The risks include an allergic reaction to the anaesthetic, difficult intubation, death"), letter("Zu den Risiken gehören Allergie gegen Latex und schwierige Intubation"), letter("Allergy progress note"), letter("Allergy shots"), letter("Allergie unbekannt"),
		letter("Mother allergic to penicillin, family history"), letter("Not allergic to penicillin"), letter("Allergic rhinitis"), letter("Keine Allergien bekannt"), letter("Pas d'allergie connue"),
		`{"resourceType":"ServiceRequest","status":"active","intent":"order","code":{"text":"Penicillin allergy testing"}}`,
		`{"resourceType":"List","status":"current","mode":"snapshot","title":"Drug allergies"}`,
		`{"resourceType":"Observation","status":"final","code":{"text":"IgE"},"valueInteger":1,"note":[{"text":"Interpret with the history, as for any allergy test, allergy is no result"}]}`,
		`{"resourceType":"Observation","status":"final","code":{"text":"IgE"},"valueInteger":1,"focus":[{"display":"Brother"}],"note":[{"text":"Allergic to peanuts"}]}`,
		`{"resourceType":"Immunization","status":"completed","vaccineCode":{"text":"Tdap"},"note":[{"text":"Observed for anaphylaxis, 15 minutes"}]}`,
		`{"resourceType":"MedicationAdministration","status":"completed","medicationCodeableConcept":{"text":"Ceftriaxone"},"note":[{"text":"No anaphylaxis"}]}`,
		`{"resourceType":"FamilyMemberHistory","status":"completed","relationship":{"text":"mother"},"note":[{"text":"Allergic to penicillin"}]}`,
		`{"resourceType":"FamilyMemberHistory","status":"completed","relationship":{"text":"mother"},"note":[{"text":"No family history of malignant hyperthermia"}]}`,
		`{"resourceType":"Observation","status":"final","code":{"text":"Latex allergy"},"valueString":"Denied"}`,
		`{"resourceType":"QuestionnaireResponse","status":"completed","item":[{"linkId":"1","text":"Latex allergy","answer":[{"valueString":"Denied"}]}]}`,
		`{"resourceType":"CarePlan","status":"entered-in-error","intent":"plan","description":"Allergic to latex"}`,
		`{"resourceType":"CarePlan","status":"active","intent":"plan","title":"Asthma","contained":[{"resourceType":"CarePlan","id":"x","status":"active","intent":"plan","description":"Allergic to latex"}]}`,
	} {
		if s := Tell(lines("A", none, record), Options{Kinds: allKinds}); len(s.Now)+len(s.Unclear) > 0 {
			t.Errorf("%s: an allergy in\n%s", record, s.Text(Page{Width: 120}))
		}
	}
	// What a reference leads to tells itself.
	s := Tell(lines("A", `{"resourceType":"Condition","id":"q",`+onActive+`,"code":{"text":"Peanut anaphylaxis"}}`,
		`{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"diagnosis":[{"condition":{"reference":"Condition/q","display":"Peanut anaphylaxis"}}]}`), Options{Kinds: allKinds})
	if len(s.Now) != 1 || len(s.Unclear) > 0 {
		t.Errorf("told twice:\n%s", s.Text(Page{Width: 120}))
	}
	// What is ordered, decided or forbidden stays what it is.
	s = Tell(lines("A", `{"resourceType":"ServiceRequest","status":"active","intent":"order","doNotPerform":true,"code":{"text":"CT with contrast"},"note":[{"text":"Contrast allergy"}]}`,
		`{"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"adr"}]},"category":[{"text":"DNR"}],"dateTime":"2025-01-01","provision":{"type":"deny"},"text":{"status":"additional","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Allergic to latex</div>"}}`,
		`{"resourceType":"CarePlan","status":"active","intent":"plan","description":"Allergic to amoxicillin"}`,
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"Amoxicillin 500 mg"}}`), Options{Kinds: allKinds})
	expectText(t, s, []string{"Now directive DNR", "not to do not to be done: CT with contrast", "medicine Amoxicillin 500 mg; yet allergy told"})
}

// What was stopped, cancelled or is not taken says why in a note alone, as some have no other
// place for it: that is told beside any order of the medicine, as a reason is. Another note is
// no reason, and a course that was completed was not ended.
func TestR38WhatANoteSaysWhyAMedicineEndedIsTold(t *testing.T) {
	const now = `{"resourceType":"MedicationRequest","status":"active","intent":"order","authoredOn":"2026-05-01","medicationCodeableConcept":{"text":"Metoprolol 95 mg"}}`
	was := func(status, note string) string {
		return `{"resourceType":"MedicationRequest","status":"` + status + `","intent":"order","authoredOn":"2024-05-01","medicationCodeableConcept":{"text":"Metoprolol 47.5 mg"},"note":[{"text":"` + note + `"}]}`
	}
	for _, note := range []string{"Stopped: third degree AV block", "Because of AV block", "due to asthma", "abgesetzt wegen AV-Block III", "Wegen Bradykardie", "Arrêt : bloc AV", "Suspendido por bradicardia", "Sospeso: asma", "Gestaakt vanwege astma", "Interrompido devido a asma",
		"Bradikardi nedeniyle kesildi", "Contraindicated in asthma", "Unverträglichkeit"} {
		s := Tell(append(lines("A", now), lines("B", was("stopped", note))...), Options{Kinds: allKinds})
		expectText(t, s, []string{"Now medicine Metoprolol 95 mg (ordered 1 May 2026) [1]; yet Metoprolol 47.5 mg told as stopped: " + note + " (ordered 1 May 2024) [2]"})
		s = Tell(lines("A", now, was("cancelled", note)), Options{Kinds: allKinds})
		expectText(t, s, []string{"yet Metoprolol 47.5 mg told as cancelled: " + note})
	}
	for _, record := range []string{was("stopped", "Take with food"), was("completed", "Stop after 7 days"), was("stopped", "Repeat dispensing")} {
		s := Tell(append(lines("A", now), lines("B", record)...), Options{Kinds: allKinds})
		if len(s.Now) != 1 || len(s.Now[0].Against) > 0 || len(s.Unclear) > 0 {
			t.Errorf("%s: a reason in\n%s", record, s.Text(Page{Width: 120}))
		}
	}
}

// TestR38AnAllergyToldAsideHidesNothing: what stands under Now, or may, of itself stands
// there beside an allergy that its note tells.
func TestR38AnAllergyToldAsideHidesNothing(t *testing.T) {
	const note = `,"note":[{"text":"Allergic to penicillin."}]}`
	device := func(name string) string {
		return `{"resourceType":"Device","status":"active","type":{"text":"` + name + `"}` + note
	}
	used := func(name string) string {
		return `{"resourceType":"DeviceUseStatement","status":"active","device":{"display":"` + name + `"}` + note
	}
	order := func(name, status, more string) string {
		return `{"resourceType":"MedicationRequest","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"` + name + `"},"authoredOn":"2026-10-20"` + more + note
	}
	against := `,"statusReason":{"text":"contraindicated: renal failure"}`
	for what, c := range map[string]struct{ records, want []string }{
		"one implant":      {[]string{device("Cardiac pacemaker")}, []string{"device          Cardiac pacemaker"}},
		"one in use":       {[]string{used("Cardiac pacemaker")}, []string{"device          Cardiac pacemaker"}},
		"two implants":     {[]string{device("Cardiac pacemaker"), device("Cochlear implant")}, []string{"Cardiac pacemaker", "Cochlear implant"}},
		"two in use":       {[]string{used("Cardiac pacemaker"), used("Cochlear implant")}, []string{"Cardiac pacemaker", "Cochlear implant"}},
		"a depot and more": {[]string{order("Amoxicillin 500 mg", "completed", ""), order("Paliperidone palmitate 150 mg depot injection", "completed", "")}, []string{"Paliperidone"}},
		"two depots":       {[]string{order("Medroxyprogesterone depot injection 150 mg", "completed", ""), order("Paliperidone palmitate 150 mg depot injection", "completed", "")}, []string{"Paliperidone", "Medroxyprogesterone"}},
		"a pregnancy":      {[]string{`{"resourceType":"Observation","status":"final","code":{"text":"Pregnancy status"},"effectiveDateTime":"2026-11-10","valueString":"pregnant"` + note}, []string{"pregnancy       Pregnancy status: pregnant", "allergy         Pregnancy status: Allergic to penicillin"}},
		"two warned of":    {[]string{order("Metformin 500 mg", "stopped", against), order("Ibuprofen 400 mg", "stopped", against)}, []string{"Metformin", "Ibuprofen"}},
	} {
		s := Tell(lines("A", c.records...), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		first := s.Text(Page{Width: 140})
		for _, end := range []string{"no date", "\n2026"} {
			first, _, _ = strings.Cut(first, end)
		}
		for _, want := range c.want {
			if !strings.Contains(first, want) {
				t.Errorf("%s: want %q on the first screen:\n%s", what, want, first)
			}
		}
	}
}
