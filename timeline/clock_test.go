package timeline_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

func given(medicine, at string) string {
	return fmt.Sprintf(`{"resourceType":"MedicationAdministration","status":"completed","medicationCodeableConcept":{"text":%q},"effectiveDateTime":%q}`, medicine, at)
}

func givenOver(medicine, from, to string) string {
	return fmt.Sprintf(`{"resourceType":"MedicationAdministration","status":"completed","medicationCodeableConcept":{"text":%q},"effectivePeriod":{"start":%q,"end":%q}}`, medicine, from, to)
}

func found(name, at string, value string) string {
	return fmt.Sprintf(`{"resourceType":"Observation","status":"final","code":{"text":%q},"effectiveDateTime":%q,"valueQuantity":{"value":%s}}`, name, at, value)
}

// TestR39TimesOfDayAreTold: of two doses, results or acts of a day the reader sees which
// came first, in one direction, and by which clock.
func TestR39TimesOfDayAreTold(t *testing.T) {
	const day = "2026-11-20T"
	for name, c := range map[string]struct {
		a, b        []string // of two sources
		oldestFirst bool
		want        string // the lines of the story, without their columns
	}{
		"one of each": {a: []string{given("Morphine 10 mg", day+"09:50:00+03:00"), found("Potassium", day+"09:00:00+03:00", "6.9")},
			want: "09:00 Potassium 6.9|09:50 Morphine 10 mg · given"},
		"the newest first, what has no time last": {a: []string{given("A", day+"07:00:00+03:00"), given("B", day+"09:00:00+03:00"), given("C", "2026-11-20")},
			want: "09:00 B · given|07:00 A · given|C · given"},
		"the oldest first, what has no time last": {a: []string{given("A", day+"07:00:00+03:00"), given("B", day+"09:00:00+03:00"), given("C", "2026-11-20")}, oldestFirst: true,
			want: "07:00 A · given|09:00 B · given|C · given"},
		"the first hours of a day far east": {a: []string{given("A", day+"01:00:00+09:00"), given("C", "2026-11-20")}, oldestFirst: true,
			want: "01:00 A · given|C · given"},
		"a panel among single results": {a: []string{found("Potassium", day+"09:00:00+03:00", "6"),
			strings.Replace(found("Panel", day+"10:00:00+03:00", "1"), `"valueQuantity"`, `"contained":[{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Sodium"},"effectiveDateTime":"2026-11-20T11:00:00+03:00","valueInteger":140}],"hasMember":[{"reference":"#o"}],"valueQuantity"`, 1)},
			want: "10:00 Panel 1|11:00 Sodium 140|09:00 Potassium 6"},
		"UTC": {a: []string{given("A", day+"22:30:00Z")}, want: "22:30 UTC A · given"},
		"one clock's two zones, far apart": {a: []string{given("A", "2026-07-20T08:00:00+02:00"), given("B", "2026-11-20T08:00:00+01:00")},
			want: "08:00 B · given|08:00 A · given"},
		"another zone on the next day": {a: []string{given("A", "2026-11-19T23:50:00+03:00"), given("B", "2026-11-20T00:10:00+01:00"), given("C", "2026-11-23T08:00:00+01:00")},
			want: "08:00 C · given|00:10 +01:00 B · given|23:50 +03:00 A · given"},
		"one instant in two zones":            {a: []string{given("A", "2026-11-20T00:10:00+03:00")}, b: []string{given("A", "2026-11-19T21:10:00Z")}, want: "00:10 A · given [1,2]"},
		"one time in two zones":               {a: []string{givenOver("A", "2026-11-20T01:10:00+03:00", "2026-11-20T02:00:00+03:00")}, b: []string{givenOver("A", "2026-11-19T22:10:00Z", "2026-11-19T23:00:00Z")}, want: "01:10–02:00 A · given [1,2]"},
		"over a time, to the next day":        {a: []string{givenOver("A", "2026-11-19T22:00:00+03:00", "2026-11-20T06:00:00+03:00")}, want: "22:00–20 Nov 06:00 A · given"},
		"over a time, to a clock put back":    {a: []string{givenOver("A", "2026-10-25T01:00:00+03:00", "2026-10-25T01:30:00+02:00")}, want: "01:00 +03:00–01:30 +02:00 A · given"},
		"over a time, from UTC":               {a: []string{givenOver("A", "2026-10-25T01:00:00Z", "2026-10-25T03:30:00+02:00")}, want: "01:00 UTC–03:30 +02:00 A · given"},
		"over a time, to UTC":                 {a: []string{givenOver("A", "2026-10-24T22:00:00-05:00", "2026-10-25T05:00:00Z")}, want: "22:00 -05:00–25 Oct 05:00 UTC A · given"},
		"over no time":                        {a: []string{givenOver("A", "2026-11-20T08:00:00+03:00", "2026-11-20T08:00:00+03:00")}, want: "08:00 A · given"},
		"over days":                           {a: []string{givenOver("A", "2026-11-18", "2026-11-20")}, want: "A · given 18 Nov 2026–20 Nov 2026"},
		"what is collected from when to when": {a: []string{`{"resourceType":"Observation","status":"final","code":{"text":"Urine"},"effectivePeriod":{"start":"2026-11-18T08:00:00+03:00","end":"2026-11-19T08:00:00+03:00"},"valueInteger":9}`}, want: "08:00–19 Nov 08:00 Urine 9"},
		"what is collected over days":         {a: []string{`{"resourceType":"Observation","status":"final","code":{"text":"Urine"},"effectivePeriod":{"start":"2026-11-18","end":"2026-11-19"},"valueInteger":9}`}, want: "Urine 9 · 18 Nov 2026–19 Nov 2026"},
		"an operation":                        {a: []string{`{"resourceType":"Procedure","status":"completed","code":{"text":"Op"},"performedPeriod":{"start":"2026-11-18T08:00:00+03:00","end":"2026-11-18T11:20:00+03:00"}}`}, want: "08:00–11:20 Op"},
	} {
		page := Tell(append(lines("A", c.a...), lines("B", c.b...)...), Options{Kinds: allKinds, OldestFirst: c.oldestFirst}).Text(Page{Width: 200})
		page, _, _ = strings.Cut(page, "\n\nA, ")
		page, _, _ = strings.Cut(page, "\n\n[1]")
		var got []string
		for line := range strings.SplitSeq(strings.TrimSpace(page), "\n") {
			if text := strings.TrimSpace(string([]rune(line + strings.Repeat(" ", 30))[20:])); text != "" {
				got = append(got, text)
			}
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: %q, not %q", name, strings.Join(got, "|"), c.want)
		}
	}
}

