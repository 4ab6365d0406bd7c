package proof

import (
	"bytes"
	"errors"
	"time"

	cmtmath "github.com/cometbft/cometbft/libs/math"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Header is what a checked block header says.
type Header struct {
	Chain   string
	Height  int64
	Time    time.Time    // block time, UTC
	AppHash stele.Digest // of the state of Height−1
	Hash    stele.Digest // of the header; the block's id
	Signed  int64        // voting power that signed for the block
	Power   int64        // voting power of all validators
}

// Trusted is a block whose validators are believed: the genesis, or a header
// reached from it. The zero value believes nobody.
type Trusted struct {
	chain      string
	height     int64 // of the genesis: the one before the first block, usually 0
	time       time.Time
	hash       []byte // of the header; empty for the genesis
	validators *types.ValidatorSet
	next       []byte // hash of the validators of height+1
}

// Chain returns the chain's id.
func (t Trusted) Chain() string { return t.chain }

// Height returns the trusted block's height; for the genesis the one before the
// first block.
func (t Trusted) Height() int64 { return t.height }

// Time returns the trusted block's time, or the genesis' time.
func (t Trusted) Time() time.Time { return t.time }

// Validators returns a copy of the validators believed.
func (t Trusted) Validators() *types.ValidatorSet {
	if t.validators == nil {
		return nil
	}
	return t.validators.Copy()
}

// oneThird is the part of known validators that must have signed before an
// unknown set is believed: at least one of them is then honest.
var oneThird = cmtmath.Fraction{Numerator: 1, Denominator: 3}

// Check believes a header if it is of the chain, is the block that its commit
// names, was signed by more than two thirds of its validators' power, carries no
// wrong signature at all, and if its validators are to be believed: they are the
// trusted ones, or the trusted header names them as the next, or more than a
// third of the trusted power signed too. It fails with KindProof.
//
// A header older than the trusted one is believed only when the validators are
// the same; start from an older block otherwise.
func (t Trusted) Check(light *wire.LightBlock) (Header, error) {
	_, h, err := t.Advance(light)
	return h, err
}

// Advance does what Check does and returns the header as a new point of trust.
func (t Trusted) Advance(light *wire.LightBlock) (Trusted, Header, error) {
	if t.validators == nil {
		return Trusted{}, Header{}, headerError("nothing is trusted to start from", nil)
	}
	lb, err := decodeLight(light)
	if err != nil {
		return Trusted{}, Header{}, err
	}
	if err := t.believe(lb); err != nil {
		return Trusted{}, Header{}, err
	}
	return trustedBlock(lb)
}

// TrustBlock makes a block that the caller has checked before, and kept where
// nobody else writes, the point of trust. The signatures are checked again, the
// validators are believed. It fails with KindProof.
func TrustBlock(chain string, light *wire.LightBlock) (Trusted, Header, error) {
	lb, err := decodeLight(light)
	if err != nil {
		return Trusted{}, Header{}, err
	}
	if err := checkCommit(chain, lb); err != nil {
		return Trusted{}, Header{}, err
	}
	return trustedBlock(lb)
}

func trustedBlock(lb *types.LightBlock) (Trusted, Header, error) {
	appHash, err := stele.DigestFrom(lb.AppHash)
	if err != nil {
		return Trusted{}, Header{}, headerError("the header's app hash is not 32 bytes", nil)
	}
	h := Header{
		Chain: lb.ChainID, Height: lb.Height, Time: lb.Time.UTC(), AppHash: appHash,
		Hash: stele.Digest(lb.Hash()), Power: lb.ValidatorSet.TotalVotingPower(),
	}
	for i, s := range lb.Commit.Signatures {
		if s.BlockIDFlag == types.BlockIDFlagCommit {
			h.Signed += lb.ValidatorSet.Validators[i].VotingPower
		}
	}
	next := Trusted{
		chain: lb.ChainID, height: lb.Height, time: h.Time, hash: lb.Hash(),
		validators: lb.ValidatorSet, next: lb.NextValidatorsHash,
	}
	return next, h, nil
}

// believe checks lb's signatures and that its validators follow from t.
func (t Trusted) believe(lb *types.LightBlock) error {
	if err := checkCommit(t.chain, lb); err != nil {
		return err
	}
	// The first block's time is the genesis' time, hence the third condition of
	// the second case.
	switch {
	case lb.Height == t.height && !bytes.Equal(lb.Hash(), t.hash):
		return headerError("two different headers of one height are signed", nil).
			WithHint("keep both: they prove that validators signed two stories")
	case lb.Height > t.height && !lb.Time.After(t.time) && len(t.hash) > 0:
		return headerError("the header is later than the trusted one and its time is not", nil)
	case lb.Height < t.height && !lb.Time.Before(t.time):
		return headerError("the header is earlier than the trusted one and its time is not", nil)
	}
	if lb.Height == t.height+1 {
		if !bytes.Equal(lb.ValidatorsHash, t.next) {
			return headerError("the validators are not the ones that the header before names", nil)
		}
		return nil
	}
	if bytes.Equal(lb.ValidatorsHash, t.validators.Hash()) {
		return nil
	}
	if lb.Height < t.height {
		return headerError("the header is older than the trusted one and has other validators", nil).
			WithHint("start from an earlier trusted block")
	}
	if err := t.validators.VerifyCommitLightTrustingAllSignatures(t.chain, lb.Commit, oneThird); err != nil {
		return headerError("too few of the trusted validators signed", err).
			WithHint("a header in between is needed")
	}
	return nil
}

// checkCommit checks everything about lb but whether its validators are to be
// believed.
func checkCommit(chain string, lb *types.LightBlock) error {
	if lb.SignedHeader != nil && lb.Header != nil && lb.ChainID != chain {
		return headerError("the header is of another network", nil).
			WithHint("another network answers where a member is expected: see that the addresses are right, and what runs there")
	}
	if err := lb.ValidateBasic(chain); err != nil {
		return headerError("the header, its commit and its validators do not fit together", err)
	}
	// VerifyCommit, unlike its quicker kin, checks every signature that is
	// there, also those beyond two thirds and those for no block.
	if err := types.VerifyCommit(chain, lb.ValidatorSet, lb.Commit.BlockID, lb.Height, lb.Commit); err != nil {
		if types.IsErrNotEnoughVotingPowerSigned(err) {
			return headerError("two thirds of the validators' power or less signed", err)
		}
		return headerError("a signature is wrong", err)
	}
	return nil
}

// decodeLight reads a light block and refuses bytes that say the same in
// another way than CometBFT writes it: what is not read must not be there.
func decodeLight(light *wire.LightBlock) (*types.LightBlock, error) {
	var header cmtproto.SignedHeader
	var set cmtproto.ValidatorSet
	err := errors.Join(header.Unmarshal(light.GetSignedHeader()), set.Unmarshal(light.GetValidators()))
	if err != nil || header.Header == nil || header.Commit == nil {
		return nil, headerError("the header is not readable", err)
	}
	if again, err := header.Marshal(); err != nil || !bytes.Equal(again, light.SignedHeader) {
		return nil, headerError("the header's bytes are not in the form that CometBFT writes", err)
	}
	lb, err := types.LightBlockFromProto(&cmtproto.LightBlock{SignedHeader: &header, ValidatorSet: &set})
	if err != nil {
		return nil, headerError("the header is not readable", err)
	}
	return lb, nil
}

// EncodeLight writes a light block as decodeLight reads it. It fails with
// KindInvalid.
func EncodeLight(lb *types.LightBlock) (*wire.LightBlock, error) {
	if lb == nil || lb.SignedHeader == nil || lb.ValidatorSet == nil {
		return nil, stele.E("encode header", stele.KindInvalid, "the light block is incomplete", nil)
	}
	set, err := lb.ValidatorSet.ToProto()
	if err != nil {
		return nil, stele.E("encode header", stele.KindInvalid, "the validators can't be encoded", err)
	}
	header, errHeader := lb.SignedHeader.ToProto().Marshal()
	validators, errSet := set.Marshal()
	if err := errors.Join(errHeader, errSet); err != nil {
		return nil, stele.E("encode header", stele.KindInvalid, "the light block can't be encoded", err)
	}
	return &wire.LightBlock{SignedHeader: header, Validators: validators}, nil
}

// DecodeLight reads a light block without believing any of it, for those who
// hand it on to CometBFT's own checks. It fails with KindProof.
func DecodeLight(light *wire.LightBlock) (*types.LightBlock, error) { return decodeLight(light) }

func headerError(text string, err error) *stele.Error {
	return stele.E("check header", stele.KindProof, text, err)
}
