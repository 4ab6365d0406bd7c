package chain

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

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
// That memory can be lost with the folder. A signer without it, on a chain that
// is already running, stays silent for a while. An earlier life of this node may have
// voted at any height that it is then asked for: as it catches up, it is asked for the
// last ones, too. At a height that the chain does not leave without it,
// it speaks after as long again all the same, in a later round: a network that waits
// for ever is the worse loss.
type signer struct {
	file comet.PrivValidator

	mu     sync.Mutex
	fresh  bool
	begun  time.Time // when it was first asked
	silent int64     // the height that it was last asked for in the first while
	until  time.Time // it speaks there
}

const silence = 30 * time.Second

// openSigner reads the memory in path. It fails with KindOther when the file is
// there but can't be read: starting without it would risk signing twice.
func openSigner(seed Seed, path string) (*signer, error) {
	file := privval.NewFilePV(private(seed), "", path)
	s := &signer{file: file}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		s.fresh = true
		return s, nil
	}
	if err == nil {
		err = recall(raw, &file.LastSignState)
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
	if err := s.dare(vote.Height); err != nil {
		return err
	}
	return s.file.SignVote(chain, vote)
}

// SignProposal signs a proposal unless that might contradict an earlier one.
func (s *signer) SignProposal(chain string, proposal *cometproto.Proposal) error {
	if err := s.dare(proposal.Height); err != nil {
		return err
	}
	return s.file.SignProposal(chain, proposal)
}

func (s *signer) dare(height int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fresh {
		return nil
	}
	if height == 1 { // a chain that is just beginning
		s.fresh = false
		return nil
	}
	now := time.Now()
	if s.begun.IsZero() {
		s.begun = now
	}
	if height != s.silent && now.Sub(s.begun) < silence {
		s.silent, s.until = height, now.Add(silence)
	}
	if height == s.silent && now.Before(s.until) {
		return errors.New("what this validator signed before is not known; silent for a while")
	}
	s.fresh = false
	return nil
}
