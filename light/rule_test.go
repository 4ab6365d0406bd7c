package light

import (
	"cmp"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto/tmhash"
	comet "github.com/cometbft/cometbft/light"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
	"pgregory.net/rapid"
)

// signer is a validator, and what it does with a block.
type signer struct {
	Name  string
	Power int64
	Does  types.BlockIDFlag // commit, nil, absent
	Spoil bool              // its signature is another's
}

// told is a block as somebody tells it.
type told struct {
	chain  string
	height int64
	at     time.Time
	by     []signer
	next   []signer // the validators that it announces
	named  []signer // those that its header names, when they are others; nil: by
	votes  string   // the chain for which they signed, when it is another; empty: chain
}

func validators(all []signer) *types.ValidatorSet {
	var list []*types.Validator
	for _, s := range all {
		list = append(list, types.NewValidator(keyOf(s.Name).PubKey(), s.Power))
	}
	return types.NewValidatorSet(list)
}

func (b told) block(t interface{ Fatal(...any) }) *types.LightBlock {
	set, hash := validators(b.by), func(s string) []byte { return tmhash.Sum([]byte(s)) }
	named := set
	if b.named != nil {
		named = validators(b.named)
	}
	h := &types.Header{
		Version: cmtversion.Consensus{Block: version.BlockProtocol}, ChainID: b.chain, Height: b.height, Time: b.at,
		LastBlockID:    types.BlockID{Hash: hash("last"), PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash("parts")}},
		LastCommitHash: hash("commit"), DataHash: hash("data"), ValidatorsHash: named.Hash(), NextValidatorsHash: validators(b.next).Hash(),
		ConsensusHash: hash("params"), AppHash: hash("app"), LastResultsHash: hash("results"), EvidenceHash: hash("evidence"),
		ProposerAddress: set.Validators[0].Address,
	}
	commit := &types.Commit{Height: b.height, BlockID: types.BlockID{Hash: h.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash("p")}}}
	does := map[string]signer{}
	for _, s := range b.by {
		does[string(keyOf(s.Name).PubKey().Address())] = s
	}
	for _, v := range set.Validators {
		sig := types.CommitSig{BlockIDFlag: types.BlockIDFlagAbsent}
		if s := does[string(v.Address)]; s.Does != types.BlockIDFlagAbsent {
			sig = types.CommitSig{BlockIDFlag: s.Does, ValidatorAddress: v.Address, Timestamp: b.at}
		}
		commit.Signatures = append(commit.Signatures, sig)
	}
	for i, v := range set.Validators {
		s := does[string(v.Address)]
		if s.Does == types.BlockIDFlagAbsent {
			continue
		}
		name := s.Name
		if s.Spoil {
			name = "somebody else"
		}
		sig, err := keyOf(name).Sign(commit.VoteSignBytes(cmp.Or(b.votes, b.chain), int32(i)))
		if err != nil {
			t.Fatal(err)
		}
		commit.Signatures[i].Signature = sig
	}
	return &types.LightBlock{SignedHeader: &types.SignedHeader{Header: h, Commit: commit}, ValidatorSet: set}
}

// verdict is what a rule says, as far as a client acts on it.
func verdict(err error) string {
	var few comet.ErrNewValSetCantBeTrusted
	var old comet.ErrOldHeaderExpired
	switch {
	case err == nil:
		return "believed"
	case errors.Is(err, errRunOut) || errors.As(err, &old):
		return "run out"
	case errors.Is(err, errTooFew) || errors.As(err, &few):
		return "too few"
	}
	return "refused"
}

// both asks our rule and CometBFT's own. Each has a new block: a set of validators
// remembers what it has worked out.
func both(t interface{ Fatal(...any) }, old, next told, c clock) (ours, theirs error) {
	o, n := old.block(t), next.block(t)
	ours = follows(o.SignedHeader, validators(old.next), n, c)
	o, n = old.block(t), next.block(t)
	theirs = comet.Verify(o.SignedHeader, validators(old.next), n.SignedHeader, n.ValidatorSet, c.trustFor, c.now, c.drift, oneThird)
	return ours, theirs
}

func signers(powers []int64, does ...types.BlockIDFlag) (all []signer) {
	for i, p := range powers {
		all = append(all, signer{Name: fmt.Sprint("validator ", i), Power: p, Does: does[min(i, len(does)-1)]})
	}
	return all
}

const (
	commits = types.BlockIDFlagCommit
	says    = types.BlockIDFlagNil
	absent  = types.BlockIDFlagAbsent
)

