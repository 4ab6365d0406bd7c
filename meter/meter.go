package meter

import (
	"sync/atomic"
	"time"
)

// Counter counts upwards. Its zero value is ready; it is safe for concurrent use.
type Counter struct{ n atomic.Uint64 }

// Add adds to the count.
func (c *Counter) Add(n uint64) { c.n.Add(n) }

// Read returns the count.
func (c *Counter) Read() uint64 { return c.n.Load() }

// bounds are the upper ends of a histogram's buckets.
var bounds = [...]time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// Histogram counts durations by size. Its zero value is ready; it is safe for
// concurrent use.
type Histogram struct {
	counts [len(bounds) + 1]atomic.Uint64
	sum    atomic.Int64
}

// Observe counts a duration.
func (h *Histogram) Observe(d time.Duration) {
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
}

// Reading is what a histogram had counted at one moment.
type Reading struct {
	Bounds []time.Duration // upper ends of the buckets, rising
	Counts []uint64        // durations up to each bound, cumulative
	Count  uint64          // all of them
	Sum    time.Duration
}

// Read returns what was counted so far.
func (h *Histogram) Read() Reading {
	r := Reading{Bounds: bounds[:], Counts: make([]uint64, len(bounds))}
	for i := range h.counts {
		r.Count += h.counts[i].Load()
		if i < len(bounds) {
			r.Counts[i] = r.Count
		}
	}
	r.Sum = time.Duration(h.sum.Load())
	return r
}
