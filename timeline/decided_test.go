package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// A decision about being kept alive, or about blood, may be so wherever a text, a goal, an
// activity, a section or an answer tells it; what denies it, only talks of it, asks for it or
// says what goes without saying is none.
func TestR38ADirectiveToldAsideMayBeSo(t *testing.T) {
	section := func(rest string) string {
		return `{"resourceType":"Composition","status":"final","type":{"text":"Discharge summary"},"title":"Discharge summary","date":"2026-11-20","section":[{` + rest + `}]}`
	}
	div := func(s string) string {
		return `"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">` + s + `</div>"}`
	}
	form := func(question, answer string) string {
		return `{"resourceType":"QuestionnaireResponse","status":"completed","authored":"2026-11-20","item":[{"linkId":"g","item":[{"linkId":"1","text":"` + question + `","answer":[{` + answer + `}]}]}]}`
	}
	said := func(s string) string { return `"valueString":"` + s + `"` }
	message := func(s string) string {
		return `{"resourceType":"Communication","status":"completed","sent":"2026-11-20","payload":[{"contentString":"` + s + `"}]}`
	}
	const code = `"code":{"coding":[{"system":"http://loinc.org","code":"42348-3"}]},"title":"Decisions",`
	for _, c := range []struct{ record, want string }{
		{section(code + div("Patient is DNR/DNI")), "Discharge summary: Decisions: Patient is DNR/DNI"},
		{section(`"title":"Advance directives",` + div("Agreed on comfort")), "Discharge summary: Advance directives: Agreed on comfort"},
		{section(`"title":"Resuscitation",` + div("No CPR")), "Discharge summary: No CPR"},
		{section(`"title":"Resuscitation status: Not for resuscitation"`), "Discharge summary: Resuscitation status: Not for resuscitation"},
		{section(`"title":"History",` + div("Fell at home. She refuses any resuscitation. Walks with a stick")), "Discharge summary: She refuses any resuscitation ("},
		{section(`"title":"A","section":[{"title":"B",` + div("Nicht reanimieren") + `}]`), "Discharge summary: Nicht reanimieren"},
		{form("Resuscitation status", said("Not for CPR")), "questionnaire: Resuscitation status Not for CPR"},
		{form("Resuscitation status", `"valueCoding":{"display":"Full code"}`), "questionnaire: Resuscitation status Full code"},
		{form("Do you object to blood transfusion?", said("Yes, Jehovah's Witness")), "questionnaire: Do you object to blood transfusion? Yes, Jehovah's Witness"},
		{form("Do you object to blood transfusion?", `"valueBoolean":true`), "questionnaire: Do you object to blood transfusion? yes"},
		{form("Do you accept blood transfusions?", `"valueBoolean":false`), "questionnaire: Do you accept blood transfusions? no"},
		{form("Would you want to be resuscitated?", said("No")), "questionnaire: Would you want to be resuscitated? No"},
		{form("Do you have a living will?", said("Yes")), "questionnaire: Do you have a living will? Yes"},
		{form("Do you have a living will?", said("No, but my son decides")), "questionnaire: Do you have a living will? No, but my son decides"},
		{form("Do you accept blood transfusions?", said("No, not even to save my life")), "questionnaire: Do you accept blood transfusions? No, not even to save my life"},
		{form("Do you accept blood transfusions?", said("No, my faith forbids it")), "questionnaire: Do you accept blood transfusions? No, my faith forbids it"},
		{section(code + div("None on file. Wants no machines")), "Discharge summary: Decisions: None on file. Wants no machines"},
		{form("Religion", said("Jehovah's Witness")), "questionnaire: Religion Jehovah's Witness"},
		{`{"resourceType":"CarePlan","status":"active","intent":"plan","title":"End of life","activity":[{"detail":{"status":"in-progress","code":{"text":"Do not attempt resuscitation"}}}]}`, "End of life: Do not attempt resuscitation"},
		{`{"resourceType":"CarePlan","status":"active","intent":"plan","title":"End of life","activity":[{"detail":{"status":"in-progress","doNotPerform":true,"code":{"text":"CPR"}}}]}`, "End of life: not to be done: CPR"},
		{`{"resourceType":"Goal","lifecycleStatus":"active","description":{"text":"Comfort care only, no resuscitation"},"startDate":"2026-11-20"}`, "goal: Comfort care only, no resuscitation ("},
		{`{"resourceType":"ClinicalImpression","status":"completed","description":"Review","date":"2026-11-20","summary":"Agreed not for resuscitation"}`, "Review: Agreed not for resuscitation"},
		{message("DNACPR in place"), "message: DNACPR in place"},
		{message("DNR, no dialysis"), "message: DNR, no dialysis"},
		{message("DNR no escalation"), "message: DNR no escalation"},
		{message("Advance directive reviewed: DNR"), "message: Advance directive reviewed: DNR"},
		{message("Seen today. Testigo de Jehová; lives alone"), "message: Testigo de Jehová ("},
		{`{"resourceType":"DocumentReference","status":"current","type":{"text":"Scan"},"date":"2026-11-20T10:00:00Z","content":[{"attachment":{"title":"ReSPECT form.pdf"}}]}`, "Scan: ReSPECT form.pdf"},
		{`{"resourceType":"Observation","status":"final","code":{"text":"Weight"},"valueString":"70","effectiveDateTime":"2026-11-20","note":[{"text":"Is DNR"}]}`, "Weight: Is DNR"},
	} {
		s := Tell(lines("A", c.record), Options{Kinds: allKinds})
		if text := strings.Join(strings.Fields(s.Text(Page{Width: 300})), " "); !strings.Contains(text, "May be so: see the record directive "+c.want) || len(s.Now) > 0 || len(s.Unclear) != 1 {
			t.Errorf("%s: want %q in\n%s", c.record, c.want, s.Text(Page{Width: 200}))
		}
	}
	for _, record := range []string{
		section(code + div("None on file")), section(code + div("No advance directive")), section(`"title":"Code status",` + div("Unknown")), section(`"title":"History",` + div("Full code. Sleeps well")), section(`"title":"Advance directives"`),
		section(`"title":"Advance directives","entry":[{"reference":"Observation/1"}],` + div("DNR")), form("DNR?", said("No")), form("Do you have an advance directive?", `"valueBoolean":false`), form("Have you ever had a blood transfusion?", said("No")), form("Do you object to blood transfusion?", said("No")),
		form("Do you accept blood transfusions?", said("Yes")), form("Remarks", said("No DNR")), form("Advance directive discussed", said("Yes, patient declined to complete one")), message("DNR: no"), message("Patient is not DNR"), message("Patientenverfügung liegt nicht vor"), message("Living will: none on file"), message("Personne de confiance: non"), message("Leaflet about advance directives and a living will given"), message("Information on power of attorney provided"), message("Code status reviewed"), message("Attempt CPR"),
		strings.Replace(message("DNACPR in place"), "completed", "not-done", 1), `{"resourceType":"CarePlan","status":"revoked","intent":"plan","title":"End of life","activity":[{"detail":{"status":"in-progress","code":{"text":"Do not attempt resuscitation"}}}]}`,
		`{"resourceType":"FamilyMemberHistory","status":"completed","relationship":{"text":"mother"},"note":[{"text":"Was DNR"}]}`, message("The risks include that you refuse blood transfusion"),
	} {
		if s := Tell(lines("A", record), Options{Kinds: allKinds}); len(s.Now)+len(s.Unclear) > 0 {
			t.Errorf("%s: a directive in\n%s", record, s.Text(Page{Width: 200}))
		}
	}
	// It is no danger to a medicine, and hides neither an allergy nor what the record is.
	s := Tell(lines("A", message("DNACPR in place. Refuses blood, heparin. Allergic to latex"), `{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"Heparin"}}`), Options{Kinds: allKinds})
	expectText(t, s, []string{"Now medicine Heparin May be so: see the record directive message: DNACPR in place; Refuses blood, heparin (of 20 Nov 2026) allergy message: Allergic to latex"})
}

