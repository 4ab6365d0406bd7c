package chain

import (
	"runtime"
	"testing"
)

// TestWhoIsReadyToSendSharesTheBatch: a batch holds what those send who can run, not
// only what was sent before its first was taken. Now and then the scheduler lets the
// receiver go first, so the mean counts.
func TestWhoIsReadyToSendSharesTheBatch(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const rounds = 50
	together := 0
	for range rounds {
		ingress := make(chan *ticket, batchSize)
		for range batchSize {
			go func() { ingress <- new(ticket) }()
		}
		together += len(gather(ingress, <-ingress, batchSize))
	}
	if mean := together / rounds; mean < batchSize/8 {
		t.Errorf("of %d who were ready %d share a batch", batchSize, mean)
	}
}
