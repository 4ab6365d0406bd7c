package telling_test

import (
	"strings"
	"testing"
)

// What a list says of an item stands behind that item, and nowhere else.
func TestR39AListsFlagsStandBehindTheirItem(t *testing.T) {
	list := func(entries string) string {
		return line(t, `{"resourceType":"List","status":"current","mode":"snapshot","title":"L","entry":[`+entries+`]}`)
	}
	for entries, want := range map[string]string{
		`{"item":{"display":"A"}},{"flag":{"text":"STOPPED"},"deleted":true,"item":{"display":"B"}},{"item":{"display":"C"},"deleted":false}`: "L · A; B (STOPPED, taken off the list); C ",
		`{"flag":{"text":"STOPPED"},"item":{"reference":"MedicationRequest/1"}},{"item":{"display":"C"}}`:                                     "L · an item without a name (STOPPED); C ",
		`{"flag":{"text":"new"},"date":"2026-11-10","item":{"display":"A"}}`:                                                                  "L · A (new, 10 Nov 2026) ",
	} {
		if got := list(entries); !strings.HasPrefix(got, want) {
			t.Errorf("%s: told as %q, want %q", entries, got, want)
		}
	}
	long := strings.Repeat(`{"item":{"display":"`+strings.Repeat("x", 100)+`"}},`, 4) + `{"flag":{"text":"STOPPED"},"item":{"display":"B"}}`
	if got := list(long); !strings.Contains(got, "; and 2 more ") || strings.Contains(got, "STOPPED") {
		t.Errorf("a long list is told as %q", got)
	}
}

// A section's text is told, whatever it lists and whatever its status claims.
func TestR39ASectionsTextIsTold(t *testing.T) {
	section := func(more string) string {
		return line(t, `{"resourceType":"Composition","status":"final","type":{"text":"Letter"},"section":[{"title":"Medicines"`+more+`}]}`)
	}
	text := func(s string) string { return `,"text":{"status":"generated","div":"<div>` + s + `</div>"}` }
	const link, named = `,"entry":[{"reference":"MedicationRequest/1"}]`, `,"entry":[{"display":"Ramipril 5 mg"}]`
	for more, want := range map[string]string{
		link + text("Ramipril 5 mg: STOPPED"):           "Letter · Medicines: Ramipril 5 mg: STOPPED",
		named + text("Ramipril 5 mg: STOPPED"):          "Letter · Medicines: Ramipril 5 mg: STOPPED",
		named + text("Ramipril, 5 mg"):                  "Letter · Medicines: Ramipril, 5 mg",
		named + text("STOP"):                            "Letter · Medicines: Ramipril 5 mg; STOP",
		named:                                           "Letter · Medicines: Ramipril 5 mg",
		text(strings.Repeat("well ", 90) + "STOP"):      "Letter · Medicines: " + strings.TrimSpace(strings.Repeat("well ", 79)) + " … … more in the record",
		link + text(strings.Repeat("well ", 90)+"STOP"): "Letter · Medicines: " + strings.TrimSpace(strings.Repeat("well ", 79)) + " … … more in the record",
	} {
		got := section(more)
		if got != want {
			t.Errorf("%s: told as %q, want %q", more, got, want)
		}
	}
}

// Two ways of saying that a test found nothing are one; a denial of anything else is
// told beside what it stands with.
func TestR39NothingFoundIsNoContradiction(t *testing.T) {
	for _, c := range []struct{ text, display, want string }{
		{"Negative", "Not detected", "X: Negative"},
		{"Non-reactive", "Negative", "X: Non-reactive"},
		{"Positive", "Not detected", "X: Positive (also coded Not detected)"},
		{"No asthma", "Asthma without complication", "X: No asthma (also coded Asthma without complication)"},
	} {
		got := line(t, observed(`"valueCodeableConcept":{"text":"`+c.text+`","coding":[{"system":"http://snomed.info/sct","code":"1","display":"`+c.display+`"}]}`))
		if !strings.HasPrefix(got, c.want) || !strings.Contains(c.want, "also") && strings.Contains(got, "also") {
			t.Errorf("%s coded %s: told as %q, want %q", c.text, c.display, got, c.want)
		}
	}
}

// What a list or a letter holds within itself is named with how it stands, as nobody else
// tells it.
func TestR38WhatIsHeldWithinAListIsNamedAsItStands(t *testing.T) {
	for _, c := range []struct{ record, want string }{
		{`"resourceType":"AllergyIntolerance","code":{"text":"Latex"},"clinicalStatus":{"coding":[{"code":"active"}]}`, "Latex"},
		{`"resourceType":"AllergyIntolerance","code":{"text":"Latex"},"clinicalStatus":{"coding":[{"code":"resolved"}]}`, "Latex (resolved)"},
		{`"resourceType":"AllergyIntolerance","code":{"text":"Latex"},"verificationStatus":{"coding":[{"code":"refuted"}]}`, "Latex (refuted)"},
		{`"resourceType":"AllergyIntolerance","code":{"text":"Latex"},"verificationStatus":{"coding":[{"code":"entered-in-error"}]}`, "Latex (entered in error)"},
		{`"resourceType":"MedicationStatement","status":"stopped","medicationCodeableConcept":{"text":"Digoxin"}`, "Digoxin (stopped)"},
		{`"resourceType":"MedicationRequest","status":"on-hold","intent":"order","medicationCodeableConcept":{"text":"Digoxin"}`, "Digoxin (on hold)"},
	} {
		contained := `"contained":[{"id":"a",` + c.record + `}]`
		list := line(t, `{"resourceType":"List","status":"current","mode":"snapshot","title":"L","entry":[{"item":{"reference":"#a"}}],`+contained+`}`)
		letter := line(t, `{"resourceType":"Composition","status":"final","type":{"text":"L"},"section":[{"title":"S","entry":[{"reference":"#a"}]}],`+contained+`}`)
		if !strings.HasPrefix(list, "L · "+c.want+" ·") || !strings.HasPrefix(letter+" ", "L · S: "+c.want+" ") {
			t.Errorf("%s is told as %q and %q", c.record, list, letter)
		}
	}
}
