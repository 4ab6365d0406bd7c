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
// The file is as of the day when it was written, and its reader holds it against the
// founders. When members vote on members, an address (URL, name, TLS pin) will still be
// its member's own word, but under the node key that the consortium's row has now: Check
// will then take a wire.Consortium, the genesis' for a stranger and the followed one
// ([proof.History.Now]) for a wallet or a member. New addresses reach both as signed
// wire.MemberAddress from any member, newest by a number that has to be added to it, not
// over the ledger: they change more often than members do, and nobody's consent hangs on
// them. Those who would change with it are client.Dial and member.Peers.
package netfile
