package wallet

import "context"

// gate lets one pass at a time. Who waits for it can give up, as the one inside may be
// waiting for a network.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

// enter waits until nobody is inside; it fails when ctx is over.
func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g gate) leave() { <-g }
