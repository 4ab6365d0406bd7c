package faults

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele/processes"
)

// TestLaw8OneOfThreeLosesItsMemory takes from one of three, without which the others stand
// still, all that it knew, the votes that it gave included: it learns them from the others,
// and the three go on with one chain.
func TestLaw8OneOfThreeLosesItsMemory(t *testing.T) {
	onlyLong(t)
	n := found(t, processes.Config{Members: 3})
	l := newLoad(t, n)
	time.Sleep(35 * time.Second) // a younger network has nothing to remember
	const rounds = 2
	for round := range rounds {
		ctx, stop := context.WithCancel(t.Context())
		wait := l.run(ctx)
		time.Sleep(2 * time.Second)
		lost := n.Members[2]
		must(t, lost.Kill())
		for _, folder := range []string{"chain", "ledger"} {
			must(t, os.RemoveAll(filepath.Join(lost.Folder, folder)))
		}
		began := time.Now()
		must(t, lost.Start())
		must(t, lost.Ready(t.Context()))
		l.progress(2 * time.Minute)
		t.Logf("%s without its memory: they went on after %v", lost.Short, ms(time.Since(began)))
		time.Sleep(2 * time.Second)
		stop()
		wait()
		agree(t, n, time.Minute)
		l.check(t.Context(), round == rounds-1)
	}
	for _, m := range n.Members {
		if log := m.Log(); strings.Contains(log, "conflicting") {
			t.Errorf("%s saw a validator contradict itself", m.Short)
		}
	}
	tried = append(tried, fmt.Sprintf("the memory of one of three lost %d times", rounds))
	t.Logf("lost 0, doubled 0: %s", l.said())
}
