package light

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/tmhash"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// chain is made as it is asked for: who says which validators a height has.
type chain struct {
	t      testing.TB
	top    int64
	who    func(height int64) []string
	salt   string // two chains of other salt tell two stories
	every  time.Duration
	asked  []int64
	forged map[int64]*chain // heights answered by another chain
	state  []byte           // of the genesis; JSON
	app    []byte           // hash of every height's state; nil: some
	failed error
}

func newChain(t testing.TB, top int64, who func(height int64) []string) *chain {
	return &chain{t: t, top: top, who: who, every: time.Second, forged: map[int64]*chain{}}
}

// turning is a chain of four validators, one of whom is replaced every n blocks.
func turning(n int64) func(int64) []string {
	return func(height int64) (names []string) {
		for i := range int64(4) {
			names = append(names, fmt.Sprintf("validator %d", height/n+i))
		}
		return names
	}
}

func keyOf(name string) crypto.PrivKey { return ed25519.GenPrivKeyFromSecret([]byte(name)) }

func (c *chain) set(height int64) (*types.ValidatorSet, map[string]crypto.PrivKey) {
	keys := map[string]crypto.PrivKey{}
	var list []*types.Validator
	for _, name := range c.who(height) {
		key := keyOf(name)
		keys[string(key.PubKey().Address())] = key
		list = append(list, types.NewValidator(key.PubKey(), 10))
	}
	return types.NewValidatorSet(list), keys
}

func (c *chain) genesis() []byte {
	doc := types.GenesisDoc{GenesisTime: start, ChainID: "stele-light", InitialHeight: 1}
	doc.AppState = c.state
	set, _ := c.set(1)
	for _, v := range set.Validators {
		doc.Validators = append(doc.Validators, types.GenesisValidator{PubKey: v.PubKey, Power: v.VotingPower})
	}
	raw, err := cmtjson.Marshal(doc)
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

func (c *chain) time(height int64) time.Time { return start.Add(time.Duration(height-1) * c.every) }

// LightBlock makes chain a Source.
func (c *chain) LightBlock(_ context.Context, height int64) (*wire.LightBlock, error) {
	c.asked = append(c.asked, height)
	if c.failed != nil {
		return nil, c.failed
	}
	if height == 0 {
		height = c.top
	}
	if f := c.forged[height]; f != nil {
		return f.block(height), nil
	}
	if height > c.top {
		return nil, stele.E("fetch", stele.KindNotFound, "no such block", nil)
	}
	return c.block(height), nil
}

func (c *chain) block(height int64) *wire.LightBlock {
	set, keys := c.set(height)
	next, _ := c.set(height + 1)
	hash := func(s string) []byte { return tmhash.Sum(fmt.Appendf(nil, "%s %s %d", c.salt, s, height)) }
	h := &types.Header{
		Version: cmtversion.Consensus{Block: version.BlockProtocol}, ChainID: "stele-light", Height: height, Time: c.time(height),
		LastBlockID:    types.BlockID{Hash: hash("last"), PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash("parts")}},
		LastCommitHash: hash("commit"), DataHash: hash("data"), ValidatorsHash: set.Hash(), NextValidatorsHash: next.Hash(),
		ConsensusHash: hash("params"), AppHash: hash("app"), LastResultsHash: hash("results"), EvidenceHash: hash("evidence"),
		ProposerAddress: set.Validators[0].Address,
	}
	if c.app != nil {
		h.AppHash = c.app
	}
	commit := &types.Commit{Height: height, BlockID: types.BlockID{Hash: h.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash("p")}}}
	for _, v := range set.Validators {
		commit.Signatures = append(commit.Signatures, types.CommitSig{
			BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: v.Address, Timestamp: h.Time,
		})
	}
	for i, v := range set.Validators {
		sig, err := keys[string(v.Address)].Sign(commit.VoteSignBytes(h.ChainID, int32(i)))
		if err != nil {
			c.t.Fatal(err)
		}
		commit.Signatures[i].Signature = sig
	}
	light, err := proof.EncodeLight(&types.LightBlock{SignedHeader: &types.SignedHeader{Header: h, Commit: commit}, ValidatorSet: set})
	if err != nil {
		c.t.Fatal(err)
	}
	return light
}

// cell is a Store in memory.
type cell struct {
	raw []byte
	err error
}

func (c *cell) Load() ([]byte, error) { return c.raw, c.err }

func (c *cell) Save(raw []byte) error {
	if c.err == nil {
		c.raw = raw
	}
	return c.err
}
