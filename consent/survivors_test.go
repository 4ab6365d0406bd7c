package consent_test

import (
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/consent"
)

// TestLaw2EverySensitivityCounts, wherever it stands in the label.
func TestLaw2EverySensitivityCounts(t *testing.T) {
	g := with(func(g *Grant) {
		g.Categories, g.Sensitivity = []stele.Category{AllCategories}, []stele.Sensitivity{stele.HIV}
	})
	for _, c := range []struct {
		label []stele.Sensitivity
		want  Reason
	}{
		{nil, Permitted}, {[]stele.Sensitivity{stele.HIV}, Permitted},
		{[]stele.Sensitivity{stele.HIV, stele.PSY}, DenySensitivity}, {[]stele.Sensitivity{stele.PSY, stele.HIV}, DenySensitivity},
	} {
		label := stele.Label{Category: stele.Results, Sensitivity: c.label, Year: 2024, Source: subject("City Lab")}
		if got := Covers(g, label).Why(); got != c.want {
			t.Errorf("%v: %q, want %q", c.label, got, c.want)
		}
		if got := CoversRecord(g, label, id(5), "2024").Why(); got != c.want {
			t.Errorf("a record of %v: %q, want %q", c.label, got, c.want)
		}
	}
}

// TestLaw2APartialDateLiesWithinThePeriod as a whole: a year of which a part is
// outside may be outside.
func TestLaw2APartialDateLiesWithinThePeriod(t *testing.T) {
	g := with(func(g *Grant) {
		g.Categories = []stele.Category{AllCategories}
		g.From, _ = ParseDate("2023-03-10")
		g.To, _ = ParseDate("2024-06-15")
	})
	for when, want := range map[string]Reason{
		"2023": DenyPeriod, "2023-03": DenyPeriod, "2023-03-09": DenyPeriod, "2023-03-10": Permitted, "2023-04": Permitted,
		"2024": DenyPeriod, "2024-06": DenyPeriod, "2024-05": Permitted, "2024-06-15": Permitted, "2024-06-16": DenyPeriod,
		"2024-06-15T23:59:59Z": Permitted, "": DenyPeriod, "soon": DenyPeriod,
	} {
		label := stele.Label{Category: stele.Results, Year: 2024, Source: subject("City Lab")}
		if got := CoversRecord(g, label, id(5), when).Why(); got != want {
			t.Errorf("%q: %q, want %q", when, got, want)
		}
	}
}
