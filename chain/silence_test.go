package chain

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	cstypes "github.com/cometbft/cometbft/consensus/types"
	cometed "github.com/cometbft/cometbft/crypto/ed25519"
	cometproto "github.com/cometbft/cometbft/proto/tendermint/types"
	comet "github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele/steletest"
)

// TestASignerWithoutMemoryIsSilentForAWhile: whoever lost what it signed is asked for the
// last heights of its earlier life as it catches up, and signs at none of them.
func TestASignerWithoutMemoryIsSilentForAWhile(t *testing.T) {
	type ask struct {
		after  time.Duration // since the one before
		height int64
		speaks bool
	}
	const stands = -1 // instead of a height: the chain was found to stand
	for what, asked := range map[string][]ask{
		"the chain moves on":       {{0, 196, false}, {time.Second, 197, false}, {time.Second, 198, false}, {silence, 240, true}, {0, 241, true}},
		"from the beginning":       {{0, 1, false}, {time.Second, 2, false}, {silence, 240, true}},
		"it stands still without":  {{0, 196, false}, {time.Second, 197, false}, {silence - 1, 197, false}, {0, stands, false}, {1, 197, false}, {0, stands, true}, {0, 197, true}, {0, 198, true}, {0, stands, false}},
		"it stands at the first":   {{0, 196, false}, {silence - 1, stands, false}, {1, stands, true}, {0, 196, true}},
		"late in the first while":  {{0, 196, false}, {silence - 1, 197, false}, {silence - 1, stands, false}, {1, stands, true}, {0, 197, true}},
		"once it spoke, it speaks": {{0, 9, false}, {silence, 10, true}, {0, 9, true}, {0, 11, true}},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := &hush{while: silence}
			for i, a := range asked {
				time.Sleep(a.after)
				if a.height == stands {
					if h.stands(h.height) != a.speaks || h.stands(h.height+1) {
						t.Errorf("%s, %d: stands %v", what, i, !a.speaks)
					}
					if a.speaks {
						h.end()
					}
				} else if err := h.dare(a.height); (err == nil) != a.speaks {
					t.Errorf("%s, %d: at height %d: %v", what, i, a.height, err)
				}
			}
		})
	}
	if err := (*hush)(nil).dare(7); err != nil {
		t.Errorf("one that remembers: %v", err)
	}
}

// TestAValidatorLearnsFromTheOthersWhatItSigned takes the memory of one of three, without
// which the others stand still, while they are at work: it goes on with them, and never
// contradicts itself where they could see it.
func TestAValidatorLearnsFromTheOthersWhatItSigned(t *testing.T) {
	t.Parallel()
	const while = 2 * time.Second
	net := newNetwork(t, 3)
	var log steletest.Log
	for _, m := range net.members {
		m.config.silence, m.config.Log = while, slog.New(slog.NewTextHandler(&log, nil))
	}
	net.start()
	time.Sleep(while) // of now on, there is something to forget
	done := make(chan struct{})
	var work sync.WaitGroup
	defer work.Wait()
	defer close(done)
	for range 4 {
		work.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					_, _ = net.members[0].submit(net.tx("ok"))
				}
			}
		})
	}
	for range 3 {
		net.members[0].must(net.tx("ok"))
		lost := net.members[2]
		lost.stop()
		if err := os.RemoveAll(lost.folder); err != nil {
			t.Fatal(err)
		}
		lost.start()
		began := time.Now()
		net.members[1].must(net.tx("ok"))
		t.Logf("without its memory: they went on after %v", time.Since(began).Round(time.Millisecond))
		net.agree(net.members[0].node.Newest().Height)
	}
	if said := log.With("conflicting"); said != "" {
		t.Errorf("it contradicted itself: %s", said)
	}
}