// TestR38TheLaterOfADayIsSeenUnderNow: two answers, or two orders, of one day.
func TestR38TheLaterOfADayIsSeenUnderNow(t *testing.T) {
	status := func(value, at string) string {
		return fmt.Sprintf(`{"resourceType":"Observation","status":"final","code":{"text":"Code status"},"effectiveDateTime":%q,"valueString":%q}`, at, value)
	}
	order := func(dose, at string) string {
		return fmt.Sprintf(`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"Warfarin"},"authoredOn":%q,"dosageInstruction":[{"text":%q}]}`, at, dose)
	}
	s := Tell(lines("A", status("as agreed", "2026-11-20T09:00:00+03:00"), status("as agreed with her son", "2026-11-20T14:00:00+03:00"),
		order("3 mg", "2026-11-20T08:00:00+03:00"), order("5 mg", "2026-11-20T16:00:00+03:00")), Options{Kinds: allKinds})
	expectText(t, s, []string{
		"Code status: as agreed with her son (of 20 Nov 2026 14:00)", "Code status: as agreed (of 20 Nov 2026 09:00); yet told as as agreed with her son (20 Nov",
		"Warfarin: 5 mg (ordered 20 Nov 2026 16:00)", "Warfarin: 3 mg (ordered 20 Nov 2026 08:00)"})
}
