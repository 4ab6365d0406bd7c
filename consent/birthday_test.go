package consent_test

import (
	"testing"

	"github.com/stele-health/stele/consent"
)

// TestABirthdayIsADayThatThereIs: who was born on 29 February is a year older on 1 March where there is no such day,
// and what is not known of the birth date is not known of the birthday.
func TestABirthdayIsADayThatThereIs(t *testing.T) {
	for _, c := range []struct {
		born  string
		years int
		want  string
	}{
		{"2026-11-30", 18, "2044-11-30"}, {"2024-02-29", 18, "2042-03-01"}, {"2024-02-29", 16, "2040-02-29"}, {"2082-02-28", 18, "2100-02-28"},
		{"2084-02-29", 16, "2100-03-01"}, {"2024-03-31", 18, "2042-03-31"}, {"2024-02", 18, "2042-02"}, {"2024", 18, "2042"},
	} {
		born, ok := consent.ParseDate(c.born)
		if got := born.Birthday(c.years).String(); !ok || got != c.want {
			t.Errorf("who was born on %s is %d on %s, want %s", c.born, c.years, got, c.want)
		}
	}
}
