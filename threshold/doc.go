// Package threshold is the committee key: whoever seals a folio encrypts its
// key to the whole committee, and only t of the n trustees together open it.
//
// The scheme is TDH2 (Shoup and Gennaro, "Securing threshold cryptosystems
// against chosen ciphertext attack", 2002) over ristretto255 (RFC 9496). A
// capsule carries a proof that anyone can check, bound to a label of the
// caller's, so a capsule that was copied, altered or given another label opens
// nothing.
//
// Promises: fewer than t shares tell nothing; a wrong partial or a wrong dealing
// names its author ([BadMember]); a wrong capsule is named by its place
// ([BadCapsule]); every decoder refuses unknown suites, non-canonical encodings
// and the identity. There is one thing a share can do, [Share.Partials], and it
// takes a [Batch]: capsules that passed the check. Nothing here multiplies a
// share with a point of the caller's choosing, because that would hand every
// caller an oracle for capsules of other labels.
//
// It never talks, stores or knows the time; it draws from crypto/rand only.
// Work on secrets is constant-time; variable-time sums see public scalars only.
//
// The group is github.com/oasisprotocol/curve25519-voi, by which the consensus
// engine checks its signatures, too. Measured against github.com/gtank/ristretto255
// v0.2.0, side by side on a busy machine: a secret multiplication takes 54 µs against
// 109 µs, of a point with a table 14 µs against that, a sum of 400 terms three
// quarters; a capsule is made in 42 µs against 137 µs (go test -bench Encrypt). The
// two agree on 200,000 encodings and 2,000 of each multiplication, and on the vectors.
// RistrettoPoint.UnmarshalBinary takes a wrong length for the identity: decodePoint
// does not use it.
//
// Start with capsule.go, then batch.go, share.go and ceremony.go.
package threshold
