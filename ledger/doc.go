// Package ledger is the frame of the ledger: it keeps the state, lets contracts
// decide transactions, writes their events into subject logs, and proves those
// logs.
//
// A contract (package contract and below) decides: state and transaction give
// an event or a refusal. The frame stamps the event with its place, lets every
// contract fold it into the state, and appends it to its subject's log, an RFC
// 6962 Merkle tree. The heads of all logs are the leaves of one more tree, in
// order of creation; its root is the app hash that validators sign.
//
// Promises: a block's effect depends on nothing but the blocks before it and
// its own bytes (no clock, randomness, goroutine, float or map order), so a
// replay gives the same app hash; a refused transaction leaves no trace and
// takes no other with it; a block is stored whole or not at all.
//
// The whole state stands on one page, tables.go. Then read ledger.go (a block),
// transact.go (a transaction), prove.go (what a wallet gets), restore.go (a state
// from another member's events), earlier.go (a ledger of the last release). Speed lives in
// changes.go and written.go, which write each row once a block, and in rows.go, a pure
// cache whose rows lie packed (packed.go); filter.go knows that an id is new, and memo.go
// which transactions are decoded.
package ledger
