package chain

import (
	comet "github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
)

// DefaultKeep is how many blocks a node keeps unless told otherwise.
const DefaultKeep = 100_000

const (
	minKeep   = 100   // what members that were away for a moment, and light clients, ask for
	pruneStep = 100   // blocks go in steps: each step costs the disk a sync
	pruneMost = 1_000 // and at most so many at once, so that no block waits long
)

// retain returns the oldest block to keep, 0 when nothing is to be pruned now:
// what lies more than Config.Keep blocks below the newest block that the
// application has made durable, and is too old to be evidence of a validator that
// voted twice. (The engine would keep the headers of younger ones for ever.)
func (n *Node) retain(committed int64) int64 {
	if n.config.Keep == 0 || n.engine == nil { // nil while the engine replays at the start
		return 0
	}
	store := n.engine.blocks
	base := store.Base()
	for _, step := range []int64{pruneMost, pruneStep} {
		to := min(committed-n.config.Keep, base+step)
		if base == 0 || to-base < pruneStep {
			return 0
		}
		if meta := store.LoadBlockMeta(to - 1); meta != nil && n.evidenceOver(n.Newest(), meta.Header) {
			return to
		}
	}
	return 0
}

// evidenceOver reports whether a block is too old to be evidence.
func (n *Node) evidenceOver(newest stele.Block, h comet.Header) bool {
	return newest.Height-h.Height > n.evidence.MaxAgeNumBlocks && newest.Time.Sub(h.Time) > n.evidence.MaxAgeDuration
}

// Oldest returns the height of the oldest block that this node still has; zero
// when it has none.
func (n *Node) Oldest() int64 { return n.engine.blocks.Base() }
