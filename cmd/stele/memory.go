package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How much memory Go may spend to collect less often: a block's garbage is many
// times what stays, so a heap of three times that halves the collecting. Above
// the second it goes back to thrift. GOGC and GOMEMLIMIT override both.
const (
	collectAt  = 200     // percent of what stays
	thriftFrom = 2 << 30 // bytes
)

func spendMemory() {
	collectFrom(collectAt)
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(thriftFrom)
	}
}

// collectFrom has Go collect when garbage is so many percent of what stays.
func collectFrom(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// When a member has so little to do that it can give back what it took for its work: Go by
// itself keeps room for garbage of twice what stays, for as long as the process lives, and the
// heartbeats alone fill that room between two collections. Giving back costs one collection,
// some tens of milliseconds, and new pages when work comes again; while a member rests
// it collects early, and no longer than a second into its work.
const (
	restAfter   = 30 * time.Second
	restBelow   = 16 << 20 // bytes allocated in that time: heartbeats and questions of a few
	restAt      = 25       // percent of what stays
	worthGiving = 16 << 20 // bytes
	looks       = time.Second
)

// giveBack gives memory back to the system after each spell of work, until ctx ends.
func giveBack(ctx context.Context) {
	ticks := time.NewTicker(looks)
	defer ticks.Stop()
	for r := (resting{since: read(), from: time.Now()}); ; {
		select {
		case <-ctx.Done():
			return
		case at := <-ticks.C:
			r.look(read(), at)
		}
	}
}

// resting follows whether the process has anything to do.
type resting struct {
	since, given spending  // when it was last looked at as a whole, and when memory was last given back
	from         time.Time // of since
	now          bool
}

// look is taken each second.
func (r *resting) look(now spending, at time.Time) {
	rests := now.rests(r.since)
	if rests && at.Sub(r.from) < restAfter {
		return
	}
	if rests != r.now {
		r.now = rests
		collectFrom(map[bool]int{true: restAt, false: collectAt}[rests])
	}
	if rests && now.worthGiving(r.given) {
		debug.FreeOSMemory()
		r.given = now
	}
	r.since, r.from = now, at
}

// spending is what Go says of the heap, in bytes.
type spending struct {
	allocated uint64 // since the program began
	live      uint64 // marked by the last collection
	held      uint64 // of the system, for objects, dead or alive, and free
}

// rests reports whether hardly anything was allocated since.
func (s spending) rests(since spending) bool { return s.allocated-since.allocated < restBelow }

// worthGiving reports whether much more is held than lives, and enough was allocated since the
// last giving for it to be other memory than what could not be given then.
func (s spending) worthGiving(last spending) bool {
	return s.held > s.live+worthGiving && s.allocated-last.allocated > worthGiving
}

func read() spending {
	of := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(of)
	n := func(i int) uint64 { return of[i].Value.Uint64() }
	return spending{n(0), n(1), n(2) + n(3) + n(4)}
}
