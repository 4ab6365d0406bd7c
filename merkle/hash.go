package merkle

import (
	"crypto/sha256"
	"math/bits"

	"github.com/stele-health/stele"
)

// The first bytes of RFC 6962 §2.1 keep a leaf from passing for a node.
const (
	leafPrefix = 0x00
	nodePrefix = 0x01
)

// LeafHash returns SHA-256(0x00 ‖ data).
func LeafHash(data []byte) stele.Digest {
	if short := [1024]byte{leafPrefix}; len(data) < len(short) {
		return sha256.Sum256(short[:1+copy(short[1:], data)])
	}
	h := sha256.New()
	h.Write([]byte{leafPrefix})
	h.Write(data)
	var d stele.Digest
	h.Sum(d[:0])
	return d
}

// NodeHash returns SHA-256(0x01 ‖ left ‖ right).
func NodeHash(left, right stele.Digest) stele.Digest {
	var block [1 + 2*sha256.Size]byte
	block[0] = nodePrefix
	copy(block[1:], left[:])
	copy(block[1+sha256.Size:], right[:])
	return sha256.Sum256(block[:])
}

// EmptyRoot returns the root of a tree without leaves, SHA-256 of nothing.
func EmptyRoot() stele.Digest { return sha256.Sum256(nil) }

// Root returns the root over leaf hashes, EmptyRoot when there are none.
func Root(leaves []stele.Digest) stele.Digest {
	switch len(leaves) {
	case 0:
		return EmptyRoot()
	case 1:
		return leaves[0]
	}
	k := split(uint64(len(leaves)))
	return NodeHash(Root(leaves[:k]), Root(leaves[k:]))
}

// split returns the largest power of two smaller than n; n is at least 2.
func split(n uint64) uint64 { return 1 << (bits.Len64(n-1) - 1) }
