package chain

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/cometbft/cometbft/crypto"
	cometjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/libs/protoio"
	"github.com/cometbft/cometbft/privval"
	cometproto "github.com/cometbft/cometbft/proto/tendermint/types"
	comet "github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
)

// signer signs this validator's votes, and never two different ones for the
// same height, round and step: before a signature leaves, what was signed is
// durable (priv_validator_state.json).
//
// That memory can be lost with the folder; see hush.
type signer struct {
	file comet.PrivValidator
	last *privval.FilePVLastSignState // the memory
	hush *hush                        // nil for one that remembers
}

// openSigner reads the memory in path. It fails with KindOther when the file is
// there but can't be read: starting without it would risk signing twice.
func openSigner(seed Seed, path string) (*signer, error) {
	file := privval.NewFilePV(private(seed), "", path)
	s := &signer{file: file, last: &file.LastSignState}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		s.hush = new(hush)
		return s, nil
	}
	if err == nil {
		err = recall(raw, s.last)
	}
	if err != nil {
		return nil, stele.E("start chain", stele.KindOther, "the memory of what this validator signed can't be read", err).
			WithHint("restore priv_validator_state.json; without it this validator might sign twice")
	}
	return s, nil
}

// recall reads what a validator wrote, and nothing less: a memory without a height
// would be the memory of a validator that never signed, and one that holds half a
// signature ends the engine when it looks.
func recall(raw []byte, into *privval.FilePVLastSignState) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	for _, name := range []string{"height", "round", "step"} {
		if fields[name] == nil {
			return errors.New("it does not say its " + name)
		}
	}
	if err := cometjson.Unmarshal(raw, into); err != nil {
		return err
	}
	if into.Height < 0 || into.Round < 0 || into.Step < 0 || len(into.SignBytes) > 0 != (len(into.Signature) > 0) {
		return errors.New("it says what no validator writes")
	}
	if len(into.SignBytes) == 0 {
		return nil
	}
	if into.Step == 1 { // of a proposal; others of votes
		return protoio.UnmarshalDelimited(into.SignBytes, new(cometproto.CanonicalProposal))
	}
	return protoio.UnmarshalDelimited(into.SignBytes, new(cometproto.CanonicalVote))
}

// GetPubKey returns the consensus key.
func (s *signer) GetPubKey() (crypto.PubKey, error) { return s.file.GetPubKey() }

// SignVote signs a vote unless that might contradict an earlier one.
func (s *signer) SignVote(chain string, vote *cometproto.Vote) error {
	if err := s.hush.dare(vote.Height); err != nil {
		return err
	}
	return s.file.SignVote(chain, vote)
}

// SignProposal signs a proposal unless that might contradict an earlier one.
func (s *signer) SignProposal(chain string, proposal *cometproto.Proposal) error {
	if err := s.hush.dare(proposal.Height); err != nil {
		return err
	}
	return s.file.SignProposal(chain, proposal)
}
