// Package wallet is keys and the code that uses them: the patient's, the
// clinician's and the organisation's. It is the SDK; the command line is a thin
// face of it.
//
// A wallet is a secret file and a book. The file holds a seed, sealed by a passphrase
// (age, scrypt); every key is derived from it. The book (package book), sealed by a key of
// the seed, holds what the wallet has learned, as rows of which each step writes those that
// it changes: grants given and held, the organisation's link table, the last checked head of
// its own log. The file alone opens everything that is the owner's; the book wants a backup
// all the same, because grants held, links and the documents of grants given are nowhere
// else. What was delivered lies in files beside it.
//
// The wallet believes nothing that it is told. It pins the network's genesis, follows
// the validators and the consortium's own log from there, checks logs against their
// signatures, releases against the trustees' proofs, and records against their leaves
// (package proof). It asks any member and trusts none.
//
// A wallet and its Session may be used by many goroutines; see [Session].
//
// Start with file.go (what a wallet is), rows.go (what it has learned), network.go and consortium.go (whom it talks
// to), then grant.go, open.go and own.go (the story), log.go and account.go (the
// account), deliver.go (how records arrive).
package wallet
