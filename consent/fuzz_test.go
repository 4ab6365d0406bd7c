package consent

import (
	"regexp"
	"testing"
	"time"
)

// dateTime is FHIR R4's regular expression for one (datatypes.html).
var dateTime = regexp.MustCompile(`^([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?$`)

// FuzzDate reads dates as they stand in documents, covers and on command lines: a
// date is what FHIR takes for one and the calendar has, to the letter.
func FuzzDate(f *testing.F) {
	for _, text := range []string{
		"2026", "2026-02", "2024-02-29", "2023-02-29", "0000", "2026-13", "2026-1-1", "", "2026-02-03T04:05:06Z", "2026-02-03T04:05:06.7+14:00",
		"2016-12-31T23:59:60Z", "2026-02-03T4:05:06Z", "2026-02-03T04:05:06,7Z", "2026-02-03T04:05:06", "2026-02-03T04:05Z", "2026-02-03T04:05:06+15:00",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := ParseDate(text)
		want := dateTime.MatchString(text)
		if want && len(text) >= 10 {
			_, err := time.Parse(time.DateOnly, text[:10])
			want = err == nil
		}
		if ok != want {
			t.Fatalf("%q is a date: %v, want %v", text, ok, want)
		}
		if ok && d.String() != text[:min(10, len(text))] {
			t.Fatalf("%q became %q", text, d)
		}
	})
}
