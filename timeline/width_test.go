package timeline

import (
	"strings"
	"testing"

	"github.com/stele-health/stele/terminal/columns"
)

// TestR39NoLineEndsWithinANumber: at no width does a line end between a number and its
// unit, a comparator and its number, or at the sign or word of a range.
func TestR39NoLineEndsWithinANumber(t *testing.T) {
	together := []string{"5 mg", "0.5 mg/kg", "< 5 mmol/L", ">= 16 mmol/L", "5 – 10 mg", "5 to 10 mg", "-5 to -2 °C", "1 : 128", "2 x 10*9/L", "4 times", "12 U",
		"≤ 0.01 ug/L", "120/80 mmHg", "mL/min/1.73 m²", "up to 5 mg", "more than 20 mg", "not 5 mg", "1,000 IU", "20 Nov", "50%", "1–2 tablets", "every 4–6 hours", "7.25 mol"}
	text := strings.Join(together, " given then ")
	for n := 20; n <= 120; n++ {
		lines := wrap(text, n)
		if got := strings.Join(lines, " "); got != text {
			t.Fatalf("at %d columns: %q", n, got)
		}
		page := strings.Join(lines, "\n")
		for _, s := range together {
			s = strings.TrimPrefix(strings.TrimPrefix(s, "up "), "more ")
			if !strings.Contains(page, s) {
				t.Errorf("at %d columns %q is torn apart:\n%s", n, s, page)
			}
		}
		for _, l := range lines {
			if columns.Of(l) > n {
				t.Errorf("at %d columns: %q", n, l)
			}
		}
	}
	// What is longer than a line is cut, and no number in it.
	for _, s := range []string{strings.Repeat("wort", 9) + "1.25mg", strings.Repeat("4 5 ", 40) + "mg", "http://example.org/" + strings.Repeat("a", 20) + "12345", strings.Repeat("9", 60)} {
		for n := 20; n <= 40; n++ {
			lines := wrap(s, n)
			if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(s, " ", "") {
				t.Errorf("at %d columns %q becomes %q", n, s, got)
			}
			for i, l := range lines[1:] {
				if before := lines[i]; strings.Trim(s, "9") != "" && !strings.Contains(s, " ") && inNumber(rune(before[len(before)-1])) && inNumber(rune(l[0])) {
					t.Errorf("at %d columns a number is cut: %q", n, lines)
				}
			}
		}
	}
}
