package chain

import (
	"crypto/sha256"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/mempool"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// gap is the least time between two parcels of this node: what comes in
// meanwhile shares the next one. After a quiet moment a transaction leaves at
// once.
const gap = 4 * time.Millisecond

// pack makes parcels of admitted transactions.
func (n *Node) pack() {
	var last time.Time
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		select {
		case <-n.stop:
			return
		case <-again.C:
			n.resend()
		case t := <-n.admitted:
			if wait := gap - time.Since(last); wait > 0 {
				select {
				case <-time.After(wait):
				case <-n.stop:
					return
				}
			}
			for list := gather(n.admitted, t, stele.MaxInParcel); len(list) > 0; {
				k := fitting(list)
				n.send(list[:k])
				list = list[k:]
			}
			last = time.Now()
		}
	}
}

// fitting returns how many of the first tickets fit into one parcel.
func fitting(list []*ticket) int {
	const (
		around  = 1 << 10 // the parcel's own fields and signature
		perItem = 8       // tag and length of one transaction
	)
	size := around
	for i, t := range list {
		if size += len(t.raw) + perItem; size > stele.MaxParcel && i > 0 {
			return i
		}
	}
	return min(len(list), stele.MaxInParcel)
}

// parcel makes the bytes of a signed parcel.
func (n *Node) parcel(tickets []*ticket) []byte {
	nonce := stele.NewID() // never one that reads as text, which the ledger refuses
	p := &wire.Parcel{Chain: n.chain, Member: n.config.Member[:], Nonce: nonce[:]}
	for _, t := range tickets {
		p.Transactions = append(p.Transactions, t.raw)
	}
	return wire.Marshal(wire.Sign(wire.TagParcel, p, n.config.Signer))
}

// send hands tickets to the mempool. When that fails they are sent again later;
// only if the application refuses this node's parcels is there no hope.
func (n *Node) send(tickets []*ticket) {
	raw := n.parcel(tickets)
	n.counter.sent(tickets, sha256.Sum256(raw))
	if refused := n.broadcast(raw); refused {
		err := stele.E(opSubmit, stele.KindDenied, "this node may not submit", nil).
			WithHint("the network does not know this member's node key, or its genesis is another")
		for _, t := range tickets {
			n.counter.settle(t, stele.Outcome{}, err)
		}
	}
}

// broadcast puts a parcel into the mempool, from where it goes to all peers. It
// reports whether the application refused it.
func (n *Node) broadcast(parcel []byte) (refused bool) {
	n.unlessHalted(func() func() {
		var no bool
		err := n.engine.pool.CheckTx(parcel, func(r *abci.ResponseCheckTx) {
			no = r.Code != abci.CodeTypeOK
		}, mempool.TxInfo{})
		if err != nil {
			n.log.Warn("parcel not taken, will try again", "err", err)
		}
		return func() { refused = no }
	})
	return refused
}

// unlessHalted calls the mempool and then what the call returns, or gives up
// when consensus fails meanwhile: a block that dies while it commits keeps the
// mempool locked for ever.
func (n *Node) unlessHalted(call func() (then func())) {
	done := make(chan func(), 1)
	go func() { done <- call() }()
	select {
	case then := <-done:
		then()
	case <-n.failed:
	}
}

// resend makes new parcels of transactions that had no verdict for long: their
// parcel was lost, or was never taken. One that still waits in the mempool is
// left there, or a halted network would fill up with copies.
func (n *Node) resend() {
	overdue := n.counter.overdue(time.Now())
	if len(overdue) == 0 {
		return
	}
	waiting := map[stele.Digest]bool{}
	n.unlessHalted(func() func() {
		all := n.engine.pool.ReapMaxTxs(-1)
		return func() {
			for _, tx := range all {
				waiting[sha256.Sum256(tx)] = true
			}
		}
	})
	for list := n.counter.lost(overdue, waiting); len(list) > 0; {
		k := fitting(list)
		n.send(list[:k])
		list = list[k:]
	}
}
