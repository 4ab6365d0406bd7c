// Package merkle is the Merkle tree of RFC 6962 §2.1 (unchanged in RFC 9162
// §2.1) over SHA-256: roots, inclusion and consistency proofs, and trees that
// live in a store and change.
//
// A stored tree keeps the hashes of perfect subtrees only, each at (level,
// index): level 0 are the leaf hashes, node (l, i) covers the leaves from
// i·2^l to (i+1)·2^l − 1. The root of any size is folded from at most 64 of
// them, the peaks. A subject's log only grows ([Append], [Frontier]); the tree
// of heads also replaces leaves ([UpdateMany]). The functions read through
// [Nodes] and return what is to be stored; they never store anything.
//
// Promises: every check fails with KindProof, never panics on hostile input,
// and does work bounded by 64 hashes.
//
// What it does not promise: a proof shows the leaf under the root, it does not
// show the size, because trees of different sizes can put a leaf at the end of
// the same path. Take size and root from one trusted place (a head, a folio's
// head, the app hash), never the size from the prover.
//
// Start with hash.go, then frontier.go: what a wallet uses.
package merkle
