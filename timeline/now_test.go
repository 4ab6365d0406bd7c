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

// TestR38ACourseIsReckonedAtItsLongest: a medicine that may still be taken is under Now.
func TestR38ACourseIsReckonedAtItsLongest(t *testing.T) {
	for _, c := range []struct {
		authored, repeat string
		stands           bool
	}{
		{"2026-11-01", `"count":20,"frequency":1,"period":1,"periodMax":2,"periodUnit":"d"`, true},
		{"2026-11-01", `"count":20,"frequency":1,"period":1,"periodUnit":"d"`, false},
		{"2026-11-20", `"count":28,"frequency":1,"period":4,"periodMax":6,"periodUnit":"h"`, true},
		{"2026-11-01", `"count":12,"frequency":1,"period":1,"periodUnit":"d","dayOfWeek":["mon"]`, true},
		{"2026-11-01", `"count":12,"frequency":1,"period":1,"periodUnit":"wk","dayOfWeek":["mon"]`, true},
		{"2026-11-01", `"count":2,"frequency":1,"period":1,"periodUnit":"wk","dayOfWeek":["mon"]`, false},
	} {
		s := Tell(lines("A", `{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"Dalteparin"},"authoredOn":"`+c.authored+
			`","dosageInstruction":[{"timing":{"repeat":{`+c.repeat+`}}}]}`), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if (len(s.Now) == 1) != c.stands {
			t.Errorf("%s from %s: now %q, perhaps %q", c.repeat, c.authored, names(s.Now), names(s.Unclear))
		}
	}
}
