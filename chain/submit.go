package chain

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

const opSubmit = "submit transaction"

// maxWaiting is how many transactions may be on their way at once.
const maxWaiting = 20_000

// perCaller is how many of them may come from one address elsewhere.
const perCaller = maxWaiting / 8

// ticket is a transaction on its way: all that submit the same bytes share it.
type ticket struct {
	raw     []byte
	key     stele.Digest // SHA-256 of raw
	signed  *wire.Signed
	id      stele.Digest
	expires int64 // Unix milliseconds of block time

	done    chan struct{} // closed once outcome and err are set
	outcome stele.Outcome
	err     error

	from stele.Caller

	// guarded by the counter's lock
	parcels []stele.Digest // that hold it, newest last
	resend  time.Time      // when it is worth another parcel; zero before the first
	tries   int
}

// counter is where transactions wait for their verdicts.
type counter struct {
	mu    sync.Mutex
	byKey map[stele.Digest]*ticket
	byID  map[stele.Digest][]*ticket // different signatures of one body
	from  map[stele.Caller]int       // on their way, by who sent them; not of this machine
	shut  bool
}

func newCounter() *counter {
	return &counter{byKey: map[stele.Digest]*ticket{}, byID: map[stele.Digest][]*ticket{}, from: map[stele.Caller]int{}}
}

// take returns the ticket of a transaction, and whether it is new.
func (c *counter) take(raw []byte, from stele.Caller) (t *ticket, fresh bool, err error) {
	if len(raw) > stele.MaxTransaction {
		return nil, false, stele.E(opSubmit, stele.KindInvalid, sprint("more than %d bytes", stele.MaxTransaction), nil)
	}
	key := digest(raw)
	signed := new(wire.Signed)
	if err := wire.Decode(raw, signed); err != nil {
		return nil, false, err
	}
	expires, err := wire.Expiry(signed.Body)
	if err != nil {
		return nil, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch t := c.byKey[key]; {
	case c.shut:
		return nil, false, unreachable(opSubmit, "this node has stopped", nil)
	case t != nil:
		return t, false, nil
	case len(c.byKey) >= maxWaiting, c.from[from] >= perCaller:
		return nil, false, busy()
	}
	t = &ticket{
		raw: append([]byte(nil), raw...), key: key, signed: signed, id: wire.TransactionID(signed),
		expires: expires, done: make(chan struct{}), from: from,
	}
	if from != (stele.Caller{}) {
		c.from[from]++
	}
	c.byKey[key] = t
	c.byID[t.id] = append(c.byID[t.id], t)
	return t, true, nil
}

func busy() error {
	return stele.E(opSubmit, stele.KindBusy, "too many transactions are waiting", nil).
		WithHint("try again in a few seconds, or through another member")
}

// settle gives a ticket its answer. The first answer stays.
func (c *counter) settle(t *ticket, outcome stele.Outcome, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settleLocked(t, outcome, err)
}

func (c *counter) settleLocked(t *ticket, outcome stele.Outcome, err error) {
	if c.byKey[t.key] != t {
		return
	}
	delete(c.byKey, t.key)
	if c.from[t.from]--; c.from[t.from] <= 0 {
		delete(c.from, t.from)
	}
	left := c.byID[t.id][:0]
	for _, other := range c.byID[t.id] {
		if other != t {
			left = append(left, other)
		}
	}
	if c.byID[t.id] = left; len(left) == 0 {
		delete(c.byID, t.id)
	}
	t.outcome, t.err = outcome, err
	close(t.done)
}

// decided hands out the verdicts of a final block.
//
// A refusal counts only when a parcel of ours holds the transaction: a
// transaction's id does not cover its signatures, so anybody could have the
// same body refused under wrong ones. An outcome counts wherever it comes from.
func (c *counter) decided(parcels [][]byte, e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.byKey) == 0 {
		return
	}
	here := make(map[stele.Digest]bool, len(parcels))
	for _, p := range parcels {
		here[sha256.Sum256(p)] = true
	}
	verdicts := make(map[stele.Digest]stele.Verdict, len(e.Executed.Verdicts))
	for _, v := range e.Executed.Verdicts {
		if before, ok := verdicts[v.Tx]; !ok || before.Err != nil {
			verdicts[v.Tx] = v
		}
	}
	for id, v := range verdicts {
		for _, t := range append([]*ticket(nil), c.byID[id]...) {
			if v.Err == nil || t.isIn(here) {
				c.settleLocked(t, v.Outcome, v.Err)
			}
		}
	}
	now := e.Block.Time.UnixMilli()
	for _, t := range c.byKey {
		if t.expires <= now && len(t.parcels) > 0 {
			c.settleLocked(t, stele.Outcome{}, stele.E(opSubmit, stele.KindInvalid, "expired before it reached a block", nil).
				WithHint("make it again with a later expiry"))
		}
	}
}

