package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele/processes"
)

// TestLaw8KillsLoseNothing kills the only member of a network with SIGKILL at
// random moments while people grant, open, import and take back, and starts it
// again. After each start her log is checked, now and then her chart; in the end
// the ledger is thrown away and made again from the blocks.
func TestLaw8KillsLoseNothing(t *testing.T) {
	kills := 5
	if long {
		kills = 100
	}
	n := found(t, processes.Config{Members: 1})
	l, m := newLoad(t, n), n.Members[0]
	var back []time.Duration
	for round := range kills {
		ctx, stop := context.WithCancel(t.Context())
		wait := l.run(ctx)
		time.Sleep(rand.N(2 * time.Second))
		must(t, m.Kill())
		down := time.Now()
		must(t, m.Start())
		must(t, m.Ready(t.Context()))
		back = append(back, time.Since(down))
		time.Sleep(rand.N(300 * time.Millisecond))
		stop()
		wait()
		l.check(t.Context(), round%20 == 19)
		if t.Failed() {
			t.Fatalf("after %d kills", round+1)
		}
		if long && round%10 == 9 {
			t.Logf("%d kills: %s", round+1, l.said())
		}
	}
	l.check(t.Context(), true)
	slices.Sort(back)
	t.Logf("killed %d times, lost 0, doubled 0; ready again after %v (median), %v (longest)", kills,
		back[len(back)/2].Round(time.Millisecond), back[len(back)-1].Round(time.Millisecond))
	t.Log(l.said())

	tried = append(tried, fmt.Sprintf("a lone member killed %d times under load", kills))
	before, err := m.Status(t.Context())
	must(t, err)
	must(t, m.Stop())
	ledger := filepath.Join(m.Folder, "ledger")
	_, err = os.Stat(ledger)
	must(t, err)
	must(t, os.RemoveAll(ledger))
	began := time.Now()
	must(t, m.Start())
	must(t, m.Ready(t.Context()))
	after, err := m.Status(t.Context())
	must(t, err)
	t.Logf("the ledger made again from %d blocks in %v", before.Height, time.Since(began).Round(time.Millisecond))
	if after.Height < before.Height {
		t.Errorf("it is at block %d, before it was at %d", after.Height, before.Height)
	}
	l.check(t.Context(), true) // against the validators' signatures: the hash of the replayed ledger
}
