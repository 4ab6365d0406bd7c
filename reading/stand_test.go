package reading_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
)

// TestR6WhatIsNewerThanTheLogIsLookedForThere: a vault may have what the log does not show
// yet. Once it stands there it is in the chart; what does not come is the vaults' fault,
// for who lists at will would have her look for ever.
func TestR6WhatIsNewerThanTheLogIsLookedForThere(t *testing.T) {
	for _, comes := range []bool{true, false} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p := w.NewPatient("Elena", "Northside")
			w.Delivers("Northside", p, town.Note("a", stele.Documents, "2026-01-01"))
			w.Lazy = true // from here on a block is proved by the next one only
			w.Delivers("Northside", p, town.Note("b", stele.Documents, "2026-01-02"))
			if comes {
				go func() { time.Sleep(250 * time.Millisecond); w.WriteBlock() }()
			}
			chart, err := p.Charts.OpenOwn(t.Context())
			w.Must(err)
			want, faults := "a b", 0
			if !comes {
				want, faults = "a", 1
			}
			if got := town.IDs(chart); got != want {
				t.Errorf("it comes %v: %q, want %q", comes, got, want)
			}
			if len(chart.Faults) < faults || faults == 0 && len(chart.Faults) > 0 {
				t.Errorf("it comes %v: faults %v", comes, chart.Faults)
			}
			for _, f := range chart.Faults {
				if !strings.Contains(f.What, "never came to stand on your log") {
					t.Errorf("it comes %v: %s %s", comes, f.Member, f.What)
				}
			}
		})
	}
}

// TestLaw6ALogThatIsRewrittenMeanwhileIsTold: between two looks at it, too.
func TestLaw6ALogThatIsRewrittenMeanwhileIsTold(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena", "Northside")
		w.Lazy = true
		w.Delivers("Northside", p, town.Note("a", stele.Documents, "2026-01-01"))
		go func() {
			time.Sleep(50 * time.Millisecond)
			wallettest.Edit(p.Wallet, func(s *wallet.State) { s.Head.Size++ }) // as if it had been longer
		}()
		_, err := p.Charts.OpenOwn(t.Context())
		w.Wants(err, stele.KindProof, "a log that shrank while she waited")
	})
}
