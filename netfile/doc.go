// Package netfile is the network file: what a wallet, and everybody else, is given to
// know a network. It is a wire.Network in JSON: the genesis, and where each member is.
//
// Promises: what [Read] and [Check] let pass, the members themselves have said. Each
// address is signed by the node key that the genesis names, so whoever trusts the genesis
// trusts the names, the addresses and the TLS keys that they pin. An unsigned address is
// taken on this machine only, where a devnet lives. The file holds no secret.
//
// Package founding makes the first one out of what the founders sign.
//
// The file is as of the day when it was written: it says where to begin. Where the members
// are now, what they are called and which TLS keys they have stands in the consortium's
// row, and so in its log, under headers that the validators signed ([Addresses]); a new
// address is believed from there alone, never from a member's own word. The founding holds
// the first addresses; where it holds none, as those of old networks, the file's do.
package netfile
