package reading

import (
	"testing"

	"github.com/stele-health/stele/wire"
)

// TestEveryRequestOfAResealingFits: 256 envelopes, of 16 submissions, and each submission's file is
// written as few times as may be.
func TestEveryRequestOfAResealingFits(t *testing.T) {
	for _, c := range []struct{ submissions, each, want int }{{0, 1, 0}, {1, 1, 1}, {1, 257, 2}, {16, 1, 1}, {17, 1, 2}, {16, 16, 1}, {40, 10, 3}, {3, 200, 3}} {
		var all []*wire.AddedEnvelope
		for i := range c.each * c.submissions {
			all = append(all, &wire.AddedEnvelope{Submission: []byte{byte(i % c.submissions)}})
		}
		parts, n := requests(all), 0
		for _, part := range parts {
			of := map[string]bool{}
			for i, e := range part {
				if of[string(e.Submission)] = true; e != all[n+i] {
					t.Fatalf("%+v: not in the order of all", c)
				}
			}
			if n += len(part); len(part) == 0 || len(part) > brought || len(of) > broughtOf {
				t.Errorf("%+v: a request of %d, of %d submissions", c, len(part), len(of))
			}
		}
		if n != len(all) || len(parts) != c.want {
			t.Errorf("%+v: %d requests with %d", c, len(parts), n)
		}
	}
}
