package sim

import (
	"context"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/wire"
)

// node stands where chain.Node does in a member: it hands parcels to the
// simulated consensus and final blocks to the ledger. It is an api.Chain.
type node struct {
	l      *life
	chain  *consensus
	signer wire.Signer

	mu      sync.Mutex
	waiting map[string]*ticket // by the transaction's bytes
}

// ticket is a transaction that waits for its verdict. Who sends the same meanwhile waits for the
// same.
type ticket struct {
	id      stele.Digest
	done    chan struct{}
	settled bool
	outcome stele.Outcome
	err     error
}

var _ api.Chain = (*node)(nil)

// settle gives the verdict to all who wait; the first counts.
func (t *ticket) settle(o stele.Outcome, err error) {
	if !t.settled {
		t.settled, t.outcome, t.err = true, o, err
		close(t.done)
	}
}

// resendAfter is how long a parcel may be on its way before another is made. Parcels are lost here,
// and nobody says so.
const resendAfter = 5 * time.Second

// Submit is stele.Submitter.
func (n *node) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	outcome, err := n.l.ledger.Admit(tx)
	if err != nil {
		return stele.Outcome{}, err
	}
	if outcome != nil {
		return *outcome, nil
	}
	signed := new(wire.Signed)
	if err := wire.Decode(tx, signed); err != nil {
		return stele.Outcome{}, err
	}
	n.mu.Lock()
	t := n.waiting[string(tx)]
	if t == nil {
		t = &ticket{id: wire.TransactionID(signed), done: make(chan struct{})}
		n.waiting[string(tx)] = t
	}
	n.mu.Unlock()
	for {
		n.send(tx)
		again := time.NewTimer(resendAfter)
		select {
		case <-t.done:
			again.Stop()
			return t.outcome, t.err
		case <-again.C:
		case <-n.l.ctx.Done():
			again.Stop()
			return stele.Outcome{}, stele.E("submit transaction", stele.KindUnreachable, "this node has stopped", nil)
		case <-ctx.Done():
			again.Stop()
			return stele.Outcome{}, stele.E("submit transaction", stele.KindUnreachable, "no verdict in time", ctx.Err())
		}
	}
}

// send packs a transaction into a parcel and gossips it: lost, late or twice. Each is a parcel of
// its own: with its nonce it differs from the one that may still be on its way.
func (n *node) send(tx []byte) {
	nonce := stele.NewID()
	raw := wire.Marshal(wire.Sign(wire.TagParcel, &wire.Parcel{
		Chain: n.l.m.w.genesis.Chain, Member: n.l.m.subject[:], Nonce: nonce[:], Transactions: [][]byte{tx},
	}, n.signer))
	w := n.l.m.w
	r := w.dice.of("gossip of %s", n.l.m.name)
	if !w.votes(n.l.m.index) && !w.calm.Load() {
		return // nobody hears a member that is cut off; it sends again
	}
	if w.strike(r, 12, "a parcel lost") {
		return
	}
	times := 1
	if w.strike(r, 12, "a parcel doubled") {
		times = 2
	}
	for range times {
		delay := time.Duration(r.IntN(30)) * time.Millisecond
		if w.strike(r, 12, "a parcel late") {
			delay = time.Duration(r.IntN(20_000)) * time.Millisecond
		}
		w.later(delay, func() { n.chain.offer(raw) })
	}
}

// follow executes blocks as they come, some late.
func (n *node) follow(ctx context.Context) {
	w, m := n.l.m.w, n.l.m
	for ctx.Err() == nil {
		height, _, _ := n.l.ledger.Position()
		b, ok, grown := n.chain.at(height + 1)
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-grown:
			}
			continue
		}
		r := w.dice.of("block %d reaches %s", b.Height, m.name)
		delay := time.Duration(r.IntN(25)) * time.Millisecond
		if w.strike(r, 40, "a member behind") {
			delay = time.Duration(r.IntN(45_000)) * time.Millisecond
		}
		sleep(ctx, delay)
		for ctx.Err() == nil && !w.votes(m.index) && !w.calm.Load() {
			sleep(ctx, 250*time.Millisecond)
		}
		if ctx.Err() != nil {
			return
		}
		// An engine may ask for a block more than once before it has it committed.
		if w.strike(r, 20, "a block executed twice") {
			_, _ = n.l.ledger.Execute(b.Proposal)
		}
		done, err := n.l.ledger.Execute(b.Proposal)
		if err == nil {
			err = n.l.ledger.Commit()
		}
		// What a dead process comes to counts for nothing: it writes to a disk that is gone.
		if n.l.dead.Load() {
			return
		}
		if err != nil {
			w.fail("%s cannot execute block %d: %v", m.name, b.Height, err)
			return
		}
		if done.AppHash != b.hash {
			w.fail("%s has another app hash at %d", m.name, b.Height)
			return
		}
		n.decided(b, done)
	}
}

// decided hands out verdicts. A refusal counts only for a parcel of our own. A transaction's id is
// of its body alone: somebody else may pack the same body under a broken signature, and it is that
// which is refused.
func (n *node) decided(b final, done stele.Executed) {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := 0
	for _, raw := range b.Parcels {
		signed, parcel := new(wire.Signed), new(wire.Parcel)
		if wire.Decode(raw, signed) != nil || wire.Decode(signed.Body, parcel) != nil {
			continue
		}
		for _, tx := range parcel.Transactions {
			v := done.Verdicts[i]
			i++
			for raw, t := range n.waiting {
				ours := string(parcel.Member) == string(n.l.m.subject[:]) && raw == string(tx)
				if t.id == v.Tx && (v.Err == nil || ours) {
					t.settle(v.Outcome, v.Err)
					delete(n.waiting, raw)
				}
			}
		}
	}
}

// Light returns the header of a height that this node has.
func (n *node) Light(height int64) (*wire.LightBlock, error) {
	b, ok, _ := n.chain.at(height)
	if have, _, _ := n.l.ledger.Position(); !ok || height > have {
		return nil, stele.E("read header", stele.KindNotFound, "no such block", nil)
	}
	return b.light, nil
}

// Blocks lists nothing: no wallet asks.
func (n *node) Blocks(int64, int) ([]*api.Block, error) { return nil, nil }

// Watch tells nothing: no wallet asks.
func (n *node) Watch(ctx context.Context, _ func(*api.Block) error) error {
	<-ctx.Done()
	return ctx.Err()
}