// TestAValidatorRemembersWhatTheOthersHaveOfIt: it signs nothing that contradicts the last
// of its votes that they have.
func TestAValidatorRemembersWhatTheOthersHaveOfIt(t *testing.T) {
	const height = 7
	seed := Seed{1}
	earlier, err := openSigner(seed, filepath.Join(t.TempDir(), "earlier.json"))
	if err != nil {
		t.Fatal(err)
	}
	earlier.hush = nil
	key, _ := earlier.GetPubKey()
	validators := comet.NewValidatorSet([]*comet.Validator{comet.NewValidator(key, 10), comet.NewValidator(cometed.GenPrivKey().PubKey(), 10)})
	place, _ := validators.GetByAddress(key.Address())
	vote := func(round int32, kind cometproto.SignedMsgType, block byte) *comet.Vote {
		hash := bytes.Repeat([]byte{block}, 32)
		return &comet.Vote{
			Type: kind, Height: height, Round: round, Timestamp: time.Unix(1_800_000_000, 0).UTC(),
			BlockID:          comet.BlockID{Hash: hash, PartSetHeader: comet.PartSetHeader{Total: 1, Hash: hash}},
			ValidatorAddress: key.Address(), ValidatorIndex: place,
		}
	}
	const prevote, precommit = cometproto.PrevoteType, cometproto.PrecommitType
	round := &cstypes.RoundState{Height: height, Round: 2, Validators: validators, Votes: cstypes.NewHeightVoteSet("town", height, validators)}
	round.Votes.SetRound(1)
	round.Votes.SetRound(2)
	for _, v := range []*comet.Vote{vote(0, prevote, 1), vote(0, precommit, 1), vote(1, prevote, 1)} {
		if _, err := comet.SignAndCheckVote(v, earlier, "town", false); err != nil {
			t.Fatal(err)
		}
		if _, err := round.Votes.AddVote(v, "", false); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "state.json")
	s, err := openSigner(seed, path)
	if err != nil {
		t.Fatal(err)
	}
	s.hush.while = silence
	if err := s.SignProposal("town", &cometproto.Proposal{Height: height, Type: cometproto.ProposalType}); err != errSilent {
		t.Errorf("it proposes without its memory: %v", err)
	}
	round.Height++
	if s.remember("town", round); s.last.Height != 0 {
		t.Errorf("votes of another height are taken for those of the round's: %v", s.last)
	}
	round.Height--
	s.remember("town", round)
	s.hush.end()
	again, err := openSigner(seed, path) // it is durable
	if err != nil || again.hush != nil {
		t.Fatalf("%v, silent: %v", err, again.hush != nil)
	}
	for _, s := range []*signer{s, again} {
		for _, bad := range []*comet.Vote{vote(0, prevote, 2), vote(0, precommit, 2), vote(1, prevote, 2)} {
			if s.SignVote("town", bad.ToProto()) == nil {
				t.Errorf("it signed twice: round %d, %v", bad.Round, bad.Type)
			}
		}
		if err := s.SignVote("town", vote(1, prevote, 1).ToProto()); err != nil {
			t.Errorf("the same once more: %v", err)
		}
	}
	if err := again.SignVote("town", vote(1, precommit, 2).ToProto()); err != nil {
		t.Errorf("what comes after: %v", err)
	}
}

// TestAValidatorRemembersTheFirstRound: the others may have gone on without it since.
func TestAValidatorRemembersTheFirstRound(t *testing.T) {
	earlier, err := openSigner(Seed{1}, filepath.Join(t.TempDir(), "earlier.json"))
	if err != nil {
		t.Fatal(err)
	}
	earlier.hush = nil
	key, _ := earlier.GetPubKey()
	validators := comet.NewValidatorSet([]*comet.Validator{comet.NewValidator(key, 10)})
	round := &cstypes.RoundState{Height: 7, Round: 2, Validators: validators, Votes: cstypes.NewHeightVoteSet("town", 7, validators)}
	round.Votes.SetRound(2)
	vote := &comet.Vote{Type: cometproto.PrevoteType, Height: 7, Timestamp: time.Unix(1_800_000_000, 0).UTC(), ValidatorAddress: key.Address()}
	if _, err := comet.SignAndCheckVote(vote, earlier, "town", false); err != nil {
		t.Fatal(err)
	}
	if _, err := round.Votes.AddVote(vote, "", false); err != nil {
		t.Fatal(err)
	}
	s, err := openSigner(Seed{1}, filepath.Join(t.TempDir(), "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	if s.remember("town", round); s.last.Height != 7 || s.last.Round != 0 || !bytes.Equal(s.last.Signature, vote.Signature) {
		t.Errorf("it remembers %v", s.last)
	}
}

// TestAValidatorAloneIsNeverSilent: nobody else could hold a vote against it, and nobody
// else makes blocks.
func TestAValidatorAloneIsNeverSilent(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	net.members[0].config.silence = time.Nanosecond // its genesis is older
	net.start()
	if net.members[0].node.signer.hush != nil {
		t.Error("a validator alone is silent")
	}
}
