package own

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"sync/atomic"
	"time"
)

// Paces hold a rate for each of very many parties in memory that does not grow:
// each falls into one of a fixed number of places, by a hash that only this
// process knows. Two share a place by chance, and nobody can choose to share one.
// It is safe for concurrent use.
type Paces struct {
	seed  maphash.Seed
	every int64 // nanoseconds
	burst int
	paid  []atomic.Int64 // for each place, the Unix time in nanoseconds up to which what was used is paid for
}

// NewPaces allows each party burst at once and then one in every so long.
func NewPaces(every time.Duration, burst, places int) *Paces {
	longest := int64(math.MaxInt64 / 4 / burst) // 73 years for all of a burst
	return &Paces{seed: maphash.MakeSeed(), every: min(int64(every), longest), burst: burst, paid: make([]atomic.Int64, places)}
}

// Allow takes n from what a party may use now, and reports whether that much was
// left. The parts of a party's name are told apart.
func (p *Paces) Allow(now time.Time, n int, party ...[]byte) bool {
	var h maphash.Hash
	h.SetSeed(p.seed)
	for _, part := range party {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	if n > p.burst {
		return false
	}
	place := &p.paid[h.Sum64()%uint64(len(p.paid))]
	for at := now.UnixNano(); ; {
		before := place.Load()
		after := max(before, at) + int64(n)*p.every
		if after-at > int64(p.burst)*p.every {
			return false
		}
		if place.CompareAndSwap(before, after) {
			return true
		}
	}
}
