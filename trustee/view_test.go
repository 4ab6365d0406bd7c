package trustee

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// TestStatementsOfOneAccessAreLimited: each has one place, which one that could not be kept
// gives back; accesses whose time is over are forgotten.
func TestStatementsOfOneAccessAreLimited(t *testing.T) {
	var v views
	id, now := stele.NewID(), time.Now()
	end := now.Add(time.Minute)
	for i := range maxViews {
		if known, room := v.take(id, stele.Digest{byte(i)}, end, now); known || !room {
			t.Fatalf("statement %d: known %v, room %v", i, known, room)
		}
	}
	if known, room := v.take(id, stele.Digest{7}, end, now); !known || room {
		t.Errorf("the same again: known %v, room %v", known, room)
	}
	if known, room := v.take(id, stele.Digest{99}, end, now); known || room {
		t.Errorf("one more: known %v, room %v", known, room)
	}
	v.forget(id, stele.Digest{7})
	if known, room := v.take(id, stele.Digest{99}, end, now); known || !room {
		t.Errorf("one more after one was not kept: known %v, room %v", known, room)
	}
	for range 10_000 {
		v.take(stele.NewID(), stele.Digest{}, now, now.Add(time.Second))
	}
	if known, _ := v.take(id, stele.Digest{99}, end, now); len(v.of) > 5000 || !known {
		t.Errorf("%d remembered, or the open one forgotten", len(v.of))
	}
}
