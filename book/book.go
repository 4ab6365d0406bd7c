package book

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/stele-health/stele"
)

// Config is what a book is made of.
type Config struct {
	Stores Stores   // where its rows are, in the store of Name
	Name   string   // Name + MarkSuffix is the path of its mark
	Key    [32]byte // of the wallet's seed, for this use alone

	// Restored opens a store that is older than the book was: somebody has put it
	// back and knows that what was learned since is gone.
	Restored bool

	Files Files // where the mark is; nil: the machine's own
}

// Book is an open book. Its methods are safe for concurrent use.
type Book struct {
	stores  Stores
	store   Store
	files   Files
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

// Open opens or makes a book. It fails with KindProof when the store is damaged, of
// another wallet, or older than the book was, and with KindOther when it cannot be
// used.
func Open(cfg Config) (*Book, error) {
	if cfg.Files == nil {
		cfg.Files = machine{}
	}
	store, err := cfg.Stores.Open(cfg.Name)
	if err != nil {
		return nil, opening(err)
	}
	b := &Book{stores: cfg.Stores, store: store, files: cfg.Files, drawers: newDrawers(cfg.Key)}
	if err := b.begin(cfg); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return b, nil
}

// opening is why a store does not open: it says so itself, unless it is damage.
func opening(err error) error {
	if stele.KindOf(err) == stele.KindProof {
		return damaged("open book", "the book's store is damaged", err)
	}
	return err
}

// begin reads the first row and holds it to the mark.
func (b *Book) begin(cfg Config) error {
	const op = "open book"
	raw, err := b.first()
	if err != nil {
		return err
	}
	b.state = state{Last: map[string]int64{}, Rows: map[string]int64{}}
	if raw == nil {
		rand.Read(b.state.Book[:])
	} else if err := json.Unmarshal(raw, &b.state); err != nil {
		return damaged(op, "the book is of another version", err)
	}
	seal, path := b.drawers.of("").aead, cfg.Name+MarkSuffix
	kept, err := readMark(b.files, path, seal)
	if err != nil {
		return err
	}
	if text := b.older(kept); text != "" && !cfg.Restored {
		return damaged(op, text+": "+cfg.Name, nil)
	}
	if b.state.Batch == 0 && kept.ok && kept.Batch == 0 {
		b.state.Book = kept.Book // made before a crash
	}
	b.mark, err = openMark(b.files, path, seal, kept, b.state)
	return err
}

// first returns the first row, nil where the store is empty.
func (b *Book) first() (raw []byte, err error) {
	err = b.View(func(v *View) error {
		raw, err = v.row(b.drawers.of(""), id{})
		if err == nil && raw == nil {
			err = v.scan(nil, func(_, _ []byte) (bool, error) {
				return false, damaged("open book", "the store is of another wallet, or its first row is lost", nil)
			})
		}
		return err
	})
	return raw, err
}

// older says how a book is not what its mark has seen; "" when it is.
func (b *Book) older(kept kept) string {
	switch {
	case !kept.ok && b.state.Batch > 0:
		return "the mark beside the store is missing or damaged, so that it can't be said whether the store is the newest"
	case kept.Batch > 0 && b.state.Batch == 0:
		return "the store is empty, and the book was not"
	case kept.ok && b.state.Batch > 0 && kept.Book != b.state.Book:
		return "the store and the mark beside it are of two books"
	case kept.Batch > b.state.Batch:
		return "the store is older than the book was: an older copy was put back, or the newest part is lost"
	}
	return ""
}

// Close closes the book. Whoever reads or changes it has stopped before.
func (b *Book) Close() error { return errors.Join(b.mark.close(), b.store.Close()) }

// View calls f with the state of this moment, which is valid until f returns.
func (b *Book) View(f func(*View) error) error {
	if failed := b.failed.Load(); failed != nil {
		return failed
	}
	now, err := b.store.Snapshot()
	if err != nil {
		return fault("read book", err)
	}
	defer now.Close()
	return f(&View{book: b, from: now})
}

// Change calls f, which changes rows. When Change returns nil, all that f changed is on
// disk; when f fails, or anything else does, nothing is changed. A change sees itself;
// others see it once it is complete, perhaps a moment before it is on disk. With
// KindUnknown it may have happened, and the book does nothing more until it is opened
// anew.
func (b *Book) Change(f func(*Change) error) error {
	wait, n, err := b.apply(f)
	if wait == nil {
		return err
	}
	if err := wait(); err != nil {
		failed := stele.E("change book", stele.KindUnknown, "it is not known whether what was learned is on disk", err).
			WithHint("is the disk full? Open the wallet again and look")
		b.failed.CompareAndSwap(nil, failed)
		return failed
	}
	b.mark.note(n)
	return nil
}

// apply makes what f changes and returns how to wait for the disk; nil when there is
// nothing to wait for.
func (b *Book) apply(f func(*Change) error) (wait func() error, n uint64, err error) {
	const op = "change book"
	b.changing.Lock()
	defer b.changing.Unlock()
	if failed := b.failed.Load(); failed != nil {
		return nil, 0, failed
	}
	batch, err := b.store.Begin()
	if err != nil {
		return nil, 0, fault(op, err)
	}
	ended := false
	defer func() {
		if !ended {
			batch.Close()
		}
	}()
	next := b.state
	next.Last, next.Rows = maps.Clone(next.Last), maps.Clone(next.Rows)
	c := &Change{View: View{b, batch, &next}, batch: batch}
	if err := f(c); err != nil || c.broken != nil || !c.some {
		return nil, 0, cmp.Or(err, c.broken)
	}
	next.Batch++
	raw, err := json.Marshal(next)
	if err != nil {
		return nil, 0, fault(op, err)
	}
	first := b.drawers.of("")
	if err := c.set(first.key(id{}), first.seal(id{}, raw)); err != nil {
		return nil, 0, err
	}
	ended = true
	if wait, err = batch.Commit(); err != nil {
		return nil, 0, fault(op, err)
	}
	b.state = next
	return wait, next.Batch, nil
}

// Change changes rows; it reads its own changes. It is not safe for concurrent use.
type Change struct {
	View
	batch  Batch
	some   bool // something was changed
	broken error
}
