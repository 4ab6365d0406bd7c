// Package seal turns plaintext into what may be stored and sent: sealed records,
// commitments, envelopes to a public key, and the wrapping that makes erasure
// possible.
//
// A folio has one [Key]. [SealRecord] seals each of its records under a key of
// its own, bound to the record's handle and cover, and commits to the plaintext.
// [Recipient.Seal] puts bytes into an envelope for one device: HPKE (RFC 9180)
// with X-Wing, so that it stays closed to whoever breaks X25519 or ML-KEM-768,
// but not both. [Wrap] puts a sealed record under its erasure key; without that
// key nobody opens it again. [Commit] commits to what the ledger must not show.
//
// Promises: whatever was altered, moved to another handle, cover, purpose or
// recipient, or carries a suite this version does not know, does not open. Keys
// print as [redacted]. The package reads no clock, keeps nothing, and draws from
// crypto/rand only.
//
// It does not hide sizes: a sealed record is 62 bytes longer than its resource.
// And erasing a key from memory is best effort, since Go may have copied it.
//
// Start with record.go, then envelope.go; tags.go lists every tag there is.
package seal
