package timeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

// What a list, a letter or a plan holds within itself stands under Now by its own word, as nobody else
// tells it: what is so, what may be so, and not what is over or was an error.
func TestR38WhatIsHeldWithinAListStandsByItsOwnWord(t *testing.T) {
	status := func(what, code string) string { return `"` + what + `":{"coding":[{"code":"` + code + `"}]}` }
	const now, unclear, none = "now", "may be so", ""
	for _, c := range []struct{ record, name, where, word string }{
		{`"resourceType":"AllergyIntolerance","code":{"text":"Penicillin"},` + status("clinicalStatus", "active"), "Penicillin", now, "allergy"},
		{`"resourceType":"AllergyIntolerance","code":{"text":"Penicillin"},` + status("clinicalStatus", "resolved"), "Penicillin", none, ""},
		{`"resourceType":"AllergyIntolerance","code":{"text":"Penicillin"},` + status("verificationStatus", "entered-in-error"), "Penicillin", none, ""},
		{`"resourceType":"AllergyIntolerance","code":{"text":"Penicillin"},` + status("verificationStatus", "refuted"), "Penicillin", none, ""},
		{`"resourceType":"MedicationStatement","status":"active","medicationCodeableConcept":{"text":"Digoxin"}`, "Digoxin", now, "medicine"},
		{`"resourceType":"MedicationStatement","status":"active","medicationReference":{"reference":"#product"}`, "Warfarin 3 mg", now, "medicine"},
		{`"resourceType":"MedicationStatement","status":"stopped","medicationCodeableConcept":{"text":"Digoxin"}`, "Digoxin", none, ""},
		{`"resourceType":"MedicationStatement","status":"active","effectivePeriod":{"end":"2020-01-01"},"medicationCodeableConcept":{"text":"Digoxin"}`, "Digoxin", none, ""},
		{`"resourceType":"MedicationRequest","status":"active","intent":"order","doNotPerform":true,"medicationCodeableConcept":{"text":"Aspirin"}`, "not to be taken: Aspirin", now, "not to do"},
		{`"resourceType":"MedicationRequest","status":"unknown","intent":"order","medicationCodeableConcept":{"text":"Aspirin"}`, "Aspirin", unclear, "medicine"},
		{`"resourceType":"Condition","code":{"text":"Epilepsy"},` + status("clinicalStatus", "active"), "Epilepsy", now, "problem"},
		{`"resourceType":"Condition","code":{"text":"Epilepsy"}`, "Epilepsy", unclear, "problem"},
		{`"resourceType":"Condition","code":{"text":"Epilepsy"},` + status("clinicalStatus", "resolved"), "Epilepsy", none, ""},
		{`"resourceType":"Flag","status":"active","code":{"text":"Difficult airway"}`, "Difficult airway", now, "alert"},
		{`"resourceType":"Flag","status":"inactive","code":{"text":"Fall risk"}`, "Fall risk", none, ""},
		{`"resourceType":"Observation","status":"final","code":{"text":"Potassium"},"effectiveDateTime":"2026-11-27","valueString":"7.1","interpretation":[{"text":"critical"}]`, "Potassium", now, "result"},
		{`"resourceType":"Observation","status":"final","code":{"text":"Potassium"},"effectiveDateTime":"2026-11-27","valueString":"4.1"`, "Potassium", none, ""},
		{`"resourceType":"Organization","name":"North"`, "North", none, ""},
	} {
		contained := `"contained":[{"resourceType":"Medication","id":"product","code":{"text":"Warfarin 3 mg"}},{"id":"a",` + c.record + `}]`
		for place, holder := range map[string]string{
			"a list":          `{"resourceType":"List","status":"current","mode":"snapshot","title":"Summary","date":"2026-11-01","entry":[{"item":{"reference":"#a"}}],` + contained + `}`,
			"a letter":        `{"resourceType":"Composition","status":"final","type":{"text":"Letter"},"title":"Letter","date":"2026-11-01","section":[{"title":"Summary","section":[{"entry":[{"reference":"#a"}]}]}],` + contained + `}`,
			"a plan":          `{"resourceType":"CarePlan","status":"active","intent":"plan","title":"Plan","period":{"start":"2020-01-01"},"activity":[{"reference":{"reference":"#a"}}],` + contained + `}`,
			"a plan, revoked": `{"resourceType":"CarePlan","status":"revoked","intent":"plan","title":"Plan","activity":[{"reference":{"reference":"#a"}}],` + contained + `}`,
			"a list, retired": `{"resourceType":"List","status":"retired","mode":"snapshot","title":"Summary","date":"2026-11-01","entry":[{"item":{"reference":"#a"}}],` + contained + `}`,
			"what is unused":  `{"resourceType":"List","status":"current","mode":"snapshot","title":"Summary","date":"2026-11-01","entry":[{"item":{"display":"X"}}],` + contained + `}`,
			"taken off":       `{"resourceType":"List","status":"current","mode":"changes","title":"Summary","date":"2026-11-01","entry":[{"deleted":true,"item":{"reference":"#a"}}],` + contained + `}`,
		} {
			where, s := none, Tell(lines("A", holder), flagDay)
			var found Entry
			for at, list := range map[string][]Entry{now: s.Now, unclear: s.Unclear} {
				for _, e := range list {
					if e.Name == c.name {
						where, found = at, e
					}
				}
			}
			want := c.where
			if strings.Contains(place, ",") || place == "what is unused" || place == "taken off" {
				want = none
			}
			if where != want || want != none && (found.Under != c.word || len(s.Now)+len(s.Unclear) != 1) {
				t.Errorf("%s within %s: %q under %q, want %q under %q:\n%s", c.record, place, where, found.Under, want, c.word, s.Text(Page{}))
			}
		}
	}
}

