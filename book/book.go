package book

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
)

// Config is what a book is made of.
type Config struct {
	Folder string   // of its store; created when missing. Beside it stands the mark, Folder + MarkSuffix
	Key    [32]byte // of the wallet's seed, for this use alone

	// Restored opens a folder that is older than the book was: somebody has put it
	// back and knows that what was learned since is gone.
	Restored bool

	FS  vfs.FS       // nil: the machine's own
	Log *slog.Logger // nil: none
}

// Book is an open book. Its methods are safe for concurrent use.
type Book struct {
	db      *pebble.DB
	fs      vfs.FS
	mark    *mark
	drawers *drawers

	changing sync.Mutex // held by whoever changes rows; guards state
	state    state      // as of the last change

	failed atomic.Pointer[stele.Error] // why a change did not reach the disk: what is there is not known
}

// state is a book's first row. Every change writes it.
type state struct {
	Book  [16]byte         `json:"book"`  // drawn when it was made
	Batch uint64           `json:"batch"` // changes so far
	Last  map[string]int64 `json:"last"`  // number of the newest row, by table
	Rows  map[string]int64 `json:"rows"`  // how many there are
	Sum   sum              `json:"sum"`   // of all rows, see Check
}

// sum adds up what each row contributes, modulo 2^128. What that is, only the key
// tells: rows that were exchanged for others, also for older ones, make another sum.
type sum [2]uint64

func (s *sum) add(o sum) {
	var carry uint64
	s[0], carry = bits.Add64(s[0], o[0], 0)
	s[1], _ = bits.Add64(s[1], o[1], carry)
}

func (s *sum) remove(o sum) {
	var borrow uint64
	s[0], borrow = bits.Sub64(s[0], o[0], 0)
	s[1], _ = bits.Sub64(s[1], o[1], borrow)
}

// Open opens or makes a book. It fails with KindProof when the folder is damaged, of
// another wallet, or older than the book was, and with KindOther when it cannot be
// used, among other reasons because another process has it open.
func Open(cfg Config) (*Book, error) {
	const op = "open book"
	if cfg.FS == nil {
		cfg.FS = vfs.Default
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if err := cfg.FS.MkdirAll(cfg.Folder, 0o700); err != nil {
		return nil, stele.E(op, stele.KindOther, "the folder "+cfg.Folder+" can't be used", err)
	}
	db, err := database.Open("wallet's book", cfg.Folder, cfg.FS, cfg.Log, tune)
	if pebble.IsCorruptionError(err) {
		return nil, damaged(op, "the folder "+cfg.Folder+" is damaged", err)
	}
	if err != nil {
		return nil, err
	}
	b := &Book{db: db, fs: cfg.FS, drawers: newDrawers(cfg.Key)}
	if err := b.begin(cfg); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return b, nil
}

func tune(o *pebble.Options) {
	o.CacheSize = 64 << 20
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)                                             // most looks into a set find nothing
		o.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.NoCompression } // what is sealed does not shrink
	}
}

// begin reads the first row and holds it to the mark.
func (b *Book) begin(cfg Config) error {
	v := &View{book: b, from: b.db}
	raw, err := v.row(b.drawers.of(""), id{})
	if err == nil && raw == nil {
		err = v.scan(nil, func(_, _ []byte) (bool, error) {
			return false, damaged("open book", "the folder is of another wallet, or its first row is lost: "+cfg.Folder, nil)
		})
	}
	if err != nil {
		return err
	}
	b.state = state{Last: map[string]int64{}, Rows: map[string]int64{}}
	if raw == nil {
		rand.Read(b.state.Book[:])
	} else if err := json.Unmarshal(raw, &b.state); err != nil {
		return damaged("open book", "the book is of another version", err)
	}
	seal := b.drawers.of("").aead
	kept, err := readMark(cfg.FS, cfg.Folder+MarkSuffix, seal)
	if err != nil {
		return err
	}
	if text := b.older(kept); text != "" && !cfg.Restored {
		return damaged("open book", text+": "+cfg.Folder, nil)
	}
	if b.state.Batch == 0 && kept.ok && kept.Batch == 0 {
		b.state.Book = kept.Book // made before a crash
	}
	b.mark, err = openMark(cfg.FS, cfg.Folder+MarkSuffix, seal, kept, b.state)
	return err
}

