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
		{form("deny", "Intubation and CPR"), flag("For full resuscitation"), true},
		{form("deny", "CPR"), `{"resourceType":"Observation","status":"final","code":{"text":"Code status"},"effectiveDateTime":"2026-11-19","valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"450475007"}]}}`, true},
		{form("permit", "Comfort-focused treatment"), flag("For full resuscitation"), false},
		{form("deny", "Blood transfusion"), flag("For full resuscitation"), false},
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
