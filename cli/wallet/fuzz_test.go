package wallet

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
)

// FuzzTerm reads lengths of time and ends as a person types them: what is taken
// lies ahead and within a century, what is not is a usage error with a hint or a
// sentence.
func FuzzTerm(f *testing.F) {
	for _, text := range []string{"90m", "24h", "7d", "2w", "1y", "-1h", "1e9y", "99999999999999999999d", "0d", "4096d", "2w3d", "", "2562047h47m16.854775807s"} {
		f.Add(text, "2027-01-31T18:00")
	}
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, lasts, until string) {
		if term, err := cli.ParseTerm(lasts); err == nil && term <= 0 || err != nil && stele.KindOf(err) != stele.KindUsage {
			t.Fatalf("%q is %v, %v", lasts, term, err)
		}
		if _, err := parseDate(until); err != nil && stele.KindOf(err) != stele.KindUsage {
			t.Fatal(err)
		}
		for _, g := range []granting{{lasts: lasts}, {until: until}, {lasts: lasts, write: true}} {
			end, err := g.end(now)
			switch {
			case err != nil && stele.KindOf(err) != stele.KindUsage:
				t.Fatalf("%q, %q: %v", lasts, until, err)
			case err == nil && !end.After(now):
				t.Fatalf("%q, %q: ends at %v, which is not ahead", lasts, until, end)
			}
		}
	})
}
