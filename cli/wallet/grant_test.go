package wallet

import (
	"testing"

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