// Of a list the last counts, of letters each but for what is taken; and what one holds is
// compared with what others tell.
func TestR38WhatIsHeldWithinLettersIsComparedWithOthers(t *testing.T) {
	const allergy, taken = `{"resourceType":"AllergyIntolerance","id":"%","code":{"text":"%"},"clinicalStatus":{"coding":[{"code":"active"}]}}`, `{"resourceType":"MedicationStatement","id":"%","status":"active","medicationCodeableConcept":{"text":"%"}}`
	letter := func(day string, held ...string) string {
		var refs, within []string
		for _, h := range held {
			form, name, _ := strings.Cut(h, "|")
			refs, within = append(refs, `{"reference":"#`+name+`"}`), append(within, strings.ReplaceAll(form, "%", name))
		}
		return `{"resourceType":"Composition","status":"final","type":{"text":"Letter"},"date":"` + day + `","section":[{"entry":[` + strings.Join(refs, ",") + `]}],"contained":[` + strings.Join(within, ",") + `]}`
	}
	s := Tell(lines("A", letter("2026-10-01", allergy+"|Latex", allergy+"|Egg", taken+"|Digoxin"), letter("2026-11-01", allergy+"|Nuts", allergy+"|Latex", taken+"|Aspirin"),
		`{"resourceType":"AllergyIntolerance","code":{"text":"No known allergies"},"clinicalStatus":{"coding":[{"code":"active"}]}}`), flagDay)
	expect(t, "now", names(s.Now), "Latex", "Nuts", "Egg", "Aspirin")
	expectText(t, s, []string{"No known allergies, but see above"})

	resolved := strings.Replace(allergy, `"active"`, `"resolved"`, 1)
	s = Tell(append(lines("A", letter("2026-11-01", resolved+"|Latex")), lines("B", strings.ReplaceAll(strings.Replace(allergy, `{`, `{"recordedDate":"2020-01-01",`, 1), "%", "Latex"))...), flagDay)
	expectText(t, s, []string{"allergy Latex (recorded 1 Jan 2020) [2]; yet told as resolved"})

	held := lines("A", `{"resourceType":"List","status":"current","mode":"changes","title":"L","date":"2026-11-01","entry":[{"flag":{"text":"On hold"},"item":{"reference":"#Digoxin"}}],"contained":[`+strings.ReplaceAll(taken, "%", "Digoxin")+`]}`)
	held[0].Label.Category = stele.Medications
	past := lines("A", `{"resourceType":"List","status":"current","mode":"snapshot","title":"Stopped medicines","date":"2026-11-01","entry":[{"item":{"reference":"#Digoxin"}}],"contained":[`+strings.ReplaceAll(taken, "%", "Digoxin")+`]}`)
	expectText(t, Tell(past, flagDay), []string{"May be so: see the record medicine Digoxin (yet its list says otherwise"}, "Now")
	expectText(t, Tell(held, flagDay), []string{`May be so: see the record medicine Digoxin (flagged "On hold"`}, "Now")
}

// A list of ten times as many is told in about ten times the time, be they held within it or
// flagged.
func TestR38ALongListIsToldInTime(t *testing.T) {
	many := func(n int, form string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, form, i)
			b.WriteString(map[bool]string{true: ",", false: ""}[i < n-1])
		}
		return b.String()
	}
	for what, items := range map[string]func(n int) []Item{
		"held within": func(n int) []Item {
			return lines("A", `{"resourceType":"List","status":"current","mode":"snapshot","title":"L","date":"2026-11-01","entry":[`+many(n, `{"item":{"reference":"#c%d"}}`)+`],"contained":[`+
				many(n, `{"resourceType":"AllergyIntolerance","id":"c%[1]d","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Thing %[1]d"}}`)+`]}`)
		},
		"flagged": func(n int) []Item {
			out := []Item{flagList("A", stele.Medications, many(n, `{"flag":{"text":"On hold %[1]d"},"item":{"reference":"MedicationRequest/m%[1]d"}}`))}
			for i := range n {
				out = append(out, lines("A", fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"m%d","status":"active","intent":"order","medicationCodeableConcept":{"text":"Drug%d"},"authoredOn":"2026-10-01"}`, i, i))...)
			}
			return out
		},
	} {
		tell := func(n int) time.Duration {
			list, best := items(n), time.Hour
			for range 2 {
				start := time.Now()
				Tell(list, flagDay)
				best = min(best, time.Since(start))
			}
			return best
		}
		var few, more time.Duration
		for range 4 { // a machine may be busy with something else
			if few, more = tell(400), tell(4000); more < 30*few {
				break
			}
		}
		t.Logf("%s: %v, of ten times as many %v", what, few, more)
		if more > 50*few { // what is quadratic takes a hundred times as long
			t.Errorf("%s: ten times as many take %v instead of %v", what, more, few)
		}
	}
}
