// Package keyring is the keys of a wallet: one seed, sealed in a file by a passphrase, and
// every key that is derived from it.
//
// The file is age's (age-encryption.org/v1, an scrypt recipient); inside is a JSON object:
// version 1, whose wallet it is, a seed of 32 bytes and the salt of the genesis key
// document; or version 2, and in the salt's place the key document of the slip with which its owner claimed
// their chart. It is written once and never changes. A key is HKDF-SHA-256 of the seed, with
// "stele.v1.wallet.", what it is for, a zero byte and its context as info: whoever has file
// and passphrase has all of them, on any machine, for ever.
//
// It never writes: [Keyring.Seal] gives the bytes of the file, and who keeps the wallet puts
// them down. It knows no ledger: which of the keys is whose today, the ledger says.
//
// The code of a printed slip has two keys of its own, see [SlipOf].
//
// Start with [Keyring.Derive].
package keyring
