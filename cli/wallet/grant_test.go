package wallet

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// TestAWriteGrantTakesNothingThatNarrowsIt: what would be left out of its document is
// refused, or who typed it would believe that it is in there.
func TestAWriteGrantTakesNothingThatNarrowsIt(t *testing.T) {
	treatment := []string{string(stele.Treatment)}
	for what, c := range map[string]struct {
		g  granting
		ok bool
	}{
		"as it is":              {granting{purposes: treatment}, true},
		"treatment, typed":      {granting{purposes: []string{" treat"}}, true},
		"research":              {granting{purposes: []string{string(stele.Research)}}, false},
		"treatment and another": {granting{purposes: append(treatment, string(stele.Research))}, false},
		"a part":                {granting{purposes: treatment, categories: []string{"allergies"}}, false},
		"all":                   {granting{purposes: treatment, all: true}, false},
		"what is sensitive":     {granting{purposes: treatment, sensitive: []string{"PSY"}}, false},
		"a source":              {granting{purposes: treatment, sources: []string{"Northside"}}, false},
		"from a year":           {granting{purposes: treatment, from: "2024"}, false},
		"through a year":        {granting{purposes: treatment, through: "2024"}, false},
	} {
		c.g.to, c.g.write = "Northside", true
		if err := c.g.check(); (err == nil) != c.ok || err != nil && stele.KindOf(err) != stele.KindUsage {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTermsOfTime(t *testing.T) {
	day := 24 * time.Hour
	for text, want := range map[string]time.Duration{"90m": 90 * time.Minute, "24h": day, "7d": 7 * day, "2w": 14 * day, "1y": 365 * day, "3s": 3 * time.Second} {
		if got, err := parseTerm(text); err != nil || got != want {
			t.Errorf("parseTerm(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "0d", "-1d", "-5m", "1.5d", "99999y", "soon", "4000y"} {
		if got, err := parseTerm(text); err == nil {
			t.Errorf("parseTerm(%q) = %v, want an error", text, got)
		}
	}
}
