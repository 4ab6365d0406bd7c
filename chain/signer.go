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
)

// signer signs this validator's votes, and never two different ones for the
// same height, round and step: before a signature leaves, what was signed is
// durable (priv_validator_state.json).
//
// That memory can be lost with the folder, see hush, or be put back, see mark.
type signer struct {
	file comet.PrivValidator
	last *privval.FilePVLastSignState // the memory
	hush *hush                        // nil for one that remembers
	mark *mark                        // of what it signed, outside the memory
}

// openSigner reads the memory in path. It fails with KindOther when the file is
// there but can't be read: starting without it would risk signing twice.
func openSigner(seed Seed, path string) (*signer, error) {
	file := privval.NewFilePV(private(seed), "", path)
	s := &signer{file: file, last: &file.LastSignState, mark: new(mark)}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		s.hush = new(hush)
		return s, nil
	}
	if err == nil {
		err = recall(raw, s.last)
	}
	if err != nil {
		return nil, unreadable(err)
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
	return s.sign(vote.Height, func() error { return s.file.SignVote(chain, vote) })
}

// SignProposal signs a proposal unless that might contradict an earlier one.
func (s *signer) SignProposal(chain string, proposal *cometproto.Proposal) error {
	return s.sign(proposal.Height, func() error { return s.file.SignProposal(chain, proposal) })
}

// sign signs where the signer dares to, and marks that it did.
func (s *signer) sign(height int64, file func() error) error {
	for _, step := range []func() error{
		func() error { return s.hush.dare(height) },
		func() error { return s.mark.dare(height) },
		file,
		func() error { return s.mark.raise(height) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
