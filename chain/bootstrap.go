package chain

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"

	cometconfig "github.com/cometbft/cometbft/config"
	cometstate "github.com/cometbft/cometbft/state"
	cometstore "github.com/cometbft/cometbft/store"
	comet "github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

const opBootstrap = "prepare chain after a restore"

// Bootstrap prepares an empty folder for a node whose application stands at a
// height that it did not reach by blocks: [Start] then goes on with the next
// block. It is what CometBFT calls an offline state sync, without its RPC: the
// caller brings three headers in a row, that height's and the next two, which it
// has checked as a light client does.
//
// What headers don't say is computed from the genesis: the consensus parameters,
// and whose turn it is to propose, of which nobody's word is taken. It fails with
// KindProof when the headers do not belong together or to the genesis, and with
// KindExists when the folder is not empty.
func Bootstrap(folder string, genesis []byte, headers [3]*wire.LightBlock) error {
	doc, err := readGenesis(genesis)
	if err != nil {
		return err
	}
	var blocks [3]*comet.LightBlock
	for i, h := range headers {
		if blocks[i], err = proof.DecodeLight(h); err != nil {
			return err
		}
	}
	state, err := stateAt(doc, blocks)
	if err != nil {
		return err
	}
	data := filepath.Join(folder, cometconfig.DefaultDataDir)
	if found, err := os.ReadDir(data); err == nil && len(found) > 0 {
		return stele.E(opBootstrap, stele.KindExists, "the folder is not empty", nil)
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fault(opBootstrap, "can't make the folder", err)
	}
	disk := newDisk(slog.New(slog.DiscardHandler))
	defer disk.close()
	if err := writeState(disk, (&Config{Folder: folder}).engine(len(doc.Validators)), state, blocks[0].Commit); err != nil {
		return fault(opBootstrap, "the engine's state can't be written", err)
	}
	if err := disk.close(); err != nil {
		return fault(opBootstrap, "a database does not close", err)
	}
	return nil
}

// stateAt is the engine's state after the first of three blocks.
func stateAt(doc *comet.GenesisDoc, b [3]*comet.LightBlock) (cometstate.State, error) {
	state, err := cometstate.MakeGenesisState(doc)
	if err != nil {
		return state, stele.E(opBootstrap, stele.KindInvalid, "not a genesis", err)
	}
	lied := func(text string) (cometstate.State, error) {
		return state, stele.E(opBootstrap, stele.KindProof, text, nil).WithHint("restore from another member")
	}
	height := b[0].Height
	for i, block := range b {
		if err := block.ValidateBasic(doc.ChainID); err != nil {
			return state, stele.E(opBootstrap, stele.KindProof, "a header is not what its commit signs", err)
		}
		switch {
		case block.Height != height+int64(i):
			return lied("the headers are not of three blocks in a row")
		case i > 0 && !block.LastBlockID.Equals(b[i-1].Commit.BlockID):
			return lied("a header does not follow the one before")
		case !bytes.Equal(block.ConsensusHash, state.ConsensusParams.Hash()):
			return lied("a header has other consensus parameters than the genesis")
		}
		set := validatorsAt(doc, block.Height)
		if !bytes.Equal(block.ValidatorsHash, set.Hash()) || !bytes.Equal(block.NextValidatorsHash, set.Hash()) {
			return state, stele.E(opBootstrap, stele.KindInvalid, "the validators have changed since the genesis, and this version can't begin after that", nil)
		}
		// All signatures, not just enough: the engine reads the commit again
		// and does not forgive a bad one.
		if err := set.VerifyCommit(doc.ChainID, block.Commit.BlockID, block.Height, block.Commit); err != nil {
			return state, stele.E(opBootstrap, stele.KindProof, "a commit holds a signature that does not check", err)
		}
		if i == 0 {
			state.LastValidators = set
		}
	}
	state.Validators, state.NextValidators = validatorsAt(doc, height+1), validatorsAt(doc, height+2)
	state.Version.Consensus = b[1].Version
	state.LastBlockHeight, state.LastBlockTime, state.LastBlockID = height, b[0].Time, b[0].Commit.BlockID
	state.AppHash, state.LastResultsHash = b[1].AppHash, b[1].LastResultsHash
	state.LastHeightValidatorsChanged, state.LastHeightConsensusParamsChanged = height+2, height+1
	return state, nil
}

