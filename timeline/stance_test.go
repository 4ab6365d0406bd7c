package timeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/stele-health/stele/timeline"
)

// TestR38DirectivesThatDisagreeSaySo: whoever reads that nothing is to be done, or all,
// reads beside it that somebody wrote the contrary, in whatever type that stands.
func TestR38DirectivesThatDisagreeSaySo(t *testing.T) {
	order := func(text, day string) string {
		return fmt.Sprintf(`{"resourceType":"ServiceRequest","status":"active","intent":"order","authoredOn":%q,"code":{"text":%q}}`, day, text)
	}
	flag := func(text string) string {
		return fmt.Sprintf(`{"resourceType":"Flag","status":"active","code":{"text":%q}}`, text)
	}
	answer := func(text, day string) string {
		return fmt.Sprintf(`{"resourceType":"Observation","status":"final","code":{"text":"Code status"},"effectiveDateTime":%q,"valueString":%q}`, day, text)
	}
	form := func(rule, what string) string {
		return fmt.Sprintf(`{"resourceType":"Consent","status":"active","scope":{"text":"treatment"},"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentcategorycodes","code":"polst"}]}],"dateTime":"2026-10-05","provision":{"type":"permit","code":[{"text":"Antibiotics"}],"provision":[{"type":%q,"code":[{"text":%q}]}]}}`, rule, what)
	}
	for _, c := range []struct {
		a, b    string
		opposed bool
	}{
		{order("Do not resuscitate", "2026-10-05"), order("Full code", "2026-11-19"), true},
		{order("DNACPR", "2026-10-05"), answer("Full code", "2026-11-19"), true},
		{flag("Comfort care only"), answer("Full code", "2026-11-18"), true},
		{order("Not for resuscitation", "2026-10-05"), flag("For full resuscitation"), true},
		{order("Keine Reanimation", "2026-10-05"), order("Attempt CPR", "2026-11-19"), true},
		{order("Niet reanimeren", "2026-10-05"), flag("Wel reanimeren"), true},
		{form("deny", "Intubation and CPR"), flag("For full resuscitation"), true},
		{form("deny", "CPR"), `{"resourceType":"Observation","status":"final","code":{"text":"Code status"},"effectiveDateTime":"2026-11-19","valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"450475007"}]}}`, true},
		{answer("For attempted cardiopulmonary resuscitation", "2026-08-02"), order("DNACPR", "2026-11-18"), true},
		{answer("Not for attempted cardio-pulmonary resuscitation", "2026-08-02"), order("Attempt cardiopulmonary resuscitation", "2026-11-18"), true},
		{order("Yes CPR: Attempt Resuscitation", "2026-08-02"), flag("No CPR: Do Not Attempt Resuscitation"), true},
		{form("permit", "Comfort-focused treatment"), flag("For full resuscitation"), false},
		{form("deny", "Blood transfusion"), flag("For full resuscitation"), false},
		{order("Refus de réanimation", "2026-10-05"), answer("Full code", "2026-11-19"), true},
		{flag("Lehnt Wiederbelebung ab"), answer("Full code", "2026-11-18"), true},
		{flag("Refuses blood transfusion"), answer("Full code", "2026-11-18"), false},
		{order("DNR", "2026-10-05"), flag("Do not intubate"), false},
		{order("Full code", "2026-10-05"), answer("Full code", "2026-11-19"), false},
		{order("Full code", "2026-10-05"), flag("Advance directive"), false},
	} {
		s := Tell(append(lines("A", c.a), lines("B", c.b)...), Options{Kinds: allKinds, At: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)})
		_, now, _ := strings.Cut(s.Text(Page{Width: 200}), "Now\n")
		now, _, _ = strings.Cut(now, "\n\n")
		if n := strings.Count(now, "yet "); n != map[bool]int{true: 2, false: 0}[c.opposed] {
			t.Errorf("%s\n%s\n%s", c.a, c.b, now)
		}
		if strings.Contains(now, "told as  ") || strings.Contains(now, "told as ordered") || strings.Contains(now, "told as\n") {
			t.Errorf("what is told is not said:\n%s", now)
		}
	}
}

