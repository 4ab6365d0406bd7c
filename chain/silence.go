package chain

import (
	"errors"
	"sync"
	"time"

	"github.com/cometbft/cometbft/consensus"
	cstypes "github.com/cometbft/cometbft/consensus/types"
	cometproto "github.com/cometbft/cometbft/proto/tendermint/types"
	comet "github.com/cometbft/cometbft/types"
)

// A hush is the silence of a signer that lost its memory. An earlier life of this node may
// have voted at any height that it is asked for: as it catches up, it is asked for the last
// ones, too. So it is silent at every height of its first while, in which the chain moves on
// past all that it may have voted on.
//
// Where the chain does not move on without it (two of three are no quorum, nor are two
// of four), it is not asked a second time, and a network that waits for ever is the worse
// loss. After as long again at one height it takes for its memory what the others have of
// its votes there, which their nodes send to any that lacks them, and speaks, see
// breakSilence. Only a vote that reached nobody can then be contradicted, which nobody can
// know, and which never makes two blocks of a height: for that, others would have to
// contradict themselves, too.
type hush struct {
	while time.Duration

	mu     sync.Mutex
	over   bool
	begun  time.Time // when the signer was first asked
	height int64     // that it was last asked for in the first while
	until  time.Time // it is silent there
}

// silence is how long a while is.
const silence = 30 * time.Second

var errSilent = errors.New("what this validator signed before is not known; silent for a while")

// dare fails while the signer has to be silent at a height.
func (h *hush) dare(height int64) error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.begun.IsZero() {
		h.begun = now
	}
	switch {
	case h.over:
		return nil
	case height == h.height:
		return errSilent // until it has its memory from the others
	case now.Sub(h.begun) >= h.while:
		h.over = true
		return nil
	}
	h.height, h.until = height, now.Add(h.while)
	return errSilent
}

// stands reports whether the chain has stood at a height for as long as it may.
func (h *hush) stands(height int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.over && height == h.height && !time.Now().Before(h.until)
}

// end lets the signer speak.
func (h *hush) end() {
	h.mu.Lock()
	h.over = true
	h.mu.Unlock()
}

func (h *hush) ended() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.over
}

const glance = 100 * time.Millisecond

// breakSilence ends the silence of this node's signer where the chain stands still.
func (n *Node) breakSilence() {
	h := n.signer.hush
	if h == nil {
		return
	}
	state := n.engine.votes
	if n.signer.place(state.GetRoundState()) < 0 { // a node without a vote
		return
	}
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for !h.ended() {
		if round := state.GetRoundState(); h.stands(round.Height) {
			n.signer.remember(n.chain, round)
			h.end()
			n.speak(state, round)
		}
		select {
		case <-n.stop:
			return
		case <-tick.C:
		}
	}
}

// remember takes for the signer's memory the last of its own votes that stand in a round's
// height.
func (s *signer) remember(chain string, round *cstypes.RoundState) {
	for r := round.Round; r >= 0; r-- {
		for step, votes := range []*comet.VoteSet{round.Votes.Precommits(r), round.Votes.Prevotes(r)} {
			vote := votes.GetByIndex(s.place(round))
			if vote == nil || vote.Height != round.Height { // the sets go on to the next height
				continue
			}
			s.last.Height, s.last.Round, s.last.Step = vote.Height, vote.Round, int8(3-step) // privval's numbers
			s.last.SignBytes, s.last.Signature = comet.VoteSignBytes(chain, vote.ToProto()), vote.Signature
			s.last.Save()
			return
		}
	}
}

// speak votes for no block where the state machine stands and has no vote of this node: the
// others can then begin another round, in which it is asked again.
func (n *Node) speak(state *consensus.State, round *cstypes.RoundState) {
	kind, votes := cometproto.PrevoteType, round.Votes.Prevotes(round.Round)
	switch round.Step {
	case cstypes.RoundStepPrevote, cstypes.RoundStepPrevoteWait:
	case cstypes.RoundStepPrecommit, cstypes.RoundStepPrecommitWait:
		kind, votes = cometproto.PrecommitType, round.Votes.Precommits(round.Round)
	default: // it is yet to be asked
		return
	}
	place := n.signer.place(round)
	if votes.GetByIndex(place) != nil {
		return
	}
	key, _ := n.signer.GetPubKey() // never fails
	vote := &comet.Vote{
		Type: kind, Height: round.Height, Round: round.Round, Timestamp: time.Now().UTC(),
		ValidatorAddress: key.Address(), ValidatorIndex: place,
	}
	if _, err := comet.SignAndCheckVote(vote, n.signer, n.chain, false); err != nil {
		n.log.Error("this validator can't speak again", "err", err)
		return
	}
	_, _ = state.AddVote(vote, "") // of its own; it only queues it
}

// place is this validator's index.
func (s *signer) place(round *cstypes.RoundState) int32 {
	key, _ := s.GetPubKey()
	i, _ := round.Validators.GetByAddress(key.Address())
	return i
}