// validatorsAt returns the validators of the genesis with their turns as of a
// block. Turns repeat: after as many blocks as there is power (by the largest
// common unit) everybody has had their share, and it begins again.
func validatorsAt(doc *comet.GenesisDoc, height int64) *comet.ValidatorSet {
	list := make([]*comet.Validator, len(doc.Validators))
	var total, unit int64
	for i, v := range doc.Validators {
		list[i] = comet.NewValidator(v.PubKey, v.Power)
		total += v.Power
		for a, b := v.Power, unit; ; a, b = b, a%b {
			if b == 0 {
				unit = a
				break
			}
		}
	}
	set := comet.NewValidatorSet(list) // whose turn it is at the first block
	for range (height - doc.InitialHeight) % (total / unit) {
		set.IncrementProposerPriority(1)
	}
	return set
}

// writeState writes what the engine starts from.
func writeState(disk *disk, config *cometconfig.Config, state cometstate.State, seen *comet.Commit) error {
	blocks, err := disk.provide(&cometconfig.DBContext{ID: "blockstore", Config: config})
	if err != nil {
		return err
	}
	states, err := disk.provide(&cometconfig.DBContext{ID: "state", Config: config})
	if err != nil {
		return err
	}
	if err := cometstore.NewBlockStore(blocks).SaveSeenCommit(state.LastBlockHeight, seen); err != nil {
		return err
	}
	store := cometstate.NewStore(states, cometstate.StoreOptions{DiscardABCIResponses: true})
	if err := store.Bootstrap(state); err != nil {
		return err
	}
	return store.SetOfflineStateSyncHeight(state.LastBlockHeight)
}

// rearm tells the engine once more that it starts after a restore, as long as it
// has no block: it forgets that at each start, and a node that was stopped
// before its first block would never start again.
func (d *disk) rearm(config *cometconfig.Config) error {
	blocks, err := d.provide(&cometconfig.DBContext{ID: "blockstore", Config: config})
	if err != nil {
		return err
	}
	states, err := d.provide(&cometconfig.DBContext{ID: "state", Config: config})
	if err != nil {
		return err
	}
	if cometstore.LoadBlockStoreState(blocks).Height > 0 {
		return nil
	}
	store := cometstate.NewStore(states, cometstate.StoreOptions{DiscardABCIResponses: true})
	state, err := store.Load()
	if err != nil || state.LastBlockHeight == 0 {
		return err
	}
	return store.SetOfflineStateSyncHeight(state.LastBlockHeight)
}

// Stored says which blocks a folder holds, without a running node: the oldest and
// the newest, both zero when there are none, and the height that the engine's
// state stands at, which is more than zero after Bootstrap.
func Stored(folder string) (oldest, newest, state int64, err error) {
	const op = "look into the chain's folder"
	if _, err := os.Stat(filepath.Join(folder, cometconfig.DefaultDataDir, "state.db")); os.IsNotExist(err) {
		return 0, 0, 0, nil
	}
	config, disk := (&Config{Folder: folder}).engine(1), newDisk(slog.New(slog.DiscardHandler))
	defer disk.close()
	blocks, err := disk.provide(&cometconfig.DBContext{ID: "blockstore", Config: config})
	if err != nil {
		return 0, 0, 0, fault(op, "", err)
	}
	states, err := disk.provide(&cometconfig.DBContext{ID: "state", Config: config})
	if err != nil {
		return 0, 0, 0, fault(op, "", err)
	}
	at := cometstore.LoadBlockStoreState(blocks)
	stored, err := cometstate.NewStore(states, cometstate.StoreOptions{DiscardABCIResponses: true}).Load()
	if err != nil {
		return 0, 0, 0, fault(op, "the engine's state can't be read", err)
	}
	return at.Base, at.Height, stored.LastBlockHeight, nil
}
