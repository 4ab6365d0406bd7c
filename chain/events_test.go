package chain

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// TestAVerdictsBlockIsTheNewest: whoever has a verdict finds its block at once. A node that
// can't give out a verdict yet has told of the block already.
func TestAVerdictsBlockIsTheNewest(t *testing.T) {
	n := &Node{feed: newFeed(), counter: newCounter(), counts: new(counts), stop: make(chan struct{})}
	n.counter.mu.Lock() // no verdict leaves before it is given back
	told := make(chan struct{})
	go func() {
		defer close(told)
		n.decided(nil, Event{Block: stele.Block{Height: 8}})
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := n.Wait(ctx, 8); err != nil {
		t.Errorf("before the verdicts: %v", err)
	}
	n.counter.mu.Unlock()
	<-told
}