// An answer that there is no such decision is no line under Now, but beside one that there is;
// "no" to whether anything is to be done stands.
func TestR38AnAnswerThatNothingIsDecidedIsNoDirective(t *testing.T) {
	answer := func(name, value string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"` + name + `"},"effectiveDateTime":"2026-11-20",` + value + `}`
	}
	said := func(s string) string { return `"valueString":"` + s + `"` }
	dnr := `{"resourceType":"Flag","status":"active","code":{"text":"Do not resuscitate"},"period":{"start":"2026-01-20"}}`
	for _, c := range []struct {
		name, value string
		alone, with int // lines under Now, alone and beside a decision
	}{
		{"DNR", said("No"), 0, 2}, {"Do not resuscitate", `"valueBoolean":false`, 0, 2}, {"Advance directive", said("No"), 0, 1}, {"Advance directive", said("None on file"), 0, 1}, {"Living will", said("No living will"), 0, 1}, {"Patientenverfügung", said("nein"), 0, 1},
		{"Advance directive", `"valueBoolean":false`, 0, 1}, {"Advance directive", said("unknown"), 0, 1},
		{"Refuses blood products", said("No"), 0, 1}, {"Refuses any resuscitation", said("No"), 0, 2}, {"Jehovah's Witness", `"valueBoolean":false`, 0, 1},
		{"Resuscitation status", said("No CPR"), 1, 2}, {"Resuscitation status", said("Not for resuscitation"), 1, 2}, {"For attempted CPR", said("No"), 1, 2}, {"Resuscitation status", said("No"), 1, 2}, {"DNR", said("Yes"), 1, 2}, {"DNR", said("Not for ventilation"), 1, 2}, {"Advance directive", said("No blood"), 1, 2},
	} {
		if s := Tell(lines("A", answer(c.name, c.value)), Options{Kinds: allKinds}); len(s.Now) != c.alone {
			t.Errorf("%s: %s: %d lines under Now", c.name, c.value, len(s.Now))
		}
		if s := Tell(lines("A", answer(c.name, c.value), answer("Code status", said("Full"))), Options{Kinds: allKinds}); c.alone == 0 && len(s.Now) != 1 {
			t.Errorf("%s: %s beside a decision to do all: %d lines", c.name, c.value, len(s.Now))
		}
		if s := Tell(lines("A", answer(c.name, c.value), dnr), Options{Kinds: allKinds}); len(s.Now) != c.with {
			t.Errorf("%s: %s beside a decision: %d lines in\n%s", c.name, c.value, len(s.Now), s.Text(Page{Width: 200}))
		}
	}
}
