package threshold

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/stele-health/stele"
)

// MaxMembers is the largest committee.
const MaxMembers = 1000

var (
	errShape = errors.New("threshold and number of shares do not fit")
	errIndex = errors.New("no such share")
	errOff   = errors.New("the shares do not lie on one polynomial with the key")
)

// ThresholdFor returns how many of n trustees must agree: ⌊2n/3⌋ + 1.
func ThresholdFor(n int) int { return 2*n/3 + 1 }

// CheckCommittee checks that all verification shares lie on one polynomial of
// degree below the threshold whose value at zero is the key. Check a committee
// once, where it enters; the rest of the package relies on it. Errors are
// KindProof, with a [BadMember] where one share is out of line.
func CheckCommittee(c stele.Committee) error {
	const op = "check committee"
	key, err := checkShape(c)
	if err != nil {
		return stele.E(op, stele.KindProof, "the committee is unusable", err)
	}
	shares := make([]*point, len(c.Shares))
	for i, raw := range c.Shares {
		if shares[i], err = decodePoint(raw); err != nil {
			return stele.E(op, stele.KindProof, "a verification share is unusable", BadMember{i + 1, err})
		}
	}
	first := make([]int, c.Threshold)
	for i := range first {
		first[i] = i + 1
	}
	if sumPublic(lagrange(0, first), shares[:c.Threshold]).Equal(key) != 1 {
		return stele.E(op, stele.KindProof, "the committee does not fit together", errOff)
	}
	for i := c.Threshold; i < len(shares); i++ {
		if sumPublic(lagrange(i+1, first), shares[:c.Threshold]).Equal(shares[i]) != 1 {
			return stele.E(op, stele.KindProof, "the committee does not fit together", BadMember{i + 1, errOff})
		}
	}
	return nil
}

func checkShape(c stele.Committee) (*point, error) {
	if c.Threshold < 1 || c.Threshold > len(c.Shares) || len(c.Shares) > MaxMembers {
		return nil, errShape
	}
	return decodePoint(c.Key)
}

func verificationKey(c *stele.Committee, index int) (*point, error) {
	if index < 1 || index > len(c.Shares) {
		return nil, fmt.Errorf("%w: %d of %d", errIndex, index, len(c.Shares))
	}
	return decodePoint(c.Shares[index-1])
}

func copyCommittee(c stele.Committee) stele.Committee {
	c.Key = bytes.Clone(c.Key)
	c.Shares = slices.Clone(c.Shares)
	for i := range c.Shares {
		c.Shares[i] = bytes.Clone(c.Shares[i])
	}
	return c
}

// lagrange returns the weights that take a polynomial's values at indices, which
// are distinct, to its value at x, which is none of them.
func lagrange(x int, indices []int) []*scalar {
	weights := make([]*scalar, len(indices))
	at := scalarOf(x)
	for j, xj := range indices {
		num, den := scalarOf(1), scalarOf(1)
		for _, xm := range indices {
			if xm == xj {
				continue
			}
			m := scalarOf(xm)
			num.Mul(num, newScalar().Sub(m, at))
			den.Mul(den, newScalar().Sub(m, scalarOf(xj)))
		}
		weights[j] = num.Mul(num, newScalar().Invert(den))
	}
	return weights
}
