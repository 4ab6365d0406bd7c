package threshold

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/stele-health/stele"
)

// MaxBatch is how many capsules one batch may hold.
const MaxBatch = 4096

// Batch is capsules that passed the check against their labels, for one
// committee in one epoch. Its existence is the proof of having been checked:
// only [CheckBatch] makes one, and a share works on nothing else.
type Batch struct {
	committee stele.Committee
	capsules  []capsule
	digest    [64]byte // of the committee, the capsules and the labels
}

// CheckBatch checks capsules against their labels, which stand in the same
// order, and binds them to a committee. A capsule that does not hold refuses the
// whole batch with KindProof and a [BadCapsule]; an empty or oversized batch, or
// an unusable committee, with KindInvalid.
func CheckBatch(c stele.Committee, capsules, labels [][]byte) (*Batch, error) {
	const op = "check capsules"
	if len(capsules) == 0 || len(capsules) > MaxBatch || len(capsules) != len(labels) {
		return nil, stele.E(op, stele.KindInvalid,
			fmt.Sprintf("%d capsules with %d labels; 1 to %d with one label each are allowed", len(capsules), len(labels), MaxBatch), nil)
	}
	_, err := checkShape(c)
	if err != nil {
		return nil, stele.E(op, stele.KindInvalid, "the committee is unusable", err)
	}
	b := &Batch{committee: copyCommittee(c), capsules: make([]capsule, len(capsules))}
	for i, raw := range capsules {
		if b.capsules[i], err = parseCapsule(bytes.Clone(raw)); err != nil {
			return nil, badCapsule(op, i, err)
		}
	}
	b.digest = batchDigest(c, capsules, labels)
	if b.proofsHold(labels) {
		return b, nil
	}
	for i := range b.capsules {
		if err := b.capsules[i].check(c.Key, labels[i]); err != nil {
			return nil, badCapsule(op, i, err)
		}
	}
	// The sum can only miss where every single proof holds if the sum is wrong.
	return nil, stele.E(op, stele.KindOther, "the batch failed though each capsule passed", nil)
}

func badCapsule(op string, place int, err error) error {
	return stele.E(op, stele.KindProof, "a capsule is not well-formed for its label", BadCapsule{place, err})
}

func batchDigest(c stele.Committee, capsules, labels [][]byte) [64]byte {
	t := newTranscript(tagBatch).number(c.Epoch).number(uint64(c.Threshold)).bytes(c.Key).number(uint64(len(c.Shares)))
	for _, share := range c.Shares {
		t.bytes(share)
	}
	t.number(uint64(len(capsules)))
	for i := range capsules {
		t.bytes(capsules[i]).bytes(labels[i])
	}
	return t.sum()
}

// proofsHold checks all proofs in one sum: with weights a and b of 128 bits for
// each capsule, hashed from the whole batch,
//
//	Σ a·(w + e·u) + b·(w̄ + e·ū)  =  (Σ a·f)·G + (Σ b·f)·Ḡ.
//
// If any single equation is wrong, the sum is right with chance 2^-128. That
// the group has prime order (RFC 9496) leaves no small-order error to hide in.
func (b *Batch) proofsHold(labels [][]byte) bool {
	n := len(b.capsules)
	scalars, points := make([]*scalar, 0, 4*n+2), make([]*point, 0, 4*n+2)
	g, gBar := newScalar(), newScalar()
	for i := range b.capsules {
		c := &b.capsules[i]
		e := capsuleChallenge(b.committee.Key, labels[i], c.masked[:], c.points)
		d := newTranscript(tagBatchWeight).bytes(b.digest[:]).number(uint64(i)).sum()
		wa, wb := weight(d[:16]), weight(d[16:32])
		scalars = append(scalars, wa, newScalar().Mul(wa, e), wb, newScalar().Mul(wb, e))
		points = append(points, c.w, c.u, c.wBar, c.uBar)
		g.Add(g, newScalar().Mul(wa, c.f))
		gBar.Add(gBar, newScalar().Mul(wb, c.f))
	}
	scalars = append(scalars, g.Neg(g), gBar.Neg(gBar))
	points = append(points, generator, second)
	return isIdentity(sumPublic(scalars, points))
}

var errNoBatch = errors.New("the batch was not made by CheckBatch")

func (b *Batch) usable() error {
	if b == nil || len(b.capsules) == 0 {
		return errNoBatch
	}
	return nil
}
