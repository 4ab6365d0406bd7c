package merkle

import (
	"math/bits"
	"slices"

	"github.com/stele-health/stele"
)

// MaxSize is the largest number of leaves of a stored tree. The bound keeps
// (index+1)·2^level within 64 bits.
const MaxSize = 1 << 62

// Nodes reads the stored hashes of perfect subtrees. Node returns the hash at
// (level, index), or an error when the store fails or holds no such node; the
// functions here ask only for nodes that the size they are given says exist.
type Nodes interface {
	Node(level uint, index uint64) (stele.Digest, error)
}

// Node is a perfect subtree's hash and its place.
type Node struct {
	Level uint
	Index uint64
	Hash  stele.Digest
}

// Leaf is a leaf hash and its place.
type Leaf struct {
	Index uint64
	Hash  stele.Digest
}

// Append returns the nodes to store when leaf becomes the last of n+1 leaves:
// the leaf and every perfect subtree that it completes, lowest level first. It
// reads one node for each subtree completed.
func Append(nodes Nodes, n uint64, leaf stele.Digest) ([]Node, error) {
	if n >= MaxSize {
		return nil, misuse("append a leaf", "the tree is full")
	}
	out := make([]Node, 1, 1+bits.TrailingZeros64(^n))
	out[0] = Node{0, n, leaf}
	hash := leaf
	for level := uint(0); n>>level&1 == 1; level++ {
		left, err := nodes.Node(level, n>>level-1)
		if err != nil {
			return nil, err
		}
		hash = NodeHash(left, hash)
		out = append(out, Node{level + 1, n >> (level + 1), hash})
	}
	return out, nil
}

// UpdateMany replaces and appends leaves in one pass, so that each shared
// parent is hashed once. Leaves are in ascending order of index, without
// doubles; those from n on continue the tree without a gap. It returns the
// nodes to store, lowest level first and ascending within a level, and the new
// size. It fails with KindInvalid when the leaves are out of order, and with
// the store's error.
func UpdateMany(nodes Nodes, n uint64, leaves []Leaf) ([]Node, uint64, error) {
	size, err := sizeAfter(n, leaves)
	if err != nil {
		return nil, n, err
	}
	out := make([]Node, len(leaves), len(leaves)*(2+bits.Len64(size/uint64(len(leaves)+1))))
	for i, l := range leaves {
		out[i] = Node{0, l.Index, l.Hash}
	}
	for begin := 0; begin < len(out); {
		end := len(out)
		if out, err = parents(nodes, size, out, begin, end); err != nil {
			return nil, n, err
		}
		begin = end
	}
	return out, size, nil
}

// parents appends the perfect parents of out[begin:end], changed nodes of one
// level. Changed siblings come from out itself: the store need not see them yet.
func parents(nodes Nodes, size uint64, out []Node, begin, end int) ([]Node, error) {
	for i := begin; i < end; i++ {
		at := out[i]
		up := Node{Level: at.Level + 1, Index: at.Index >> 1}
		if (up.Index+1)<<up.Level > size {
			break // not perfect; nor is any to the right of it
		}
		sibling, known := stele.Digest{}, false
		if at.Index&1 == 0 && i+1 < end && out[i+1].Index == at.Index+1 {
			i++
			sibling, known = out[i].Hash, true
		}
		if !known {
			var err error
			if sibling, err = nodes.Node(at.Level, at.Index^1); err != nil {
				return nil, err
			}
		}
		if at.Index&1 == 0 {
			up.Hash = NodeHash(at.Hash, sibling)
		} else {
			up.Hash = NodeHash(sibling, at.Hash)
		}
		out = append(out, up)
	}
	return out, nil
}

// sizeAfter checks the order of leaves for UpdateMany and returns the new size.
func sizeAfter(n uint64, leaves []Leaf) (uint64, error) {
	const op = "update leaves"
	if n > MaxSize || uint64(len(leaves)) > MaxSize-n {
		return 0, misuse(op, "the tree is full")
	}
	size := n
	for i, l := range leaves {
		if i > 0 && l.Index <= leaves[i-1].Index {
			return 0, misuse(op, "leaves are not in ascending order")
		}
		if l.Index > size {
			return 0, misuse(op, "new leaves leave a gap")
		}
		if l.Index == size {
			size++
		}
	}
	return size, nil
}

// Peaks returns the hashes of the perfect subtrees that n leaves fall into,
// largest (leftmost) first; none when n is 0.
func Peaks(nodes Nodes, n uint64) ([]stele.Digest, error) {
	if n > MaxSize {
		return nil, misuse("read peaks", "the tree cannot be that large")
	}
	return cover(nodes, 0, n)
}

// RootAt returns the root of the first n leaves of a stored tree that only
// grows, or of all n leaves of one whose leaves change.
func RootAt(nodes Nodes, n uint64) (stele.Digest, error) {
	peaks, err := Peaks(nodes, n)
	if err != nil {
		return stele.Digest{}, err
	}
	return fold(peaks), nil
}

// fold joins peaks from the right: RFC 6962 hangs the smaller subtree to the
// right of the larger.
func fold(peaks []stele.Digest) stele.Digest {
	if len(peaks) == 0 {
		return EmptyRoot()
	}
	root := peaks[len(peaks)-1]
	for _, left := range slices.Backward(peaks[:len(peaks)-1]) {
		root = NodeHash(left, root)
	}
	return root
}

// cover reads the perfect subtrees that make up the leaves begin to end−1,
// leftmost first. begin is a multiple of a power of two not smaller than the
// range, so that the subtrees shrink to the right.
func cover(nodes Nodes, begin, end uint64) ([]stele.Digest, error) {
	rest := end - begin
	peaks := make([]stele.Digest, 0, bits.OnesCount64(rest))
	for rest > 0 {
		level := uint(bits.Len64(rest) - 1)
		hash, err := nodes.Node(level, begin>>level)
		if err != nil {
			return nil, err
		}
		peaks = append(peaks, hash)
		begin += 1 << level
		rest -= 1 << level
	}
	return peaks, nil
}

// rangeRoot returns the root over the leaves begin to end−1; see cover.
func rangeRoot(nodes Nodes, begin, end uint64) (stele.Digest, error) {
	peaks, err := cover(nodes, begin, end)
	if err != nil {
		return stele.Digest{}, err
	}
	return fold(peaks), nil
}

// misuse is an error in what our own code asked for.
func misuse(op, text string) error { return stele.E(op, stele.KindInvalid, text, nil) }

// broken is a check that did not hold.
func broken(op, text string) error { return stele.E(op, stele.KindProof, text, nil) }
