package own

import (
	"encoding/binary"
	"hash/maphash"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Paces hold a rate for each of very many parties in memory that does not grow:
// each falls into one of a fixed number of places, by a hash that only this
// process knows. Two share a place by chance, and nobody can choose to share one.
// It is safe for concurrent use.
type Paces struct {
	seed   maphash.Seed
	every  rate.Limit
	burst  int
	places []pace
}

type pace struct {
	mu sync.Mutex
	l  *rate.Limiter
}

// NewPaces allows each party burst at once and then one in every so long.
func NewPaces(every time.Duration, burst, places int) *Paces {
	return &Paces{maphash.MakeSeed(), rate.Every(every), burst, make([]pace, places)}
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
	place := &p.places[h.Sum64()%uint64(len(p.places))]
	place.mu.Lock()
	defer place.mu.Unlock()
	if place.l == nil {
		place.l = rate.NewLimiter(p.every, p.burst)
	}
	return place.l.AllowN(now, n)
}
