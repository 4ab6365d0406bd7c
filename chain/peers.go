package chain

import (
	"errors"
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
	id      p2p.ID
	address string // looked up again at each attempt: names move, and may not be known yet
	dials   bool   // it is for us to dial
	missing time.Time
	next    time.Time
	wait    time.Duration
}

// Meet takes up where the other members' nodes are from now on, as Config.Peers says it:
// who is no longer among them is no longer talked to.
func (n *Node) Meet(peers []string) { n.peers.Store(&peers) }

// others are the nodes of the other members, by id in small letters.
func (n *Node) others() map[p2p.ID]string {
	out := map[p2p.ID]string{}
	for _, peer := range *n.peers.Load() {
		id, _, _ := strings.Cut(peer, "@")
		out[p2p.ID(strings.ToLower(id))] = peer
	}
	return out
}

// meet keeps this node connected to the other members' nodes.
func (n *Node) meet() {
	sw := n.engine.sw
	all, known := map[p2p.ID]*acquaintance{}, (*[]string)(nil)
	look := time.NewTicker(lookAround)
	defer look.Stop()
	for {
		if at := n.peers.Load(); at != known {
			all, known = n.acquaint(all), at
			for _, peer := range sw.Peers().List() {
				if all[peer.ID()] == nil {
					sw.StopPeerGracefully(peer)
				}
			}
		}
		now := time.Now()
		for _, a := range all {
			if sw.Peers().Has(a.id) {
				a.missing = time.Time{}
			} else if a.due(now) {
				go n.dial(a.address) // ends with the engine's dial timeout
			}
		}
		select {
		case <-n.stop:
			return
		case <-look.C:
		}
	}
}

// acquaint lists the other members' nodes; those that are where they were as they were.
func (n *Node) acquaint(before map[p2p.ID]*acquaintance) map[p2p.ID]*acquaintance {
	all := map[p2p.ID]*acquaintance{}
	for id, address := range n.others() {
		if all[id] = before[id]; all[id] == nil || all[id].address != address {
			all[id] = &acquaintance{id: id, address: address, dials: n.engine.key.ID() < id}
		}
	}
	return all
}

// dial tries once to reach a node. What fails is tried again by meet.
func (n *Node) dial(peer string) {
	address, err := p2p.NewNetAddressString(peer)
	if err != nil {
		n.log.Debug("a peer's address cannot be used now", "err", err)
		return
	}
	_ = n.engine.sw.DialPeerWithAddress(address)
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

var errStranger = errors.New("not a member's node")

// noBook is where a switch notes addresses: nowhere, since the others' stand in the
// configuration.
type noBook struct{}

func (noBook) AddAddress(*p2p.NetAddress, *p2p.NetAddress) error { return nil }
func (noBook) AddPrivateIDs([]string)                            {}
func (noBook) AddOurAddress(*p2p.NetAddress)                     {}
func (noBook) OurAddress(*p2p.NetAddress) bool                   { return false }
func (noBook) MarkGood(p2p.ID)                                   {}
func (noBook) RemoveAddress(*p2p.NetAddress)                     {}
func (noBook) HasAddress(*p2p.NetAddress) bool                   { return false }
func (noBook) Save()                                             {}
