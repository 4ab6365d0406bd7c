// Package chain runs the consensus engine, CometBFT, inside the member's
// process, and carries transactions to it.
//
// [Start] opens a node over an [Application], the state machine that it feeds
// blocks; [Node.Submit] takes a signed transaction, checks it, packs it with
// others into a parcel signed by the member, and waits for its verdict. The
// rest is for readers: [Node.Newest], [Node.Light], [Node.Blocks],
// [Node.Subscribe], [Node.Wait]. A [Verifier] checks each signature once, in
// parallel, and remembers which were good.
//
// Parcels. A parcel that [Application.Check] refuses (malformed, too large, for
// another chain, not signed by a member) never enters the mempool, is dropped
// from proposals, and makes this node vote against a block that holds it. That
// is safe because Check is a function of the parcel and of the state after the
// previous block, which every honest validator has by then: they all refuse the
// same blocks, and an honest proposer, who asked the same Check, never makes
// one. Replay does not ask again, so execution must still give such a parcel no
// effect. What is inside a parcel is not Check's business: a bad transaction is
// refused alone and never costs its parcel the block.
//
// The engine's parts are put together here (engine.go), in the order of CometBFT's own package
// node, and not by it: that one brings RPC, indexers, state sync, an exchange of addresses,
// metrics, a driver for PostgreSQL and a profiler in the default web server, none of them ever
// on, 2.3 MB of the binary. It is 250 lines to hold against package node when CometBFT is
// updated. Databases, genesis and what goes between nodes are the same.
//
// Promises: a verdict is handed out after the block is durable; one bad
// transaction takes no other with it; Stop releases ports, files and
// goroutines; several nodes live in one process. It never interprets a
// transaction's message, never answers from another member's word, opens no RPC
// port, and never puts a transaction's bytes into a log.
//
// Start with application.go, then node.go, submit.go and abci.go; takeover.go carries
// over a chain of the last release.
package chain
