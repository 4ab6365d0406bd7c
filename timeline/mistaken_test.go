package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// What one source called an error, or withdrew, is told beside what another tells of the same
// thing and day in other words or in another type; and not where its source tells it still.
func TestR38WhatAnotherCalledAnErrorIsSaid(t *testing.T) {
	medicine := func(kind, id, status, day, name string) string {
		return `{"resourceType":"` + kind + `","id":"` + id + `","status":"` + status + `","intent":"order","authoredOn":"` + day + `","effectiveDateTime":"` + day + `","medicationCodeableConcept":{"text":"` + name + `"}}`
	}
	order := func(id, status, day, name string) string {
		return strings.Replace(medicine("MedicationRequest", id, status, day, name), `,"effectiveDateTime":"`+day+`"`, "", 1)
	}
	taken := strings.Replace(medicine("MedicationStatement", "s", "active", "2026-11-03", "Warfarin 5 mg tablets"), `"authoredOn":"2026-11-03",`, "", 1)
	allergy := func(id, verified, name string) string {
		return `{"resourceType":"AllergyIntolerance","id":"` + id + `",` + onActive + `,"verificationStatus":{"coding":[{"code":"` + verified + `"}]},"code":{"text":"` + name + `"}}`
	}
	problem := func(id, verified, day string) string {
		return `{"resourceType":"Condition","id":"` + id + `",` + onActive + `,"onsetDateTime":"` + day + `","verificationStatus":{"coding":[{"code":"` + verified + `"}]},"code":{"text":"Epilepsy"}}`
	}
	bare := `{"resourceType":"MedicationRequest","id":"o","meta":{"versionId":"2"},"status":"entered-in-error","intent":"order"}`
	first := strings.Replace(order("o", "active", "2026-11-03", "Warfarin 5 mg"), `"id":"o"`, `"id":"o","meta":{"versionId":"1"}`, 1)
	for _, c := range []struct {
		a, b []string
		want string // "" for nothing said
	}{
		{[]string{order("o", "entered-in-error", "2026-11-03", "Warfarin 5 mg")}, []string{taken}, "Warfarin 5 mg tablets (since 3 Nov 2026) [2]; yet its order Warfarin 5 mg was entered in error (3 Nov 2026) [1]"},
		{[]string{order("o", "entered-in-error", "2026-11-03T09:00:00Z", "Warfarin 5 mg")}, []string{taken}, "; yet its order Warfarin 5 mg was entered in error (3 Nov 2026) [1]"},
		{[]string{first, bare}, []string{taken}, "; yet its order Warfarin 5 mg was entered in error (3 Nov 2026) [1]"},
		{[]string{first, strings.Replace(strings.Replace(first, `"1"`, `"2"`, 1), "active", "entered-in-error", 1)}, []string{taken}, "[2]; yet its order Warfarin 5 mg was entered in error (3 Nov 2026) [1]"},
		{[]string{order("o", "active", "2026-11-03", "Warfarin 5 mg"), withdraws("MedicationRequest/o")}, []string{taken}, "; yet its order Warfarin 5 mg was withdrawn by its source (3 Nov 2026) [1]"},
		{[]string{allergy("o", "entered-in-error", "Latex")}, []string{allergy("p", "unconfirmed", "Latex gloves")}, "; yet its record Latex was entered in error [1]"},
		{[]string{problem("o", "entered-in-error", "2026-11-03")}, []string{problem("p", "provisional", "2026-11-03")}, "; yet its record was entered in error (3 Nov 2026) [1]"},
		{[]string{problem("o", "entered-in-error", "2020-11-03")}, []string{problem("p", "provisional", "2026-11-03")}, ""},
		{[]string{order("o", "entered-in-error", "2026-11-02", "Warfarin 5 mg")}, []string{taken}, ""},
		{[]string{order("o", "entered-in-error", "2026-11-03", "Warfarin 3 mg")}, []string{taken}, ""},
		{[]string{order("o", "entered-in-error", "2026-11-03", "Bisoprolol 5 mg")}, []string{taken}, ""},
		{[]string{order("o", "entered-in-error", "2026-11-03", "Warfarin 5 mg"), order("o2", "active", "2026-11-03", "Warfarin 5 mg")}, []string{taken}, ""},
		{[]string{order("o", "entered-in-error", "2026-11-03", "Warfarin 5 mg"), taken}, nil, ""}, // one source knows that it corrected itself
	} {
		s := Tell(append(lines("A", c.a...), lines("B", c.b...)...), Options{Kinds: allKinds})
		text, _, _ := strings.Cut(strings.Join(strings.Fields(s.Text(Page{Width: 300})), " "), " 2026 3 Nov ")
		if !strings.Contains(text, c.want) || strings.Count(text, "was entered in error")+strings.Count(text, "was withdrawn") != min(1, len(c.want)) {
			t.Errorf("%s %s: want %q in\n%s", c.a, c.b, c.want, s.Text(Page{Width: 200}))
		}
	}
}

// An order in force says that a later one in its place was cancelled, or that nobody says how
// that stands: some write so that it is to end.
func TestR38WhatSucceedsAnOrderAndIsNotInForceIsSaid(t *testing.T) {
	order := func(id, status, more string) string {
		return `{"resourceType":"MedicationRequest","id":"` + id + `","status":"` + status + `","intent":"order","authoredOn":"2026-11-0` + id + `","medicationCodeableConcept":{"text":"Warfarin 5 mg"}` + more + `}`
	}
	const prior = `,"priorPrescription":{"reference":"MedicationRequest/1"}`
	for _, c := range []struct{ a, b, want string }{
		{order("3", "cancelled", prior), "", "Now medicine Warfarin 5 mg (ordered 1 Nov 2026); yet told as cancelled (3 Nov 2026)"},
		{order("3", "unknown", prior), "", "Now medicine Warfarin 5 mg (ordered 1 Nov 2026); yet told as status unknown, see the record"},
		{order("3", "cancelled", ""), "", ""},
		{order("3", "draft", prior), "", ""},
		{"", order("3", "cancelled", prior), ""}, // of another source's order
	} {
		items := lines("A", order("1", "active", ""))
		for source, record := range map[string]string{"A": c.a, "B": c.b} {
			if record != "" {
				items = append(items, at(2, []Item{item([]byte(record), source, 9)})...)
			}
		}
		s := Tell(items, Options{Kinds: allKinds})
		text := strings.Join(strings.Fields(s.Text(Page{Width: 300})), " ")
		if !strings.Contains(text, c.want) || strings.Contains(text, "; yet") != (c.want != "") {
			t.Errorf("%s %s: want %q in\n%s", c.a, c.b, c.want, s.Text(Page{Width: 200}))
		}
	}
}
