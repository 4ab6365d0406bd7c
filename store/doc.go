// Package store keeps the ledger's state in Pebble, an embedded ordered
// key-value store. It implements the store that package ledger asks for and
// knows nothing of what the keys mean.
//
// Promises: a batch is stored whole or not at all, and synced to disk before
// Commit returns; a snapshot does not change while it is held. A read that
// fails stops the block through ledger.Fail rather than looking like an absent
// key.
package store
