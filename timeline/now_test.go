package timeline_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/stele-health/stele/timeline"
)

// TestR38AnInfusionThatRunsIsUnderNow: what is being given is taken, whoever ordered it.
func TestR38AnInfusionThatRunsIsUnderNow(t *testing.T) {
	given := func(status, version string) string {
		return fmt.Sprintf(`{"resourceType":"MedicationAdministration","id":"a","meta":{"versionId":"%s"},"status":"%s","medicationCodeableConcept":{"text":"Noradrenaline"},"effectivePeriod":{"start":"2026-11-28T06:00:00Z"},"dosage":{"rateQuantity":{"value":5,"unit":"mL/h"}}}`, version, status)
	}
	for _, c := range []struct {
		records []string
		want    string // "" for nothing under Now
	}{
		{[]string{given("in-progress", "1")}, "medicine Noradrenaline"},
		{[]string{given("in-progress", "1"), given("completed", "2")}, ""},
		{[]string{given("in-progress", "1"), given("stopped", "2")}, ""},
		{[]string{given("on-hold", "1")}, ""},
		{[]string{given("not-done", "1")}, ""},
	} {
		s := Tell(lines("A", c.records...), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if c.want == "" {
			if len(s.Now) > 0 {
				t.Errorf("%s: now %q", c.records, names(s.Now))
			}
			continue
		}
		expectText(t, s, []string{"Now " + c.want})
		if n := s.Now; len(n) == 1 && (n[0].Value != "at 5 mL/h" || n[0].Status != "in progress") {
			t.Errorf("told as %q, %q", n[0].Value, n[0].Status)
		}
	}
}

// TestR39AProductIsNoMedicineThatIsTaken: a Medication by itself is a word of a dictionary.
func TestR39AProductIsNoMedicineThatIsTaken(t *testing.T) {
	s := Tell(lines("A", `{"resourceType":"Medication","id":"m","code":{"text":"Warfarin"}}`), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
	if len(s.Now)+len(s.Unclear) > 0 {
		t.Errorf("now %q, perhaps %q", names(s.Now), names(s.Unclear))
	}
	expectText(t, s, []string{"Warfarin · a product: whether it is taken is not said"})
}
