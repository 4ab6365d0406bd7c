package timeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/stele-health/stele/timeline"
)

// TestR38AnInfusionThatRunsIsUnderNow: what is being given is taken, whoever ordered it.
func TestR38AnInfusionThatRunsIsUnderNow(t *testing.T) {
	given := func(status, version string) string {
		return fmt.Sprintf(`{"resourceType":"MedicationAdministration","id":"a","meta":{"versionId":"%s"},"status":"%s","medicationCodeableConcept":{"text":"Noradrenaline"},"effectivePeriod":{"start":"2026-11-28T06:00:00Z"},"dosage":{"rateQuantity":{"value":5,"unit":"mL/h"}}}`, version, status)
	}
	until := func(record, end string) string {
		return strings.Replace(record, `"start":"2026-11-28T06:00:00Z"`, `"start":"2026-11-26T06:00:00Z","end":"`+end+`"`, 1)
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
		{[]string{until(given("in-progress", "1"), "2026-11-28T23:00:00Z")}, "medicine Noradrenaline"},
		{[]string{until(given("in-progress", "1"), "2026-11-27T06:00:00Z")}, ""}, // its time is over
	} {
		s := Tell(lines("A", c.records...), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if c.want == "" {
			if len(s.Now) > 0 {
				t.Errorf("%s: now %q", c.records, names(s.Now))
			}
			continue
		}
		expectText(t, s, []string{"Now " + c.want})
		if n := s.Now; len(n) == 1 && (n[0].Value != "at 5 mL/h" || !strings.HasPrefix(n[0].Status, "in progress")) {
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

// TestR38StepsOfACourseFollowEachOther: doses with sequence numbers are taken one after
// another, and the course ends when the last of them does.
func TestR38StepsOfACourseFollowEachOther(t *testing.T) {
	const order, handed = `"resourceType":"MedicationRequest","status":"active","intent":"order","authoredOn":"2026-11-20"`, `"resourceType":"MedicationDispense","status":"completed","whenHandedOver":"2026-11-20"`
	step := func(n int, repeat string) string {
		return fmt.Sprintf(`{"sequence":%d,"timing":{"repeat":{%s}}}`, n, repeat)
	}
	const five = `"boundsDuration":{"value":5,"code":"d"}`
	for _, c := range []struct {
		record, dosages, until string // "" for no end
	}{
		{order, step(1, five) + "," + step(2, five) + "," + step(3, five), "5 Dec 2026"},
		{order, step(3, five) + "," + step(1, five) + "," + step(2, five), "5 Dec 2026"},
		{order, step(1, five) + "," + step(1, five) + "," + step(2, five), "30 Nov 2026"}, // side by side, then another
		{order, step(1, five) + "," + step(2, `"count":20,"frequency":4,"period":1,"periodUnit":"d"`), "1 Dec 2026"},
		{order, step(1, five) + "," + step(2, `"frequency":1,"period":1,"periodUnit":"d"`), ""}, // and so on
		{order, `{"timing":{"repeat":{` + five + `}}},{"timing":{"repeat":{` + five + `}}}`, "25 Nov 2026"},
		{handed, step(1, five) + "," + step(2, five), "30 Nov 2026"},
	} {
		s := Tell(lines("A", `{`+c.record+`,"medicationCodeableConcept":{"text":"Prednisolone"},"dosageInstruction":[`+c.dosages+`]}`),
			Options{Kinds: allKinds, At: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)})
		list := append(s.Now, s.Unclear...)
		if len(list) != 1 {
			t.Fatalf("%s: %d entries", c.dosages, len(list))
		}
		if got := list[0].Status; strings.Contains(got, "until") != (c.until != "") || !strings.Contains(got, c.until) {
			t.Errorf("%s: %q, want until %q", c.dosages, got, c.until)
		}
	}
}