// older says how a book is not what its mark has seen; "" when it is.
func (b *Book) older(kept kept) string {
	switch {
	case !kept.ok && b.state.Batch > 0:
		return "the mark beside the folder is missing or damaged, so that it can't be said whether the folder is the newest"
	case kept.Batch > 0 && b.state.Batch == 0:
		return "the folder is empty, and the book was not"
	case kept.ok && b.state.Batch > 0 && kept.Book != b.state.Book:
		return "the folder and the mark beside it are of two books"
	case kept.Batch > b.state.Batch:
		return "the folder is older than the book was: an older copy was put back, or the newest part is lost"
	}
	return ""
}

// Close closes the book. Whoever reads or changes it has stopped before.
func (b *Book) Close() error { return errors.Join(b.mark.close(), b.db.Close()) }

// Backup makes a folder, and its mark, of the book as it is at this moment, while others
// use it: a copy of the files, made meanwhile, may be of no moment. It fails with
// KindExists when there is something already.
func (b *Book) Backup(folder string) error {
	const op = "back up book"
	for _, path := range []string{folder, folder + MarkSuffix} {
		if _, err := b.fs.Stat(path); err == nil {
			return stele.E(op, stele.KindExists, "there is something already: "+path, nil).WithHint("choose another name")
		}
	}
	b.changing.Lock()
	defer b.changing.Unlock()
	if failed := b.failed.Load(); failed != nil {
		return failed
	}
	if err := b.db.Checkpoint(folder, pebble.WithFlushedWAL()); err != nil {
		return fault(op, err)
	}
	m, err := openMark(b.fs, folder+MarkSuffix, b.drawers.of("").aead, kept{}, b.state)
	if err != nil {
		return err
	}
	return m.close()
}

// View calls f with the state of this moment, which is valid until f returns.
func (b *Book) View(f func(*View) error) error {
	if failed := b.failed.Load(); failed != nil {
		return failed
	}
	now := b.db.NewSnapshot()
	defer now.Close()
	return f(&View{book: b, from: now})
}

// Change calls f, which changes rows. When Change returns nil, all that f changed is on
// disk; when f fails, or anything else does, nothing is changed. A change sees itself;
// others see it once it is complete, perhaps a moment before it is on disk. With
// KindUnknown it may have happened, and the book does nothing more until it is opened
// anew.
func (b *Book) Change(f func(*Change) error) error {
	batch, n, err := b.apply(f)
	if batch == nil {
		return err
	}
	if err := errors.Join(batch.SyncWait(), batch.Close()); err != nil {
		failed := stele.E("change book", stele.KindUnknown, "it is not known whether what was learned is on disk", err).
			WithHint("is the disk full? Open the wallet again and look")
		b.failed.CompareAndSwap(nil, failed)
		return failed
	}
	b.mark.note(n)
	return nil
}

// apply makes a batch of what f changes and hands it to the store without waiting for
// the disk. It returns no batch when there is nothing to wait for.
func (b *Book) apply(f func(*Change) error) (_ *pebble.Batch, n uint64, err error) {
	b.changing.Lock()
	defer b.changing.Unlock()
	if failed := b.failed.Load(); failed != nil {
		return nil, 0, failed
	}
	batch := b.db.NewIndexedBatch()
	given := false
	defer func() {
		if !given {
			_ = batch.Close()
		}
	}()
	next := b.state
	next.Last, next.Rows = maps.Clone(next.Last), maps.Clone(next.Rows)
	c := &Change{View: View{b, batch, &next}, batch: batch}
	if err := f(c); err != nil || c.broken != nil || batch.Empty() {
		return nil, 0, cmp.Or(err, c.broken)
	}
	next.Batch++
	raw, err := json.Marshal(next)
	if err == nil {
		first := b.drawers.of("")
		err = batch.Set(first.key(id{}), first.seal(id{}, raw), nil)
	}
	if err == nil {
		err = b.db.ApplyNoSyncWait(batch, pebble.Sync)
	}
	if err != nil {
		return nil, 0, fault("change book", err)
	}
	given, b.state = true, next
	return batch, next.Batch, nil
}

// Change changes rows; it reads its own changes. It is not safe for concurrent use.
type Change struct {
	View
	batch  *pebble.Batch
	broken error
}
