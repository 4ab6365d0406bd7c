package chain

import (
	"testing"
	"time"
)

// TestOneEndDialsFirst: two nodes that start together must not dial each other
// at once, which the engine answers by closing both connections, again and again.
func TestOneEndDialsFirst(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	dialler, waiting := acquaintance{dials: true}, acquaintance{}
	if !dialler.due(now) {
		t.Error("the node that dials does not dial at once")
	}
	for at := now; at.Before(now.Add(patience)); at = at.Add(lookAround) {
		if waiting.due(at) {
			t.Fatalf("the node that waits dials after %v", at.Sub(now))
		}
	}
	if !waiting.due(now.Add(patience)) {
		t.Error("the node that waits never dials")
	}
	last, most := now, time.Duration(0)
	for at := now; at.Before(now.Add(time.Minute)); at = at.Add(lookAround) {
		if dialler.due(at) {
			most = max(most, at.Sub(last))
			last = at
		}
	}
	if most < dialLater || most > 2*dialLater+lookAround {
		t.Errorf("attempts are up to %v apart", most)
	}
}