// TestR38DirectivesAreFoundInEveryLanguage: a decision that only the story tells is missed.
func TestR38DirectivesAreFoundInEveryLanguage(t *testing.T) {
	flag := func(text string) string {
		return fmt.Sprintf(`{"resourceType":"Flag","status":"active","code":{"text":%q}}`, text)
	}
	for _, text := range []string{"Niet reanimeren", "Behandelbeperking: niet reanimeren", "Wilsverklaring", "Não reanimar", "Ordem de NÃO REANIMAÇÃO", "Diretivas antecipadas de vontade", "Testamento vital",
		"Limitación del esfuerzo terapéutico", "No reanimable", "Limitation des thérapeutiques actives", "Verzicht auf Wiederbelebungsmaßnahmen", "Therapiebegrenzung", "Vorsorgevollmacht",
		"Testamento biologico", "Canlandırma yapılmasın", "Treatment Escalation Plan", "ReSPECT form", "Not for ITU",
		"Personne de confiance : P. L. Refuse la réanimation en cas d'évolution", "Refus de réanimation", "Refuses resuscitation", "CPR declined", "Lehnt Bluttransfusionen ab", "Verzicht auf Reanimation", "Wiederbelebung wird abgelehnt",
		"Rechaza la transfusión de sangre", "Rifiuta le trasfusioni", "Weigert bloedtransfusie", "Recusa intubação", "Transfüzyonu reddediyor", "Zeugin Jehovas", "Témoin de Jéhovah", "Testigo de Jehová", "Testimone di Geova", "Testemunha de Jeová"} {
		if s := Tell(lines("A", flag(text)), Options{}); len(s.Now) != 1 || !s.Now[0].Directive {
			t.Errorf("%q is no directive", text)
		}
	}
	for _, text := range []string{"Dialysis status: no dialysis", "Reanimación exitosa", "Post-ICU follow-up", "Keine Beatmung nötig", "Refuses flu vaccine", "Transfusion reaction", "La RCP refuse la chirurgie",
		"Declined the flu shot this year, as before; was resuscitated in 2019"} {
		if s := Tell(lines("A", flag(text)), Options{}); len(s.Now) != 1 || s.Now[0].Directive {
			t.Errorf("%q is a directive", text)
		}
	}
}

// TestR38WhatRevokesADirectiveIsSaid: who leaves somebody to die by an order reads that
// another of its kind was taken back since.
func TestR38WhatRevokesADirectiveIsSaid(t *testing.T) {
	order := func(status, text, day string) string {
		return fmt.Sprintf(`{"resourceType":"ServiceRequest","status":%q,"intent":"order","authoredOn":%q,"code":{"text":%q}}`, status, day, text)
	}
	flag := func(status, period string) string {
		return fmt.Sprintf(`{"resourceType":"Flag","status":%q,"code":{"text":"DNACPR"},"period":{%s}}`, status, period)
	}
	asked := func(text, value string) string {
		return fmt.Sprintf(`{"resourceType":"Observation","status":"final","code":{"text":%q},"effectiveDateTime":"2026-10-05","valueBoolean":%s}`, text, value)
	}
	for _, c := range []struct{ now, other, yet string }{
		{order("active", "DNR", "2026-01-01"), order("revoked", "Do not resuscitate", "2026-03-02"), "yet Do not resuscitate (revoked, ordered 2 Mar 2026)"},
		{order("active", "DNR", "2026-01-01"), flag("inactive", `"start":"2025-01-01","end":"2026-05-01"`), "yet DNACPR (inactive 1 May 2026"},
		{order("active", "DNR", "2026-01-01"), flag("active", `"start":"2025-01-01","end":"2026-05-01"`), "yet DNACPR (ended 1 May 2026"},
		{order("active", "DNR", "2026-01-01"), `{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"text":"DNR"},"abatementDateTime":"2026-05-01"}`, "yet DNR (resolved"},
		{order("active", "Niet reanimeren", "2026-01-01"), order("revoked", "Geen reanimatie", "2026-03-02"), "yet Geen reanimatie (revoked"},
		{order("active", "DNR", "2026-01-01"), order("revoked", "DNR", "2025-12-30"), ""}, // before it
		{order("active", "DNR", "2026-01-01"), order("revoked", "Full code", "2026-03-02"), ""},
		{order("active", "DNR", "2026-01-01"), order("completed", "DNR", "2026-03-02"), ""}, // a stay's, which ended
		{order("active", "DNR", "2026-01-01"), asked("DNR order is in place", "false"), "yet DNR order is in place told as no (5 Oct 2026)"},
		{order("active", "DNR", "2026-01-01"), asked("DNR order is in place", "true"), ""},
	} {
		s := Tell(append(lines("A", c.now), lines("B", c.other)...), Options{Kinds: allKinds, At: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)})
		text := strings.Join(strings.Fields(s.Text(Page{Width: 200})), " ")
		if !strings.Contains(text, c.yet) || strings.Contains(text, "; yet") != (c.yet != "") {
			t.Errorf("%s\n%s\nwant %q in\n%s", c.now, c.other, c.yet, text)
		}
	}
}

