package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
)

// dice decides what a seed decides. Each decision is drawn from the seed, what
// it is about and how often that was asked before, and from nothing else: not
// from who was faster.
type dice struct {
	seed  uint64
	mu    sync.Mutex
	count map[string]int
}

func newDice(seed uint64) *dice { return &dice{seed: seed, count: map[string]int{}} }

// of returns a source for the next decision about something.
func (d *dice) of(format string, args ...any) *rand.Rand {
	what := fmt.Sprintf(format, args...)
	d.mu.Lock()
	n := d.count[what]
	d.count[what]++
	d.mu.Unlock()
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%d", d.seed, what, n))
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])))
}
