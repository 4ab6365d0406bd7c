package threshold

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"

	"github.com/stele-health/stele"
)

// ProofLen is the length of the proof over a batch of partials: the suite (2),
// the challenge (32) and the answer (32).
const ProofLen = suiteLen + 2*scalarLen

var (
	errProof    = errors.New("the proof does not hold")
	errCount    = errors.New("one partial for each capsule is needed")
	errTooFew   = errors.New("not enough shares")
	errTwice    = errors.New("two sets of partials of one share")
	errOther    = errors.New("the partials were verified for another batch")
	errUnproved = errors.New("the partials were not verified")
)

// Verified is one trustee's partials whose proof holds. Only
// [Batch.VerifyPartials] makes one, and [Batch.Combine] takes nothing else.
type Verified struct {
	index  int
	digest [64]byte
	points []*point
}

// Format prints [redacted]: t sets of partials are the keys.
func (v Verified) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[redacted]") }

// VerifyPartials checks one trustee's partials: that they were made with the
// committee's share of that index, from exactly these capsules and labels, in
// this epoch, for this context. It fails with KindProof and a [BadMember].
func (b *Batch) VerifyPartials(index int, context []byte, partials [][]byte, proof []byte) (*Verified, error) {
	v, err := b.verify(index, context, partials, proof)
	if err != nil {
		return nil, stele.E("verify partials", stele.KindProof, "a trustee's partials do not hold", BadMember{index, err})
	}
	return v, nil
}

func (b *Batch) verify(index int, context []byte, partials [][]byte, proof []byte) (*Verified, error) {
	if err := b.usable(); err != nil {
		return nil, err
	}
	y, err := verificationKey(&b.committee, index)
	if err != nil {
		return nil, err
	}
	if len(partials) != len(b.capsules) {
		return nil, errCount
	}
	c, answer, err := parseProof(proof)
	if err != nil {
		return nil, err
	}
	v := &Verified{index: index, digest: b.digest, points: make([]*point, len(partials))}
	for i, raw := range partials {
		if v.points[i], err = decodePoint(raw); err != nil {
			return nil, err
		}
	}
	st := newStatement(b, index, y, context, partials)
	m := sumPublic(st.weights, b.us())
	z := sumPublic(st.weights, v.points)
	minusC := newScalar().Neg(c)
	a1 := newPoint().DoubleScalarMulBasepointVartime(minusC, y, answer)
	a2 := sumPublic([]*scalar{answer, minusC}, []*point{m, z})
	if st.challenge(m, z, a1, a2).Equal(c) != 1 {
		return nil, errProof
	}
	return v, nil
}

func parseProof(b []byte) (c, answer *scalar, err error) {
	rest, err := cutSuite(b, SuiteProof)
	if err != nil {
		return nil, nil, err
	}
	if len(b) != ProofLen {
		return nil, nil, errLength
	}
	if c, err = decodeScalar(rest[:scalarLen]); err != nil {
		return nil, nil, err
	}
	answer, err = decodeScalar(rest[scalarLen:])
	return c, answer, err
}

// statement is what a batch proof says: the logarithm of the verification key y
// to the generator is that of every partial to its capsule's u. The weights fold
// the partials into one pair of points, m and z, as in RFC 9497 §2.2.1.
type statement struct {
	seed    [64]byte
	y       *point
	weights []*scalar
}

func newStatement(b *Batch, index int, y *point, context []byte, partials [][]byte) statement {
	t := newTranscript(tagPartials).number(uint64(SuiteProof)).bytes(b.digest[:]).
		number(uint64(index)).point(y).bytes(context).number(uint64(len(partials)))
	for _, p := range partials {
		t.bytes(p)
	}
	st := statement{seed: t.sum(), y: y, weights: make([]*scalar, len(partials))}
	for i := range st.weights {
		d := newTranscript(tagWeight).bytes(st.seed[:]).number(uint64(i)).sum()
		st.weights[i] = weight(d[:16])
	}
	return st
}

func (st *statement) challenge(m, z, a1, a2 *point) *scalar {
	return newTranscript(tagChallenge).bytes(st.seed[:]).point(generator).
		point(st.y).point(m).point(z).point(a1).point(a2).scalar()
}

func (b *Batch) us() []*point {
	us := make([]*point, len(b.capsules))
	for i := range us {
		us[i] = b.capsules[i].u
	}
	return us
}

// Combine opens every capsule of the batch with verified partials of at least t
// different shares; of more it uses those with the lowest indices. It returns
// the keys in the batch's order. Fewer, or two of the same share, fail with
// KindInvalid. The caller checks each key against its folio's commitment.
func (b *Batch) Combine(parts ...*Verified) ([][32]byte, error) {
	chosen, err := b.choose(parts)
	if err != nil {
		return nil, stele.E("combine partials", stele.KindInvalid, "the partials cannot be combined", err)
	}
	indices := make([]int, len(chosen))
	for j, v := range chosen {
		indices[j] = v.index
	}
	weights := lagrange(0, indices)
	keys := make([][32]byte, len(b.capsules))
	points := make([]*point, len(chosen))
	for i := range b.capsules {
		for j, v := range chosen {
			points[j] = v.points[i]
		}
		mask := maskOf(b.capsules[i].uBytes, sumPublic(weights, points))
		subtle.XORBytes(keys[i][:], mask[:], b.capsules[i].masked[:])
	}
	return keys, nil
}

func (b *Batch) choose(parts []*Verified) ([]*Verified, error) {
	if err := b.usable(); err != nil {
		return nil, err
	}
	for _, v := range parts {
		if v == nil || v.index < 1 {
			return nil, errUnproved
		}
		if v.digest != b.digest {
			return nil, BadMember{v.index, errOther}
		}
	}
	sorted := slices.SortedFunc(slices.Values(parts), func(x, y *Verified) int { return x.index - y.index })
	for j := 1; j < len(sorted); j++ {
		if sorted[j].index == sorted[j-1].index {
			return nil, BadMember{sorted[j].index, errTwice}
		}
	}
	if len(sorted) < b.committee.Threshold {
		return nil, fmt.Errorf("%w: %d of %d", errTooFew, len(sorted), b.committee.Threshold)
	}
	return sorted[:b.committee.Threshold], nil
}
