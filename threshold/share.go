package threshold

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/stele-health/stele"
)

// shareLen is the suite, the epoch (8), the index (2) and the scalar.
const shareLen = suiteLen + 8 + 2 + scalarLen

var errNotOurs = errors.New("the share is of another committee, epoch or index")

// Share is one trustee's share of the committee key in one epoch. It prints as
// [redacted].
type Share struct {
	epoch  uint64
	index  int
	secret *scalar
}

// Epoch returns the committee's epoch the share belongs to.
func (s *Share) Epoch() uint64 { return s.epoch }

// Index returns the share's index in the committee, from 1.
func (s *Share) Index() int { return s.index }

// Bytes returns the share for storage: 44 secret bytes.
func (s *Share) Bytes() []byte {
	out := make([]byte, 0, shareLen)
	out = binary.BigEndian.AppendUint16(out, SuiteShare)
	out = binary.BigEndian.AppendUint64(out, s.epoch)
	out = binary.BigEndian.AppendUint16(out, uint16(s.index))
	return append(out, encodeScalar(s.secret)...)
}

// ParseShare reads what Bytes wrote. It fails with KindInvalid.
func ParseShare(b []byte) (*Share, error) {
	const op = "read share"
	rest, err := cutSuite(b, SuiteShare)
	if err == nil && len(b) != shareLen {
		err = errLength
	}
	if err != nil {
		return nil, stele.E(op, stele.KindInvalid, "not a share of the committee key", err)
	}
	s := &Share{epoch: binary.BigEndian.Uint64(rest), index: int(binary.BigEndian.Uint16(rest[8:]))}
	if s.index < 1 || s.index > MaxMembers {
		return nil, stele.E(op, stele.KindInvalid, "not a share of the committee key", errIndex)
	}
	if s.secret, err = decodeSecret(rest[10:]); err != nil {
		return nil, stele.E(op, stele.KindInvalid, "not a share of the committee key", err)
	}
	return s, nil
}

func decodeSecret(b []byte) (*scalar, error) {
	s, err := decodeScalar(b)
	if err == nil && s.Equal(newScalar()) == 1 {
		err = errZeroShare
	}
	return s, err
}

// Shares are what one trustee holds of the committee key: a share an epoch.
type Shares []*Share

// Of returns the share of an epoch, nil where there is none. Of two it is the later one.
func (s Shares) Of(epoch uint64) *Share {
	for _, held := range slices.Backward(s) {
		if held.epoch == epoch {
			return held
		}
	}
	return nil
}

// Format prints [redacted], whatever the verb.
func (s Share) Format(f fmt.State, _ rune) { io.WriteString(f, "[redacted]") }

// MarshalText writes [redacted].
func (s Share) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// Partials returns this share's partial decryption of each capsule (32 bytes
// each, in the batch's order) and one proof for all of them (66 bytes). The
// context says what the release is for (chain, request, grant, trustee, reader
// key and whatever else the caller must not see confused); a verifier must
// present the same bytes. Partials are secret until they are sealed to the
// reader. A share that is not of the batch's committee fails with KindInvalid.
//
// This is the only use of a share. It works on checked capsules alone.
func (s *Share) Partials(b *Batch, context []byte) (partials [][]byte, proof []byte, err error) {
	var fresh [32]byte
	rand.Read(fresh[:])
	return s.release(b, context, &fresh)
}

func (s *Share) release(b *Batch, context []byte, fresh *[32]byte) ([][]byte, []byte, error) {
	const op = "decrypt in part"
	if err := b.usable(); err != nil {
		return nil, nil, stele.E(op, stele.KindInvalid, "nothing to decrypt", err)
	}
	y, err := s.fits(&b.committee)
	if err != nil {
		return nil, nil, stele.E(op, stele.KindInvalid, "the share does not fit the committee", err)
	}
	partials := make([][]byte, len(b.capsules))
	for i := range b.capsules {
		partials[i] = encodePoint(times(s.secret, b.capsules[i].u))
	}
	st := newStatement(b, s.index, y, context, partials)
	m := sumPublic(st.weights, b.us())
	z := times(s.secret, m)

	// The nonce mixes fresh randomness with the secret and the statement, so
	// that a broken random source alone does not give the share away.
	k := newTranscript(tagNonce).bytes(fresh[:]).bytes(encodeScalar(s.secret)).bytes(st.seed[:]).scalar()
	c := st.challenge(m, z, base(k), times(k, m))
	answer := newScalar().Mul(c, s.secret)
	answer.Add(answer, k)
	k.Set(newScalar())

	proof := make([]byte, 0, ProofLen)
	proof = binary.BigEndian.AppendUint16(proof, SuiteProof)
	proof = append(proof, encodeScalar(c)...)
	return partials, append(proof, encodeScalar(answer)...), nil
}

// fits returns the share's verification key if the share is the committee's.
func (s *Share) fits(c *stele.Committee) (*point, error) {
	if s.secret == nil || s.epoch != c.Epoch {
		return nil, errNotOurs
	}
	y, err := verificationKey(c, s.index)
	if err != nil {
		return nil, err
	}
	if base(s.secret).Equal(y) != 1 {
		return nil, errNotOurs
	}
	return y, nil
}