// TestR38ALaterConsentToWhatWasDeniedIsSaid: who refused blood once may have agreed to it since.
func TestR38ALaterConsentToWhatWasDeniedIsSaid(t *testing.T) {
	form := func(verb, what, day string) string {
		return fmt.Sprintf(`{"resourceType":"Consent","status":"active","scope":{"text":"treatment"},"category":[{"text":"Treatment"}],"dateTime":%q,"provision":{"type":%q,"code":[{"text":%q}]}}`, day, verb, what)
	}
	denied := form("deny", "Blood transfusion", "2025-06-01")
	for _, c := range []struct {
		other string
		yet   string // "" for nothing
	}{
		{form("permit", "Blood transfusion", "2026-06-01"), "yet Treatment: permits: Blood transfusion (recorded 1 Jun 2026)"},
		{form("permit", "Bluttransfusionen", "2026-06-01"), "yet Treatment: permits: Bluttransfusionen"},
		{form("permit", "Blut und Plasma", "2026-06-01"), "yet Treatment: permits: Blut und Plasma"}, {form("permit", "Produits du sang", "2026-06-01"), "yet"}, {form("permit", "Sangre", "2026-06-01"), "yet"},
		{form("permit", "Sangue", "2026-06-01"), "yet"}, {form("permit", "Bloed", "2026-06-01"), "yet"}, {form("permit", "Kan ürünleri", "2026-06-01"), "yet"},
		{form("permit", "Blood transfusion", "2025-05-01"), ""},
		{form("permit", "Dialysis", "2026-06-01"), ""},
		{strings.Replace(form("permit", "Blood transfusion", "2026-06-01"), `"active"`, `"rejected"`, 1), ""},
		{strings.Replace(form("permit", "Blood transfusion", "2026-06-01"), `"active"`, `"inactive"`, 1), ""},
		{strings.Replace(form("permit", "Blood transfusion", ""), `"dateTime":"",`, "", 1), "yet Treatment: permits: Blood transfusion"}, // which is the later nobody tells
	} {
		s := Tell(append(lines("A", denied), lines("B", c.other)...), Options{Kinds: allKinds, At: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)})
		text := strings.Join(strings.Fields(s.Text(Page{Width: 200})), " ")
		if !strings.Contains(text, c.yet) || strings.Contains(text, "; yet") != (c.yet != "") {
			t.Errorf("%s: want %q in\n%s", c.other, c.yet, text)
		}
	}
	undated := strings.Replace(denied, `"dateTime":"2025-06-01",`, "", 1)
	expectText(t, Tell(append(lines("A", undated), lines("B", form("permit", "Blood transfusion", "2026-06-01"))...), Options{Kinds: allKinds}), []string{"yet Treatment: permits: Blood transfusion (recorded 1 Jun 2026)"})
}
