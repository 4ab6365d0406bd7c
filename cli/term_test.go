package cli

import (
	"testing"
	"time"
)

// TestTermsOfTime reads lengths of time as they are typed.
func TestTermsOfTime(t *testing.T) {
	day := 24 * time.Hour
	for text, want := range map[string]time.Duration{"90m": 90 * time.Minute, "24h": day, "7d": 7 * day, "2w": 14 * day, "1y": 365 * day, "3s": 3 * time.Second} {
		if got, err := ParseTerm(text); err != nil || got != want {
			t.Errorf("ParseTerm(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "0d", "-1d", "-5m", "1.5d", "99999y", "soon", "4000y"} {
		if got, err := ParseTerm(text); err == nil {
			t.Errorf("ParseTerm(%q) = %v, want an error", text, got)
		}
	}
}

// TestYearsAreThoseOfTheCalendar: five years end on the same day, leap days or not.
func TestYearsAreThoseOfTheCalendar(t *testing.T) {
	now := time.Date(2026, 12, 1, 10, 30, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{"5y": now.AddDate(5, 0, 0), "1y": now.AddDate(1, 0, 0), "7d": now.AddDate(0, 0, 7), "90m": now.Add(90 * time.Minute)} {
		if got, err := TermFrom(now, text); err != nil || !now.Add(got).Equal(want) {
			t.Errorf("%s from %v: %v, %v, want %v", text, now, now.Add(got), err, want)
		}
	}
	if _, err := TermFrom(now, "4000y"); err == nil {
		t.Error("4000y")
	}
}
