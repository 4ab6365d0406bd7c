package proof

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/tmhash"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

const testChain = "stele-test"

var testStart = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// voters is a validator set with its keys.
type voters struct {
	set  *types.ValidatorSet
	keys map[string]crypto.PrivKey // by address
}

// newVoters makes validators with the given names, of power 10 each; equal names
// give equal keys.
func newVoters(names ...string) *voters {
	v := &voters{keys: map[string]crypto.PrivKey{}}
	var list []*types.Validator
	for _, n := range names {
		key := ed25519.GenPrivKeyFromSecret([]byte(n))
		v.keys[string(key.PubKey().Address())] = key
		list = append(list, types.NewValidator(key.PubKey(), 10))
	}
	v.set = types.NewValidatorSet(list)
	return v
}

func fourVoters() *voters { return newVoters("anna", "ben", "cleo", "dan") }

// genesis returns a genesis document with these validators.
func (v *voters) genesis(t testing.TB, founding *wire.Genesis) []byte {
	t.Helper()
	doc := types.GenesisDoc{GenesisTime: testStart, ChainID: testChain, InitialHeight: 1}
	for _, val := range v.set.Validators {
		doc.Validators = append(doc.Validators, types.GenesisValidator{PubKey: val.PubKey, Power: val.VotingPower})
	}
	if founding != nil {
		doc.AppState, _ = json.Marshal(base64.StdEncoding.EncodeToString(wire.Marshal(founding)))
	}
	raw, err := cmtjson.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (v *voters) trusted(t testing.TB) Trusted {
	t.Helper()
	g, err := ReadGenesis(v.genesis(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	return g.Trusted
}

// header makes a header by v; next are the validators of the next height.
func (v *voters) header(height int64, appHash stele.Digest, next *voters) *types.Header {
	hash := func(s string) []byte { return tmhash.Sum(fmt.Appendf(nil, "%s %d", s, height)) }
	return &types.Header{
		Version: cmtversion.Consensus{Block: version.BlockProtocol, App: 1},
		ChainID: testChain, Height: height, Time: testStart.Add(time.Duration(height) * time.Second),
		LastBlockID:    types.BlockID{Hash: hash("last"), PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash("parts")}},
		LastCommitHash: hash("commit"), DataHash: hash("data"),
		ValidatorsHash: v.set.Hash(), NextValidatorsHash: next.set.Hash(),
		ConsensusHash: hash("params"), AppHash: appHash[:], LastResultsHash: hash("results"), EvidenceHash: hash("evidence"),
		ProposerAddress: v.set.Validators[0].Address,
	}
}

// sign makes the commit of a header; how says how each validator, by its place,
// votes: c commits, n votes for nil, a is absent; missing ones commit.
func (v *voters) sign(t testing.TB, h *types.Header, how string) *types.LightBlock {
	t.Helper()
	commit := &types.Commit{Height: h.Height, Round: 1, BlockID: types.BlockID{
		Hash: h.Hash(), PartSetHeader: types.PartSetHeader{Total: 2, Hash: tmhash.Sum([]byte("p"))},
	}}
	for i, val := range v.set.Validators {
		flag := types.BlockIDFlagCommit
		if i < len(how) && how[i] == 'n' {
			flag = types.BlockIDFlagNil
		}
		if i < len(how) && how[i] == 'a' {
			commit.Signatures = append(commit.Signatures, types.NewCommitSigAbsent())
			continue
		}
		commit.Signatures = append(commit.Signatures, types.CommitSig{
			BlockIDFlag: flag, ValidatorAddress: val.Address, Timestamp: h.Time.Add(time.Duration(i) * time.Millisecond),
		})
	}
	for i, val := range v.set.Validators {
		if s := &commit.Signatures[i]; s.BlockIDFlag != types.BlockIDFlagAbsent {
			sig, err := v.keys[string(val.Address)].Sign(commit.VoteSignBytes(h.ChainID, int32(i)))
			if err != nil {
				t.Fatal(err)
			}
			s.Signature = sig
		}
	}
	return &types.LightBlock{SignedHeader: &types.SignedHeader{Header: h, Commit: commit}, ValidatorSet: v.set}
}

// block is header, sign and EncodeLight in one.
func (v *voters) block(t testing.TB, height int64, appHash stele.Digest, next *voters) *wire.LightBlock {
	t.Helper()
	return encoded(t, v.sign(t, v.header(height, appHash, next), ""))
}

func encoded(t testing.TB, lb *types.LightBlock) *wire.LightBlock {
	t.Helper()
	light, err := EncodeLight(lb)
	if err != nil {
		t.Fatal(err)
	}
	return light
}

// book is a ledger's state: logs in order of creation.
type book struct {
	subjects []stele.Subject
	events   [][][]byte
}

// add appends an event to the log of leaf, or begins the next log.
func (b *book) add(leaf int, subject stele.Subject, height int64, index uint32, e *wire.Event) {
	e.Version, e.Subject, e.Height, e.Index = wire.EventVersion, subject[:], height, index
	e.TimeMs = testStart.UnixMilli() + 1000*height
	if leaf == len(b.subjects) {
		b.subjects, b.events = append(b.subjects, subject), append(b.events, nil)
	}
	b.events[leaf] = append(b.events[leaf], wire.EventBytes(e))
}

func leavesOf(events [][]byte) []stele.Digest {
	out := make([]stele.Digest, len(events))
	for i, e := range events {
		out[i] = merkle.LeafHash(e)
	}
	return out
}

func (b *book) heads() []stele.Digest {
	var out []stele.Digest
	for i, s := range b.subjects {
		head := wire.HeadHash(s, uint64(len(b.events[i])), merkle.Root(leavesOf(b.events[i])))
		out = append(out, merkle.LeafHash(head[:]))
	}
	return out
}

func (b *book) appHash() stele.Digest {
	return wire.AppHash(uint64(len(b.subjects)), merkle.Root(b.heads()))
}

func (b *book) head(t testing.TB, leaf int, height int64) *wire.HeadProof {
	t.Helper()
	path, err := merkle.InclusionOf(b.heads(), leaf)
	if err != nil {
		t.Fatal(err)
	}
	root := merkle.Root(leavesOf(b.events[leaf]))
	return &wire.HeadProof{
		Subject: b.subjects[leaf][:], Leaf: uint64(leaf), Leaves: uint64(len(b.subjects)),
		Size: uint64(len(b.events[leaf])), Root: root[:], Path: joined(path), Height: height,
	}
}

// log proves a log from first on; light is of height+1.
func (b *book) log(t testing.TB, leaf int, first uint64, height int64, light *wire.LightBlock) *wire.LogProof {
	t.Helper()
	tree := &merkle.Memory{}
	var f merkle.Frontier
	for _, l := range leavesOf(b.events[leaf]) {
		if err := tree.Store(f.Append(l)); err != nil {
			t.Fatal(err)
		}
	}
	path, err := merkle.Consistency(tree, first, f.Size)
	if err != nil {
		t.Fatal(err)
	}
	events := make([][]byte, 0)
	for _, e := range b.events[leaf][first:] {
		events = append(events, bytes.Clone(e))
	}
	return &wire.LogProof{First: first, Events: events, Consistency: joined(path), Head: b.head(t, leaf, height), Light: light}
}

func (b *book) entry(t testing.TB, leaf, seq int, height int64, light *wire.LightBlock) *wire.EntryProof {
	t.Helper()
	path, err := merkle.InclusionOf(leavesOf(b.events[leaf]), seq)
	if err != nil {
		t.Fatal(err)
	}
	return &wire.EntryProof{Event: b.events[leaf][seq], Seq: uint64(seq), Path: joined(path), Head: b.head(t, leaf, height), Light: light}
}

// signedHeader decodes a light block's header for tests that change it.
func signedHeader(t testing.TB, light *wire.LightBlock) *cmtproto.SignedHeader {
	t.Helper()
	var sh cmtproto.SignedHeader
	if err := sh.Unmarshal(light.SignedHeader); err != nil {
		t.Fatal(err)
	}
	return &sh
}
