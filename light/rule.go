package light

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/types"
)

// The rule is that of CometBFT's specification of its light client (spec/light-client/
// verification, LCV-FUNC-VALID.2), written on its own types. Its own package brings RPC
// clients, gRPC and a database along; rule_test.go holds both to the same verdicts.

// oneThird of the power believed before must have signed a block further on: then one
// validator at least did who is not faulty.
var oneThird = cmtmath.Fraction{Numerator: 1, Denominator: 3}

var (
	// errRunOut: the believed block is too old for its validators to be believed.
	errRunOut = errors.New("trust has run out")
	// errTooFew: of the validators who are believed too few signed the block; one in
	// between may help.
	errTooFew = errors.New("too few of the believed validators signed")
	// errAhead: either the block is forged or the clock is behind.
	errAhead = errors.New("it lies in the future")
)

// clock is how the rule looks at time.
type clock struct {
	now      time.Time
	trustFor time.Duration // after a block's time its validators are believed
	drift    time.Duration // by which a block may be ahead of now
}

func (c clock) runOut(h *types.SignedHeader) bool { return !h.Time.Add(c.trustFor).After(c.now) }

// follows reports why next can't be believed from old, nil when it can: errRunOut,
// errTooFew, or what is wrong with next. Of old only the chain, the height, the time and
// the next validators' hash are read; trusted are the validators of its height or of the
// one after. Signatures are checked only until there are enough of them.
func follows(old *types.SignedHeader, trusted *types.ValidatorSet, next *types.LightBlock, c clock) error {
	if c.runOut(old) {
		return fmt.Errorf("%w: the last checked block is of %v, and it is %v", errRunOut, old.Time, c.now)
	}
	if err := wellFormed(old, next, c); err != nil {
		return err
	}
	if next.Height == old.Height+1 {
		if !bytes.Equal(next.ValidatorsHash, old.NextValidatorsHash) {
			return fmt.Errorf("the block before announced the validators %X, these are %X", old.NextValidatorsHash, next.ValidatorsHash)
		}
	} else {
		err := trusted.VerifyCommitLightTrusting(old.ChainID, next.Commit, oneThird)
		var few types.ErrNotEnoughVotingPowerSigned
		if errors.As(err, &few) {
			return fmt.Errorf("%w: %w", errTooFew, err)
		}
		if err != nil {
			return err
		}
	}
	// Last, since whoever made the block decides how many validators there are.
	return next.ValidatorSet.VerifyCommitLight(old.ChainID, next.Commit.BlockID, next.Height, next.Commit)
}

// wellFormed looks at all of a block but its signatures.
func wellFormed(old *types.SignedHeader, next *types.LightBlock, c clock) error {
	if err := next.SignedHeader.ValidateBasic(old.ChainID); err != nil {
		return err
	}
	switch {
	case next.Height <= old.Height:
		return fmt.Errorf("height %d does not come after %d", next.Height, old.Height)
	case !next.Time.After(old.Time):
		return fmt.Errorf("its time %v is not after %v", next.Time, old.Time)
	case !next.Time.Before(c.now.Add(c.drift)):
		return fmt.Errorf("%w: its time is %v, and it is %v", errAhead, next.Time, c.now)
	case !bytes.Equal(next.ValidatorsHash, next.ValidatorSet.Hash()):
		return fmt.Errorf("its validators %X are not those that it names, %X", next.ValidatorSet.Hash(), next.ValidatorsHash)
	}
	return nil
}
