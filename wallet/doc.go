// Package wallet is keys, and what their owner does with them on a network: join, be found,
// give and take back grants, hold those of others, read the own log. Rooms above it open
// charts (package reading), tell the account (account) and deliver (delivery); package
// client puts them together, and is what to import to build on Stele.
//
// A [Wallet] is a secret file, and a book in stores that whoever opens it gives. The file
// holds a seed, sealed by a passphrase (package keyring); every key is derived from it. The
// book (package book), sealed by a key of the seed, holds what the wallet has learned, as
// rows of which each step writes those that it changes: grants given and held, the
// organisation's link table (package links), the last checked head of its own log. The file
// alone opens everything that is the owner's; the book wants a backup all the same, because
// grants held, links and the documents of grants given are nowhere else. What was delivered
// lies in files beside it. [Net] is the network as the wallet meets it, and a [Session] is
// both together: what a person does.
//
// The wallet believes nothing that it is told. It pins the network's genesis, follows
// the validators and the consortium's own log from there, and checks logs against their
// signatures (package proof). It asks any member and trusts none.
//
// A wallet and its Session may be used by many goroutines; see [Session].
//
// Start with file.go (what a wallet is), rows.go (what it has learned), session.go,
// network.go and consortium.go (whom it talks to), then identity.go, grant.go, collect.go
// and held.go (grants), log.go (the own log), sent.go (what nobody has answered).
package wallet
