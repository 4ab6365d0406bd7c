package merkle

import (
	"math/bits"
	"slices"

	"github.com/stele-health/stele"
)

// Consistency returns the proof that a tree's first m leaves are the same in
// its first n (RFC 9162 §2.1.4.1); empty when m is 0 or n. It fails with
// KindInvalid when m exceeds n, and with the store's error.
func Consistency(nodes Nodes, m, n uint64) ([]stele.Digest, error) {
	if m > n || n > MaxSize {
		return nil, misuse("prove consistency", "the first size is larger than the second")
	}
	if m == 0 || m == n {
		return nil, nil
	}
	// Walk down from the root to the last peak of m, noting what hangs aside.
	var proof []stele.Digest
	begin, end, leftmost := uint64(0), n, true
	for m != end {
		middle := begin + split(end-begin)
		asideBegin, asideEnd := middle, end
		if m <= middle {
			end = middle
		} else {
			asideBegin, asideEnd = begin, middle
			begin, leftmost = middle, false
		}
		hash, err := rangeRoot(nodes, asideBegin, asideEnd)
		if err != nil {
			return nil, err
		}
		proof = append(proof, hash)
	}
	if !leftmost { // else the verifier has it: it is the old root
		hash, err := rangeRoot(nodes, begin, end)
		if err != nil {
			return nil, err
		}
		proof = append(proof, hash)
	}
	slices.Reverse(proof)
	return proof, nil
}

// VerifyConsistency checks that the tree of n leaves under root begins with the
// m leaves under old (RFC 9162 §2.1.4.2). It fails with KindProof. Everything
// is consistent with the empty tree.
func VerifyConsistency(m, n uint64, old, root stele.Digest, proof []stele.Digest) error {
	const op = "verify consistency"
	switch {
	case m > n:
		return broken(op, "the tree has become smaller")
	case m == n && (old != root || len(proof) != 0):
		return broken(op, "two trees of the same size differ")
	case m == 0 && (old != EmptyRoot() || len(proof) != 0):
		return broken(op, "the first tree is not the empty tree")
	case m == n, m == 0:
		return nil
	}
	peaks, got, err := followConsistency(op, m, n, old, proof)
	if err != nil {
		return err
	}
	if fold(peaks) != old {
		return broken(op, "the proof does not lead to the old root")
	}
	if got != root {
		return broken(op, "the proof does not lead to the new root")
	}
	return nil
}

// followConsistency reads a proof from m to n, 0 < m < n: the peaks of the first
// m leaves, largest first, and the root that the proof leads to. The walk starts
// at the smallest peak of m; every sibling to the left of it is another of m's
// peaks, every one to the right holds only newer leaves.
func followConsistency(op string, m, n uint64, old stele.Digest, proof []stele.Digest) (peaks []stele.Digest, root stele.Digest, err error) {
	level := bits.TrailingZeros64(m)
	up := climb{(m - 1) >> level, (n - 1) >> level}
	if m&(m-1) == 0 {
		root = old // m leaves are one perfect subtree
	} else {
		if len(proof) == 0 {
			return nil, root, broken(op, "the proof is too short")
		}
		root, proof = proof[0], proof[1:]
	}
	peaks = append(peaks, root)
	for _, sibling := range proof {
		left, ok := up.next()
		if !ok {
			return nil, root, broken(op, "the proof is too long")
		}
		if left {
			peaks = append(peaks, sibling)
			root = NodeHash(sibling, root)
		} else {
			root = NodeHash(root, sibling)
		}
	}
	if up.last != 0 {
		return nil, root, broken(op, "the proof is too short")
	}
	slices.Reverse(peaks)
	return peaks, root, nil
}