// TestLaw6TheRuleIsCometBFTs at each edge: the same block is believed, refused, or asked
// for by halves.
func TestLaw6TheRuleIsCometBFTs(t *testing.T) {
	third := []int64{10, 10, 10}
	strangers := func(n int) (all []signer) {
		for i := range n {
			all = append(all, signer{Name: fmt.Sprint("stranger ", i), Power: 10, Does: commits})
		}
		return all
	}
	for name, c := range map[string]struct {
		change func(old, next *told, c *clock)
		want   string
	}{
		"the next block":                     {func(_, _ *told, _ *clock) {}, "believed"},
		"a block further on":                 {func(_, n *told, _ *clock) { n.height = 12 }, "believed"},
		"two thirds exactly signed the next": {func(_, n *told, _ *clock) { n.by = signers(third, commits, commits, absent) }, "refused"},
		"two thirds exactly, further on":     {func(_, n *told, _ *clock) { n.height, n.by = 12, signers(third, commits, commits, absent) }, "refused"},
		"a little more than two thirds signed": {func(o, n *told, _ *clock) {
			o.next = signers([]int64{10, 11, 10}, commits)
			n.by = signers([]int64{10, 11, 10}, commits, commits, absent)
		}, "believed"},
		"one votes for no block": {func(_, n *told, _ *clock) { n.by = signers(third, commits, commits, says) }, "refused"},
		"one third of the old, exactly": {func(_, n *told, _ *clock) {
			n.height, n.by = 12, append(signers(third[:1], commits), strangers(3)...)
		}, "too few"},
		"a little more than one third of the old": {func(o, n *told, _ *clock) {
			o.next = signers([]int64{11, 10, 10}, commits)
			n.height, n.by = 12, append(signers([]int64{11}, commits), strangers(3)...)
		}, "believed"},
		"all others, further on":      {func(_, n *told, _ *clock) { n.height, n.by = 12, strangers(3) }, "too few"},
		"all others, next":            {func(_, n *told, _ *clock) { n.by = strangers(3) }, "refused"},
		"a signature of another":      {func(_, n *told, _ *clock) { n.by[0].Spoil = true }, "refused"},
		"another's, further on":       {func(_, n *told, _ *clock) { n.height = 12; n.by[0].Spoil = true }, "refused"},
		"the same time":               {func(o, n *told, _ *clock) { n.at = o.at }, "refused"},
		"time goes back":              {func(o, n *told, _ *clock) { n.at = o.at.Add(-1) }, "refused"},
		"time goes back, further on":  {func(o, n *told, _ *clock) { n.height, n.at = 12, o.at.Add(-time.Second) }, "refused"},
		"the same height":             {func(o, n *told, _ *clock) { n.height = o.height }, "refused"},
		"an older height":             {func(o, n *told, _ *clock) { n.height = o.height - 1 }, "refused"},
		"another chain":               {func(_, n *told, _ *clock) { n.chain = "other" }, "refused"},
		"another's header, our votes": {func(_, n *told, _ *clock) { n.chain, n.votes = "other", "stele-light" }, "refused"},
		"other validators than named": {func(_, n *told, _ *clock) { n.named = strangers(3) }, "refused"},
		"trust ends now":              {func(o, _ *told, c *clock) { c.trustFor = c.now.Sub(o.at) }, "run out"},
		"trust ends in a moment":      {func(o, _ *told, c *clock) { c.trustFor = c.now.Sub(o.at) + 1 }, "believed"},
		"as far ahead as may be not":  {func(_, n *told, c *clock) { n.at = c.now.Add(c.drift) }, "refused"},
		"nearly as far ahead":         {func(_, n *told, c *clock) { n.at = c.now.Add(c.drift - 1) }, "believed"},
	} {
		t.Run(name, func(t *testing.T) {
			all := func() []signer { return signers(third, commits) }
			old := told{"stele-light", 7, start, all(), all(), nil, ""}
			next := told{"stele-light", 8, start.Add(time.Second), all(), all(), nil, ""}
			at := clock{start.Add(time.Minute), time.Hour, 10 * time.Second}
			c.change(&old, &next, &at)
			ours, theirs := both(t, old, next, at)
			if verdict(ours) != c.want || verdict(theirs) != c.want {
				t.Errorf("ours: %v\ntheirs: %v\nwanted: %s", ours, theirs, c.want)
			}
		})
	}
}

// TestLaw6TheRuleIsCometBFTsOnAnyChain: sets of any powers that share any members, of
// whom any sign, at any height and time.
func TestLaw6TheRuleIsCometBFTsOnAnyChain(t *testing.T) {
	said := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		for range 5 {
			anyChain(r, said)
		}
	})
	for _, v := range []string{"believed", "refused", "too few", "run out"} {
		if said[v] == 0 {
			t.Errorf("no chain was %s: %v", v, said)
		}
	}
}

func anyChain(r *rapid.T, said map[string]int) {
	set := func(what string) (all []signer) {
		for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 1, 6, rapid.ID).Draw(r, what) {
			all = append(all, signer{
				fmt.Sprint("validator ", i), rapid.Int64Range(1, 4).Draw(r, "power"),
				rapid.SampledFrom([]types.BlockIDFlag{commits, commits, commits, commits, says, absent}).Draw(r, "does"),
				rapid.IntRange(0, 30).Draw(r, "spoilt") == 0,
			})
		}
		return all
	}
	old := told{"stele-light", 7, start, signers([]int64{1}, commits), set("announced"), nil, ""}
	next := told{"stele-light", rapid.SampledFrom([]int64{6, 7, 8, 8, 8, 9, 20, 20, 21, 22}).Draw(r, "height"), start.Add(rapid.SampledFrom([]time.Duration{-1, 0, 1, 1, 1, 1, 1, 1}).Draw(r, "later")), nil, signers([]int64{1}, commits), nil, ""}
	if rapid.Bool().Draw(r, "the announced ones") {
		next.by = old.next
	} else {
		next.by = set("validators")
	}
	if rapid.IntRange(0, 9).Draw(r, "misnamed") == 0 {
		next.named = set("named")
	}
	at := clock{
		start.Add(rapid.SampledFrom([]time.Duration{0, 1, 2, time.Second}).Draw(r, "now")),
		rapid.SampledFrom([]time.Duration{2, 0, 1, time.Hour, time.Hour, time.Hour, time.Hour, time.Hour}).Draw(r, "trust"),
		rapid.SampledFrom([]time.Duration{0, 1, 2, 10 * time.Second, 10 * time.Second, 10 * time.Second}).Draw(r, "drift"),
	}
	ours, theirs := both(r, old, next, at)
	if verdict(ours) != verdict(theirs) {
		r.Fatalf("ours: %v\ntheirs: %v", ours, theirs)
	}
	said[verdict(ours)]++
}
