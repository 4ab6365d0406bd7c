package merkle

import (
	"math/bits"

	"github.com/stele-health/stele"
)

// Inclusion returns the path that shows the leaf at index among the first size
// leaves, lowest sibling first (RFC 9162 §2.1.3.1). It fails with KindInvalid
// when index is not below size, and with the store's error.
func Inclusion(nodes Nodes, index, size uint64) ([]stele.Digest, error) {
	if index >= size || size > MaxSize {
		return nil, misuse("prove inclusion", "the leaf is not in the tree")
	}
	path := make([]stele.Digest, 0, bits.Len64(size-1))
	for level := uint(0); (size-1)>>level > 0; level++ {
		sibling := index>>level ^ 1
		begin, end := sibling<<level, (sibling+1)<<level
		if begin >= size {
			continue // the node has no sibling here and rises as it is
		}
		hash, err := rangeRoot(nodes, begin, min(end, size))
		if err != nil {
			return nil, err
		}
		path = append(path, hash)
	}
	return path, nil
}

// InclusionOf returns the path that shows one of a few leaf hashes held in
// memory; it hashes all of them. It fails with KindInvalid when index is out of
// range.
func InclusionOf(leaves []stele.Digest, index int) ([]stele.Digest, error) {
	if index < 0 || index >= len(leaves) {
		return nil, misuse("prove inclusion", "the leaf is not in the tree")
	}
	if len(leaves) == 1 {
		return nil, nil
	}
	k := int(split(uint64(len(leaves))))
	near, far, at := leaves[:k], leaves[k:], index
	if index >= k {
		near, far, at = far, near, index-k
	}
	path, err := InclusionOf(near, at)
	return append(path, Root(far)), err
}

// VerifyInclusion checks that path leads from the leaf hash at index of size
// leaves to root (RFC 9162 §2.1.3.2). It fails with KindProof. size must come
// from where root comes from; see the package's doc.
func VerifyInclusion(leaf stele.Digest, index, size uint64, path []stele.Digest, root stele.Digest) error {
	got, err := RootFromInclusion(leaf, index, size, path)
	if err != nil {
		return err
	}
	if got != root {
		return broken("verify inclusion", "the path does not lead to the root")
	}
	return nil
}

// RootFromInclusion returns the root that path leads to from the leaf hash at
// index of size leaves, for callers that know a hash of the root only. It fails
// with KindProof when the path's length does not fit index and size.
func RootFromInclusion(leaf stele.Digest, index, size uint64, path []stele.Digest) (stele.Digest, error) {
	const op = "verify inclusion"
	if index >= size {
		return stele.Digest{}, broken(op, "the leaf is not in a tree of that size")
	}
	up := climb{index, size - 1}
	hash := leaf
	for _, sibling := range path {
		left, ok := up.next()
		if !ok {
			return stele.Digest{}, broken(op, "the path is too long")
		}
		if left {
			hash = NodeHash(sibling, hash)
		} else {
			hash = NodeHash(hash, sibling)
		}
	}
	if up.last != 0 {
		return stele.Digest{}, broken(op, "the path is too short")
	}
	return hash, nil
}

// climb is a way from a node to the root: the node's index in its level and the
// last index of that level.
type climb struct{ node, last uint64 }

// next says on which side the next sibling of the way stands and goes on to the
// parent; ok is false at the root.
func (c *climb) next() (left, ok bool) {
	if c.last == 0 {
		return false, false
	}
	if c.node == c.last {
		// The last node of a level without a sibling rises as it is.
		rise := bits.TrailingZeros64(c.node)
		c.node >>= rise
		c.last >>= rise
	}
	left = c.node&1 == 1
	c.node >>= 1
	c.last >>= 1
	return left, true
}
