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
