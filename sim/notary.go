package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// notary signs headers as the validators of a network do. Its headers are
// CometBFT's and check as such; that there was no CometBFT behind them is what
// makes a simulated consensus of it.
type notary struct {
	chain string
	set   *types.ValidatorSet
	keys  map[string]crypto.PrivKey // by address
	names []string                  // addresses in the order of members
	last  types.BlockID
}

// validator is the seed of a member's consensus key.
func validator(member int) chain.Seed {
	return sha256.Sum256(binary.BigEndian.AppendUint32([]byte("validator "), uint32(member)))
}

// validatorKey is a member's consensus key.
func validatorKey(member int) ed25519.PrivKey {
	seed := validator(member)
	return ed25519.GenPrivKeyFromSecret(seed[:])
}

func newNotary(chainID string, members int) *notary {
	n := &notary{chain: chainID, keys: map[string]crypto.PrivKey{}}
	var list []*types.Validator
	for i := range members {
		key := validatorKey(i)
		n.keys[string(key.PubKey().Address())] = key
		n.names = append(n.names, string(key.PubKey().Address()))
		list = append(list, types.NewValidator(key.PubKey(), 10))
	}
	n.set = types.NewValidatorSet(list)
	return n
}

// genesis is the genesis document of a network that begins with g.
func (n *notary) genesis(g *wire.Genesis) ([]byte, error) {
	var list []chain.Validator
	for _, name := range n.names {
		list = append(list, chain.Validator{Key: n.keys[name].PubKey().Bytes(), Power: 10})
	}
	return chain.Genesis(g.Chain, time.UnixMilli(g.TimeMs), list, wire.Marshal(g))
}

// sign makes the next header; app is the hash of the state before it. Members
// for which absent is true have not voted. What only an engine could fill in is a hash of
// height and contents: nobody checks it.
func (n *notary) sign(height int64, at time.Time, app stele.Digest, parcels [][]byte, absent func(member int) bool) (*wire.LightBlock, error) {
	hash := func(what string) []byte {
		sum := sha256.New()
		sum.Write(binary.BigEndian.AppendUint64([]byte(what), uint64(height)))
		for _, p := range parcels {
			sum.Write(p)
		}
		return sum.Sum(nil)
	}
	h := &types.Header{
		Version: cmtversion.Consensus{Block: version.BlockProtocol}, ChainID: n.chain, Height: height, Time: at, LastBlockID: n.last,
		LastCommitHash: hash("commit"), DataHash: hash("data"), ValidatorsHash: n.set.Hash(), NextValidatorsHash: n.set.Hash(),
		ConsensusHash: hash("params"), AppHash: app[:], LastResultsHash: hash("results"), EvidenceHash: hash("evidence"),
		ProposerAddress: n.set.Validators[0].Address,
	}
	id := types.BlockID{Hash: h.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash("parts")}}
	commit := &types.Commit{Height: height, BlockID: id}
	away := map[string]bool{}
	for i, name := range n.names {
		away[name] = absent != nil && absent(i)
	}
	for _, v := range n.set.Validators {
		if away[string(v.Address)] {
			commit.Signatures = append(commit.Signatures, types.NewCommitSigAbsent())
			continue
		}
		commit.Signatures = append(commit.Signatures, types.CommitSig{BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: v.Address, Timestamp: at})
	}
	for i, v := range n.set.Validators {
		if away[string(v.Address)] {
			continue
		}
		sig, err := n.keys[string(v.Address)].Sign(commit.VoteSignBytes(n.chain, int32(i)))
		if err != nil {
			return nil, err
		}
		commit.Signatures[i].Signature = sig
	}
	n.last = id
	return proof.EncodeLight(&types.LightBlock{SignedHeader: &types.SignedHeader{Header: h, Commit: commit}, ValidatorSet: n.set})
}
