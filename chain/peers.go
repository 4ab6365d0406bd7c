package chain

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/cometbft/cometbft/p2p"
)

// How the other members' nodes are reached. The engine's own way, persistent
// peers, has both ends dial each other at once after a restart; each then takes
// the other's connection for a double and closes it, for as long as they keep
// step. So of each pair the node with the lower id dials, and the other one only
// when it has waited for that in vain.
const (
	lookAround = 100 * time.Millisecond
	patience   = 2 * time.Second // of the node that waits to be dialled
	dialFirst  = 250 * time.Millisecond
	dialLater  = 3 * time.Second // at most between two attempts
)

// acquaintance is another member's node and how it goes with reaching it.
type acquaintance struct {
	address *p2p.NetAddress
	dials   bool // it is for us to dial
	missing time.Time
	next    time.Time
	wait    time.Duration
}

// meet keeps this node connected to the other members' nodes.
func (n *Node) meet() {
	sw := n.engine.Switch()
	var all []*acquaintance
	for _, peer := range n.config.Peers {
		address, err := p2p.NewNetAddressString(peer)
		if err != nil {
			n.log.Warn("a peer's address cannot be used", "err", err)
			continue
		}
		all = append(all, &acquaintance{address: address, dials: strings.Compare(string(n.engine.NodeInfo().ID()), string(address.ID)) < 0})
	}
	look := time.NewTicker(lookAround)
	defer look.Stop()
	for {
		now := time.Now()
		for _, a := range all {
			if sw.Peers().Has(a.address.ID) {
				a.missing = time.Time{}
			} else if a.due(now) {
				go func() { _ = sw.DialPeerWithAddress(a.address) }() // tried again; ends with the engine's dial timeout
			}
		}
		select {
		case <-n.stop:
			return
		case <-look.C:
		}
	}
}

// due reports whether a missing node should be dialled now.
func (a *acquaintance) due(now time.Time) bool {
	if a.missing.IsZero() {
		a.missing, a.wait = now, dialFirst
		if a.next = now; !a.dials {
			a.next = now.Add(patience)
		}
	}
	if now.Before(a.next) {
		return false
	}
	a.next = now.Add(a.wait + rand.N(a.wait))
	a.wait = min(2*a.wait, dialLater)
	return true
}
