package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestAMemberThatRestsGivesMemoryBack, once after each spell of work, and not while it works.
func TestAMemberThatRestsGivesMemoryBack(t *testing.T) {
	const mb = 1 << 20
	for what, c := range map[string]struct {
		last, now, given spending
		rests, worth     bool
	}{
		"at work":                      {spending{1000 * mb, 30 * mb, 90 * mb}, spending{1016 * mb, 30 * mb, 90 * mb}, spending{}, false, true},
		"at rest":                      {spending{1000 * mb, 30 * mb, 90 * mb}, spending{1015 * mb, 30 * mb, 90 * mb}, spending{}, true, true},
		"with little to give":          {spending{1000 * mb, 30 * mb, 46 * mb}, spending{1001 * mb, 30 * mb, 46 * mb}, spending{}, true, false},
		"having given what it could":   {spending{1000 * mb, 30 * mb, 60 * mb}, spending{1001 * mb, 30 * mb, 60 * mb}, spending{allocated: 990 * mb}, true, false},
		"having worked since it given": {spending{1000 * mb, 30 * mb, 60 * mb}, spending{1001 * mb, 30 * mb, 60 * mb}, spending{allocated: 900 * mb}, true, true},
	} {
		if c.now.rests(c.last) != c.rests || c.now.worthGiving(c.given) != c.worth {
			t.Errorf("%s: rests %v, worth giving %v", what, c.now.rests(c.last), c.now.worthGiving(c.given))
		}
	}
	before := read()
	kept := make([]byte, 64*mb)
	full := read()
	runtime.KeepAlive(kept)
	debug.FreeOSMemory()
	after := read()
	if full.held < before.held+60*mb || after.held+60*mb > full.held || after.allocated < before.allocated+64*mb || after.live > after.held {
		t.Errorf("64 MB were allocated, and given back: %+v, %+v, %+v", before, full, after)
	}
}

// TestAMemberThatRestsCollectsEarly, from half a minute of rest on until the second in which work comes.
func TestAMemberThatRestsCollectsEarly(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(collectAt)
	defer debug.SetGCPercent(before)
	start := time.Now()
	r := resting{from: start}
	for _, c := range []struct {
		after     time.Duration
		allocated uint64 // in all, in MB
		percent   int
	}{
		{time.Second, 1, collectAt},
		{29 * time.Second, 10, collectAt},
		{30 * time.Second, 15, restAt},
		{60 * time.Second, 30, restAt},
		{61 * time.Second, 45, restAt},
		{62 * time.Second, 46, collectAt}, // 16 MB since it was looked at as a whole
		{63 * time.Second, 62, collectAt},
		{92 * time.Second, 70, collectAt},
		{93 * time.Second, 77, restAt},
	} {
		r.look(spending{allocated: c.allocated << 20}, start.Add(c.after))
		percent := debug.SetGCPercent(-1)
		debug.SetGCPercent(percent)
		if percent != c.percent {
			t.Errorf("after %v: at %d percent, want %d", c.after, percent, c.percent)
		}
	}
}
