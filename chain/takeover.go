package chain

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	cometconfig "github.com/cometbft/cometbft/config"
	cometstate "github.com/cometbft/cometbft/state"
	cometstore "github.com/cometbft/cometbft/store"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
)

const opTakeOver = "take over chain"

// kept are the engine's databases.
var kept = []string{"blockstore", "state", "evidence"}

// Earlier reports whether a folder holds a chain that the last release left: its
// databases are of the first Pebble, what stands in them is the same.
func Earlier(folder string) bool {
	return database.Earlier(databaseIn(filepath.Join(folder, cometconfig.DefaultDataDir), kept[0]), vfs.Default)
}

func databaseIn(data, name string) string { return filepath.Join(data, name+".db") }

// Standing is where the application stands that a chain is taken over with.
type Standing struct {
	Chain  string // the network's id
	Height int64
	Hash   stele.Digest // after that block
	Event  int64        // the newest block that changed anything
}

// CheckEarlier holds a chain of the last release against its application: the engine must
// have executed the block that the application stands at, hold no later one, and have
// come to the same hash. It fails with KindInvalid when the chain is another network's,
// with KindProof for another hash, and with KindBusy when one of the two is behind the
// other.
func CheckEarlier(folder string, at Standing) error {
	blocks, err := openEarlier(folder, "blockstore")
	if err != nil {
		return err
	}
	defer blocks.shut()
	states, err := openEarlier(folder, "state")
	if err != nil {
		return err
	}
	defer states.shut()
	state, err := stored(states)
	if err != nil {
		return err
	}
	newest := cometstore.LoadBlockStoreState(blocks).Height
	switch {
	case state.ChainID != at.Chain:
		return stele.E(opTakeOver, stele.KindInvalid, "the chain in the folder is another network's", nil).
			WithHint("is the network file the one that this member was founded with?")
	case newest > at.Height || state.LastBlockHeight != at.Height:
		return stele.E(opTakeOver, stele.KindBusy, fmt.Sprintf("the ledger stands at block %d, and the chain at block %d", at.Height, max(newest, state.LastBlockHeight)), nil).
			WithHint("start the last release once more, wait until it is ready, stop it, and type this again")
	case !bytes.Equal(state.AppHash, at.Hash[:]):
		return stele.E(opTakeOver, stele.KindProof, fmt.Sprintf("the ledger's hash after block %d is not the one that the chain goes on from", at.Height), nil).
			WithHint("nothing was changed; this member can take the ledger from the others: stele member upgrade --from-others")
	}
	return nil
}

func stored(db *pebbled) (state cometstate.State, err error) {
	defer func() { // the engine panics at what it can't read
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		if err != nil {
			err = fault(opTakeOver, "the engine's state can't be read", err)
		}
	}()
	return cometstate.NewStore(db, cometstate.StoreOptions{DiscardABCIResponses: true}).Load()
}

func openEarlier(folder, name string) (*pebbled, error) {
	db, err := database.OpenEarlier("chain's "+name, databaseIn(filepath.Join(folder, cometconfig.DefaultDataDir), name), vfs.Default, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return &pebbled{pebble: db}, nil
}

// TakeOver copies the chain that the last release left in a folder into an empty one,
// row for row: the engine's state, its log of votes, what the validator signed last, and
// those newest blocks in which nothing happened. The chain goes on with its next block;
// no header and no signature is made anew. The old folder stays as it is. progress,
// which may be nil, is told how many bytes were copied.
//
// Earlier blocks stay behind, since this release may decide otherwise what stands in
// them: what they came to is in the events. Who misses one restores.
//
// It fails as CheckEarlier does, with KindOther when something can't be read or written.
func TakeOver(old, fresh string, at Standing, progress func(bytes uint64)) error {
	if err := CheckEarlier(old, at); err != nil {
		return err
	}
	from, to := filepath.Join(old, cometconfig.DefaultDataDir), filepath.Join(fresh, cometconfig.DefaultDataDir)
	if err := os.MkdirAll(to, 0o700); err != nil {
		return fault(opTakeOver, "can't make the folder", err)
	}
	copied := uint64(0)
	for _, name := range kept {
		if err := copyRows(databaseIn(from, name), databaseIn(to, name), name, func(n int) {
			copied += uint64(n)
			if progress != nil {
				progress(copied)
			}
		}); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(from)
	for _, e := range entries {
		if err == nil && filepath.Ext(e.Name()) != ".db" {
			err = copyFiles(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
		}
	}
	if err != nil {
		return fault(opTakeOver, "the engine's files can't be copied", err)
	}
	return dropDecided(fresh, at.Event)
}

// dropDecided removes the blocks up to the newest in which something happened; the newest
// of all stays, for the next one holds its signatures.
func dropDecided(folder string, event int64) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		if err != nil {
			err = fault(opTakeOver, "earlier blocks can't be dropped", err)
		}
	}()
	config, disk := (&Config{Folder: folder}).engine(1), newDisk(slog.New(slog.DiscardHandler))
	defer func() { err = errors.Join(err, disk.close()) }()
	rows, err := disk.provide(&cometconfig.DBContext{ID: "blockstore", Config: config})
	if err != nil {
		return err
	}
	states, err := disk.provide(&cometconfig.DBContext{ID: "state", Config: config})
	if err != nil {
		return err
	}
	state, err := cometstate.NewStore(states, cometstate.StoreOptions{DiscardABCIResponses: true}).Load()
	if err != nil {
		return err
	}
	blocks := cometstore.NewBlockStore(rows)
	oldest := blocks.Height()
	for meta := blocks.LoadBlockMeta(oldest - 1); oldest-1 > event && meta != nil && meta.NumTxs == 0; meta = blocks.LoadBlockMeta(oldest - 1) {
		oldest--
	}
	if oldest <= blocks.Base() {
		return nil
	}
	_, _, err = blocks.PruneBlocks(oldest, state)
	return err
}

const batchBytes = 4 << 20 // of rows that are written at once

// copyRows copies a database of the first Pebble into a new one.
func copyRows(from, to, name string, progress func(bytes int)) (err error) {
	log := slog.New(slog.DiscardHandler)
	old, err := database.OpenEarlier("chain's "+name, from, vfs.Default, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	fresh, err := database.Open("chain's "+name, to, vfs.Default, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fresh.Close()) }()
	it, err := old.NewIter(nil)
	if err != nil {
		return fault(opTakeOver, "the chain's "+name+" can't be read", err)
	}
	defer it.Close()
	b := fresh.NewBatch()
	defer func() { b.Close() }()
	for ok := it.First(); ok; ok = it.Next() {
		if err := b.Set(it.Key(), it.Value(), nil); err != nil {
			return fault(opTakeOver, "the chain's "+name+" can't be written", err)
		}
		if b.Len() < batchBytes {
			continue
		}
		progress(b.Len())
		if err := b.Commit(pebble.NoSync); err != nil {
			return fault(opTakeOver, "the chain's "+name+" can't be written", err)
		}
		b.Close()
		b = fresh.NewBatch()
	}
	if err := it.Error(); err != nil {
		return fault(opTakeOver, "the chain's "+name+" is damaged", err)
	}
	progress(b.Len())
	if err := errors.Join(b.Commit(pebble.Sync), fresh.Flush()); err != nil {
		return fault(opTakeOver, "the chain's "+name+" can't be written", err)
	}
	return nil
}

// copyFiles copies a file, or a folder of files.
func copyFiles(from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		at := to + path[len(from):]
		if e.IsDir() {
			return os.MkdirAll(at, 0o700)
		}
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, out.Sync(), out.Close())
	})
}
