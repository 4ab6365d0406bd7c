package main

import (
	"runtime"
	"runtime/debug"
	"testing"
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
