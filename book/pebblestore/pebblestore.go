package pebblestore

import (
	"errors"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/database"
)

// Folders are stores of which each is a folder of files, its name the path.
type Folders struct {
	FS  vfs.FS       // nil: the machine's own
	Log *slog.Logger // what Pebble complains of, without keys and values; nil: nowhere
}

func (f Folders) fs() vfs.FS {
	if f.FS == nil {
		return vfs.Default
	}
	return f.FS
}

// Open is as book.Stores says. A folder is made for its owner alone; one process at a time
// has it open.
func (f Folders) Open(folder string) (book.Store, error) {
	const op = "open book"
	log := f.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if err := f.fs().MkdirAll(folder, 0o700); err != nil {
		return nil, stele.E(op, stele.KindOther, "the folder "+folder+" can't be used", err)
	}
	db, err := database.Open("wallet's book", folder, f.fs(), log, tune)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, pebble.ErrDBNotPristine) { // the folder is there, and others of its files
		return nil, stele.E(op, stele.KindProof, "a file of the book is missing", err)
	}
	if pebble.IsCorruptionError(err) {
		return nil, fault(op, err)
	}
	if err != nil {
		return nil, err
	}
	return store{db}, nil
}

func tune(o *pebble.Options) {
	o.CacheSize = 64 << 20
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)                                             // most looks into a set find nothing
		o.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.NoCompression } // what is sealed does not shrink
	}
}

// Remove is as book.Stores says.
func (f Folders) Remove(folder string) error {
	if err := f.fs().RemoveAll(folder); err != nil {
		return stele.E("remove book", stele.KindOther, "the folder "+folder+" can't be removed", err)
	}
	return nil
}

type store struct{ db *pebble.DB }

func (s store) Snapshot() (book.Snapshot, error) { return snapshot{s.db.NewSnapshot()}, nil }

func (s store) Begin() (book.Batch, error) {
	b := s.db.NewIndexedBatch()
	return batch{snapshot{b}, b, s.db}, nil
}

func (s store) Close() error { return s.db.Close() }

// snapshot reads what Pebble's own does, or an indexed batch.
type snapshot struct{ from pebble.Reader }

func (s snapshot) Get(key []byte) ([]byte, bool, error) {
	value, err := database.Get(s.from, key)
	if err != nil {
		return nil, false, fault("read book", err)
	}
	return value, value != nil, nil
}

func (s snapshot) Scan(prefix []byte, visit func(key, value []byte) (more bool)) error {
	it, err := s.from.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return fault("read book", err)
	}
	for ok := it.First(); ok && visit(it.Key(), it.Value()); {
		ok = it.Next()
	}
	return fault("read book", it.Close())
}

// after returns the first key behind all that begin with prefix; nil for none.
func after(prefix []byte) []byte {
	end := slices.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

func (s snapshot) Close() { _ = s.from.Close() } // nothing was written by it

type batch struct {
	snapshot
	made *pebble.Batch
	db   *pebble.DB
}

func (b batch) Set(key, value []byte) error { return fault("change book", b.made.Set(key, value, nil)) }

func (b batch) Delete(key []byte) error { return fault("change book", b.made.Delete(key, nil)) }

// Commit does not wait for the disk: those that do at one time share its work.
func (b batch) Commit() (wait func() error, err error) {
	if err := b.db.ApplyNoSyncWait(b.made, pebble.Sync); err != nil {
		return nil, errors.Join(fault("change book", err), b.made.Close())
	}
	return func() error { return errors.Join(b.made.SyncWait(), b.made.Close()) }, nil
}

// fault makes damage known as book.Store says.
func fault(op string, err error) error {
	if pebble.IsCorruptionError(err) {
		return stele.E(op, stele.KindProof, "a file of the book is damaged", err)
	}
	return err
}
