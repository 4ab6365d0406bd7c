package chain

import (
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/meter"
)

// Stats are a node's counts and sizes at one moment, for its operator.
type Stats struct {
	Peers    int   // other members' nodes that are connected
	Waiting  int   // transactions submitted here that have no verdict yet
	Ingress  int   // of them, not yet checked
	Admitted int   // of them, checked and not yet in a parcel
	Mempool  int   // parcels that wait for a block
	Bytes    int64 // of these parcels
	Oldest   int64 // height of the oldest block that is kept

	Written uint64                // transactions in final blocks that became an event
	Refused map[stele.Kind]uint64 // transactions in final blocks that were refused, by kind

	Execute meter.Reading // running a block
	Commit  meter.Reading // making it durable
}

// counts are what Stats reads of the past.
type counts struct {
	written         meter.Counter
	execute, commit meter.Histogram

	mu      sync.Mutex
	refused map[stele.Kind]uint64
}

func (c *counts) verdicts(list []stele.Verdict) {
	var refused map[stele.Kind]uint64
	written := uint64(0)
	for _, v := range list {
		if v.Err == nil {
			written++
			continue
		}
		if refused == nil {
			refused = map[stele.Kind]uint64{}
		}
		refused[stele.KindOf(v.Err)]++
	}
	c.written.Add(written)
	if refused == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused == nil {
		c.refused = map[stele.Kind]uint64{}
	}
	for kind, n := range refused {
		c.refused[kind] += n
	}
}

// Stats reads the node's counts and sizes.
func (n *Node) Stats() Stats {
	pool := n.engine.pool
	s := Stats{
		Peers: n.Peers(), Ingress: len(n.ingress), Admitted: len(n.admitted), Mempool: pool.Size(), Bytes: pool.SizeBytes(),
		Oldest: n.Oldest(), Written: n.counts.written.Read(), Refused: map[stele.Kind]uint64{},
		Execute: n.counts.execute.Read(), Commit: n.counts.commit.Read(),
	}
	n.counter.mu.Lock()
	s.Waiting = len(n.counter.byKey)
	n.counter.mu.Unlock()
	n.counts.mu.Lock()
	defer n.counts.mu.Unlock()
	for kind, count := range n.counts.refused {
		s.Refused[kind] = count
	}
	return s
}

// timed observes how long something took.
func timed(h *meter.Histogram, since time.Time) { h.Observe(time.Since(since)) }
