// Package wire is the bytes that Stele signs, hashes, stores and sends, as
// protobuf messages, with the few functions that give those bytes a meaning:
// a tag for every kind (tags.go), signing and checking (sign.go), and the
// hashes that the ledger and the vault agree on (hash.go).
//
// What is signed or hashed is always the bytes as carried; nothing is encoded
// again to be checked, so there is no canonical form to get wrong. The only
// bytes that several nodes must produce alike are a [Event]'s and a
// [CapsuleLabel]'s: EventBytes and CapsuleLabelBytes write them, and vectors
// pin them.
//
// What the ledger reads and writes all day has code of its own beside protobuf's
// (plain.go), held to it byte for byte.
//
// Every signed or sealed object carries a suite id from the first day; an
// unknown one is refused (R34). Start with signed.proto and ledger.proto.
//
// What is said of an event or a transaction anywhere, in words and by its ids, is said
// here, beside its message (event.go, transaction.go).
package wire

//go:generate go run ./gen
