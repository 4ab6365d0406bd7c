package own

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stele-health/stele"
)

// TestR44NobodyWaitsForWhoAsksOften: with one place, and a crowd of one asker's
// requests waiting, whoever has none at work comes next, in the order of their coming.
func TestR44NobodyWaitsForWhoAsksOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loud, quiet, last := stele.SubjectOf([]byte("loud")), stele.SubjectOf([]byte("quiet")), stele.SubjectOf([]byte("last"))
		ts := NewTurns[stele.Subject](2)
		gone := make(chan struct{})
		defer close(gone) // whoever still waits at the end goes away
		var loudly, quietly, lastly atomic.Int32
		comes := func(asker stele.Subject, count *atomic.Int32) {
			go func() {
				if ts.Take(gone, asker) {
					count.Add(1)
				}
			}()
			synctest.Wait()
		}
		now := func(what string, want ...int32) {
			t.Helper()
			synctest.Wait()
			if came := []int32{loudly.Load(), quietly.Load(), lastly.Load()}; !slices.Equal(came, want) {
				t.Errorf("%s: who asks often, who asks once and who asks last came %d times, want %d", what, came, want)
			}
		}
		for range 52 {
			comes(loud, &loudly)
		}
		comes(quiet, &quietly)
		comes(last, &lastly)
		now("two places are taken", 2, 0, 0)
		ts.Leave(loud)
		now("one of them is free", 2, 1, 0)
		ts.Leave(quiet)
		now("and again", 2, 1, 1)
		ts.Leave(last)
		now("and again", 3, 1, 1)
		left := make(chan struct{})
		close(left)
		if ts.Take(left, quiet) {
			t.Error("who went away has a place")
		}
		if len(ts.waiting) != 49 {
			t.Errorf("%d wait", len(ts.waiting))
		}
	})
}

// TestNoPlaceIsLostToWhoLeaves has an asker go away at the moment that a place comes.
func TestNoPlaceIsLostToWhoLeaves(t *testing.T) {
	at, waits := stele.SubjectOf([]byte("at work")), stele.SubjectOf([]byte("waits"))
	for range 500 {
		ts := NewTurns[stele.Subject](1)
		ts.Take(nil, at)
		gone, came := make(chan struct{}), make(chan bool)
		go func() { came <- ts.Take(gone, waits) }()
		for start := time.Now(); ; {
			ts.mu.Lock()
			n := len(ts.waiting)
			ts.mu.Unlock()
			if n == 1 {
				break
			}
			if time.Since(start) > 10*time.Second {
				t.Fatalf("%d wait", n)
			}
			runtime.Gosched()
		}
		close(gone)
		ts.Leave(at)
		select {
		case came := <-came:
			if came {
				ts.Leave(waits)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("who left still waits")
		}
		if ts.free != 1 || len(ts.busy) != 0 {
			t.Fatalf("%d places are free, and %d askers at work", ts.free, len(ts.busy))
		}
	}
}
