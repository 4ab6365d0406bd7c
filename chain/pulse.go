package chain

import (
	"math/rand/v2"
	"time"
)

// jitter spreads the members' empty parcels, so that mostly one of them makes
// the block and the others see it in time to keep silent.
const jitter = 200 * time.Millisecond

// fruitless is how many blocks past a deadline are asked for when the deadline
// does not move; then the heartbeat must do.
const fruitless = 3

// pulse asks for a block, by an empty parcel, when a deadline of the
// application has passed and nobody writes. Because a block carries the median
// time of the previous block's votes, it often takes two: the first is older
// than the deadline.
func (n *Node) pulse() {
	var stuck time.Time // the deadline that past blocks did not move
	past := 0
	for {
		block, moved := n.feed.look()
		deadline := n.config.App.Deadline()
		if deadline != stuck {
			stuck, past = deadline, 0
		}
		if !deadline.IsZero() && !block.Time.Before(deadline) {
			past++
		}
		var due <-chan time.Time
		var timer *time.Timer
		if !deadline.IsZero() && past < fruitless {
			wait := max(0, time.Until(deadline)) + rand.N(jitter)
			timer = time.NewTimer(wait)
			due = timer.C
		}
		select {
		case <-n.stop:
		case <-moved:
		case <-due:
			n.broadcast(n.parcel(nil))
			n.await(moved)
		}
		if timer != nil {
			timer.Stop()
		}
		select {
		case <-n.stop:
			return
		default:
		}
	}
}

// await waits for the next block, at most as long as a heartbeat.
func (n *Node) await(moved <-chan struct{}) {
	timer := time.NewTimer(Heartbeat)
	defer timer.Stop()
	select {
	case <-n.stop:
	case <-moved:
	case <-timer.C:
	}
}