func (t *ticket) isIn(parcels map[stele.Digest]bool) bool {
	for _, p := range t.parcels {
		if parcels[p] {
			return true
		}
	}
	return false
}

// sent notes that tickets are in a parcel, and when to try another.
func (c *counter) sent(tickets []*ticket, parcel stele.Digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range tickets {
		if t.tries < 5 {
			t.tries++
		}
		t.resend = time.Now().Add(resendAfter << (t.tries - 1))
		if t.parcels = append(t.parcels, parcel); len(t.parcels) > 8 {
			t.parcels = t.parcels[1:]
		}
	}
}

// resendAfter is how long a parcel may stay without a verdict before its
// transactions go into another; each try doubles it, up to 80 s.
const resendAfter = 5 * time.Second

// overdue returns tickets that are worth another parcel.
func (c *counter) overdue(now time.Time) (list []*ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.byKey {
		if !t.resend.IsZero() && now.After(t.resend) {
			t.resend = now.Add(resendAfter)
			list = append(list, t)
		}
	}
	return list
}

// lost returns those tickets that have no verdict still and are in no parcel that waits.
// The mempool is shut while a block is committed, so a look into it may take as long as
// that: many that were overdue before have their verdicts after it, and sent again they
// would fill the next blocks of a network that is slow already.
func (c *counter) lost(overdue []*ticket, waiting map[stele.Digest]bool) (list []*ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range overdue {
		if c.byKey[t.key] == t && !t.isIn(waiting) {
			list = append(list, t)
		}
	}
	return list
}

// close answers everything that still waits.
func (c *counter) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shut = true
	for _, t := range c.byKey {
		c.settleLocked(t, stele.Outcome{}, unreachable(opSubmit, "this node has stopped", nil))
	}
}

// Submit is stele.Submitter: it returns when the transaction is in a final,
// durable block or was refused, here or in the block. It fails with KindBusy
// when too many wait, and with KindUnreachable when ctx ends or the node stops
// first; the transaction may then still reach a block.
func (n *Node) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	if reason := n.Failed(); reason != "" {
		return stele.Outcome{}, unreachable(opSubmit, "this node has halted", nil)
	}
	t, fresh, err := n.counter.take(tx, stele.CallerOf(ctx))
	if err != nil {
		return stele.Outcome{}, err
	}
	if fresh {
		select {
		case n.ingress <- t:
		default:
			n.counter.settle(t, stele.Outcome{}, busy())
		}
	}
	select {
	case <-t.done:
		return t.outcome, t.err
	case <-ctx.Done():
		return stele.Outcome{}, unreachable(opSubmit, "no verdict in time", ctx.Err())
	}
}

// admit checks transactions as they come and passes on what deserves a block.
func (n *Node) admit() {
	for {
		select {
		case <-n.stop:
			return
		case t := <-n.ingress:
			n.admitAll(gather(n.ingress, t, batchSize))
		}
	}
}

func (n *Node) admitAll(tickets []*ticket) {
	objects := make([]object, len(tickets))
	for i, t := range tickets {
		objects[i] = object{wire.TagTransaction, t.signed, t.id}
	}
	if len(objects) >= smallest {
		n.verifier.warm(objects)
	}
	for i, t := range tickets {
		if _, err := n.verifier.check(objects[i]); err != nil {
			n.counter.settle(t, stele.Outcome{}, err)
			continue
		}
		outcome, err := n.config.App.Admit(t.raw)
		switch {
		case err != nil && (n.current() || stele.KindOf(err) == stele.KindInvalid):
			n.counter.settle(t, stele.Outcome{}, err)
		case outcome != nil:
			n.counter.settle(t, *outcome, nil)
		default: // and what this node can't judge
			select {
			case n.admitted <- t:
			case <-n.stop:
				return
			}
		}
	}
}

// current reports whether this node knows a block of late. One that has lost its ledger, or
// catches up, knows no grant that was given since: what it would refuse is for the block to
// refuse.
func (n *Node) current() bool {
	newest, _ := n.feed.look()
	return time.Since(newest.Time) <= stele.StaleAfter
}

// gather returns first and what else is waiting, at most n.
func gather(from <-chan *ticket, first *ticket, n int) []*ticket {
	list := []*ticket{first}
	for len(list) < n {
		select {
		case t := <-from:
			list = append(list, t)
		default:
			return list
		}
	}
	return list
}

func digest(raw []byte) stele.Digest { return sha256.Sum256(raw) }
