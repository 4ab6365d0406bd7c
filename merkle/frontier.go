package merkle

import (
	"math/bits"

	"github.com/stele-health/stele"
)

// Frontier is a tree's size and its peaks, largest first: all that is needed to
// append leaves and know the root. A wallet that keeps the frontier of a log and
// appends the events it is given learns two things from one equal root: that
// nothing was changed before and that nothing was left out after.
//
// The zero value is the empty tree. Copies are independent: Append never writes
// into peaks that another copy holds.
type Frontier struct {
	Size  uint64
	Peaks []stele.Digest
}

// NewFrontier returns the frontier of n leaves with the given peaks. It fails
// with KindProof when n leaves have another number of peaks, or leave no room for
// another leaf.
func NewFrontier(n uint64, peaks []stele.Digest) (Frontier, error) {
	if n >= MaxSize || bits.OnesCount64(n) != len(peaks) {
		return Frontier{}, broken("read frontier", "the number of peaks does not fit the size")
	}
	return Frontier{Size: n, Peaks: peaks[:len(peaks):len(peaks)]}, nil
}

// Append adds a leaf hash and returns the nodes that a stored tree must now
// keep, lowest level first (the same as [Append] returns). f must be well
// formed: zero, or from NewFrontier.
func (f *Frontier) Append(leaf stele.Digest) []Node {
	merges := bits.TrailingZeros64(^f.Size)
	out := make([]Node, 1, 1+merges)
	out[0] = Node{0, f.Size, leaf}
	kept := len(f.Peaks) - merges
	hash := leaf
	for level := range merges {
		hash = NodeHash(f.Peaks[len(f.Peaks)-1-level], hash)
		up := uint(level) + 1
		out = append(out, Node{up, f.Size >> up, hash})
	}
	f.Peaks = append(f.Peaks[:kept:kept], hash) // the full cap forces a copy
	f.Size++
	return out
}

// Root returns the root of the frontier's leaves.
func (f Frontier) Root() stele.Digest { return fold(f.Peaks) }

// FrontierFrom takes the frontier of the first m leaves out of a consistency
// proof from m to n: a wallet that kept only a size and a root gets the peaks
// back, checked against that root, and can append the events from m on. It
// fails with KindProof when the proof does not lead to the old root, and when m
// is n (there is nothing to append then; compare the roots). Whether the proof
// leads to the new root shows when the events have been appended.
func FrontierFrom(m, n uint64, old stele.Digest, proof []stele.Digest) (Frontier, error) {
	const op = "read frontier from a consistency proof"
	switch {
	case m == 0 && old == EmptyRoot() && len(proof) == 0 && n <= MaxSize:
		return Frontier{}, nil
	case m == 0 || m >= n || n > MaxSize:
		return Frontier{}, broken(op, "no proof leads from that size to this")
	}
	peaks, _, err := followConsistency(op, m, n, old, proof)
	if err != nil {
		return Frontier{}, err
	}
	if fold(peaks) != old {
		return Frontier{}, broken(op, "the proof does not lead to the old root")
	}
	return Frontier{Size: m, Peaks: peaks}, nil
}
