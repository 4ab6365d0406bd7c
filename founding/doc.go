// Package founding is how organisations found a network together while nobody
// ever sees two shares of the committee key.
//
// Each organisation writes a card: its keys, its addresses, the key that secrets
// for it are sealed to, signed by its node and by itself. With everybody's card
// in hand each one deals: a public dealing and one subshare for each founder,
// sealed to that founder. With everybody's dealing in hand each one checks all
// of it, sums its own share and writes the network file. Cards and dealings are
// public and travel by any means; who exchanges one on the way makes the
// fingerprints of the genesis differ, which the founders therefore compare by
// voice before they start.
//
// All founders' genesis documents are the same bytes: the order is that of the
// subjects, the chain id is bound to the cards, the time is the latest
// dealing's. One bad part stops the founding and names its author.
//
// Start with Card and Founders; network.go is the file that comes out, and how
// its addresses are checked.
package founding
