// Package wallet is keys and the code that uses them: the patient's, the
// clinician's and the organisation's. It is the SDK; the command line is a thin
// face of it.
//
// A wallet is two files. The secret one holds a seed, sealed by a passphrase
// (age, scrypt); every key is derived from it. The other, sealed by a key of
// the seed, holds what the wallet has learned: grants given and held, the
// organisation's link table, the last checked head of its own log. The first
// alone opens everything that is the owner's; the second wants a backup all the
// same, because grants held, links and the documents of grants given are nowhere
// else.
//
// The wallet believes nothing that it is told. It pins the network's genesis, follows
// the validators and the consortium's own log from there, checks logs against their
// signatures, releases against the trustees' proofs, and records against their leaves
// (package proof). It asks any member and trusts none.
//
// Start with file.go (what a wallet is), network.go and consortium.go (whom it talks
// to), then grant.go, open.go and own.go (the story), log.go and account.go (the
// account), deliver.go (how records arrive).
package wallet
