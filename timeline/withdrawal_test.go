package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// TestR38AWithdrawalSaysWhy: whoever sees that a record was withdrawn reads why, in the
// words of its source and of nobody else, whatever form they have.
func TestR38AWithdrawalSaysWhy(t *testing.T) {
	nuts := note(`"versionId":"1"`, "Nuts")
	because := func(reason, target string) string {
		return strings.Replace(withdraws(target), `{`, `{"reason":`+reason+`,`, 1)
	}
	const whose = `[{"text":"another patient's"}]`
	for name, c := range map[string]struct {
		items []Item
		says  []string
	}{
		"a record":            {lines("A", nuts, because(whose, "AllergyIntolerance/a")), []string{"Nuts", "“another patient's”"}},
		"a version":           {lines("A", nuts, because(whose, "AllergyIntolerance/a/_history/1")), []string{"Nuts", "“another patient's”"}},
		"all its versions":    {lines("A", nuts, note(`"versionId":"2"`, "Milk"), because(whose, "AllergyIntolerance/a")), []string{"Nuts", "Milk", "“another patient's”", "“another patient's”"}},
		"by code, and twice":  {lines("A", nuts, because(`[{"coding":[{"code":"1"},{"display":"mistyped"}]},{"text":"late"}]`, "AllergyIntolerance/a")), []string{"“mistyped; late”"}},
		"for no reason":       {lines("A", nuts, withdraws("AllergyIntolerance/a")), []string{"Nuts"}},
		"for none that reads": {lines("A", nuts, because(`[{"text":"\u0007"},{"coding":[{}]}]`, "AllergyIntolerance/a")), []string{"Nuts"}},
		"at length":           {lines("A", nuts, because(`[{"text":"`+strings.Repeat("x", 999)+`"}]`, "AllergyIntolerance/a")), []string{"“" + strings.Repeat("x", 200) + "…”"}},
		"not by another":      {append(lines("A", nuts, withdraws("AllergyIntolerance/a")), lines("B", because(whose, "AllergyIntolerance/a"))...), []string{"Nuts"}},
	} {
		text := Tell(c.items, Options{}).Text(Page{Width: 1000, Past: true})
		_, past, _ := strings.Cut(text, "No longer so")
		for _, s := range c.says {
			if !strings.Contains(past, s) {
				t.Errorf("%s: no %q in\n%s", name, s, text)
			}
		}
		quoted := 0
		for _, s := range c.says {
			quoted += strings.Count(s, "“")
		}
		if n := strings.Count(past, "“"); n != quoted {
			t.Errorf("%s: %d reasons in\n%s", name, n, text)
		}
	}
}
