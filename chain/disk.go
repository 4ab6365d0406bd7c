package chain

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	dbm "github.com/cometbft/cometbft-db"
	cometconfig "github.com/cometbft/cometbft/config"

	"github.com/stele-health/stele/database"
)

// disk opens the engine's databases and closes them when the engine is really
// done with them. The engine closes its own while goroutines that gossip blocks
// still read; Pebble answers that with a panic that would end the process.
type disk struct {
	fs  vfs.FS
	log *slog.Logger

	mu   sync.Mutex
	open map[string]*pebbled
}

func newDisk(log *slog.Logger) *disk {
	return &disk{fs: vfs.Default, log: log, open: map[string]*pebbled{}}
}

// provide is CometBFT's DBProvider. A database is opened once.
func (d *disk) provide(ctx *cometconfig.DBContext) (dbm.DB, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if open := d.open[ctx.ID]; open != nil {
		return open, nil
	}
	db, err := database.Open("chain's "+ctx.ID, filepath.Join(ctx.Config.DBDir(), ctx.ID+".db"), d.fs, d.log)
	if err != nil {
		return nil, err
	}
	open := &pebbled{pebble: db}
	d.open[ctx.ID] = open
	return open, nil
}

// close closes all databases.
func (d *disk) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for id, db := range d.open {
		errs = append(errs, db.shut())
		delete(d.open, id)
	}
	return errors.Join(errs...)
}

var (
	errClosed    = errors.New("database is closed")
	errKeyEmpty  = errors.New("key cannot be empty")
	errValueNil  = errors.New("value cannot be nil")
	errBatchDone = errors.New("batch has been written or closed")
)

// pebbled is the engine's view (cometbft-db) of one Pebble, the same Pebble
// that everything else of a member lies in. It finds nothing once it is closed,
// rather than panic; writing then is an error.
type pebbled struct {
	pebble *pebble.DB
	mu     sync.RWMutex
	closed bool
}

// Close does nothing; shut does.
func (*pebbled) Close() error { return nil }

func (b *pebbled) shut() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.pebble.Close()
}

// whileOpen runs f unless the database is closed, and keeps it open meanwhile.
func (b *pebbled) whileOpen(f func() error) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return errClosed
	}
	return f()
}

// Get returns nil when there is no such key.
func (b *pebbled) Get(key []byte) (value []byte, err error) {
	if len(key) == 0 {
		return nil, errKeyEmpty
	}
	err = b.whileOpen(func() (err error) {
		value, err = database.Get(b.pebble, key)
		return err
	})
	if errors.Is(err, errClosed) {
		return nil, nil
	}
	return value, err
}

// Has reports whether there is such a key.
func (b *pebbled) Has(key []byte) (bool, error) {
	value, err := b.Get(key)
	return value != nil, err
}

// Set writes a key.
func (b *pebbled) Set(key, value []byte) error { return b.set(key, value, pebble.NoSync) }

// SetSync writes a key durably.
func (b *pebbled) SetSync(key, value []byte) error { return b.set(key, value, pebble.Sync) }

func (b *pebbled) set(key, value []byte, how *pebble.WriteOptions) error {
	if err := fit(key, value); err != nil {
		return err
	}
	return b.whileOpen(func() error { return b.pebble.Set(key, value, how) })
}

// fit reports what the interface forbids.
func fit(key, value []byte) error {
	switch {
	case len(key) == 0:
		return errKeyEmpty
	case value == nil:
		return errValueNil
	}
	return nil
}

// Delete removes a key.
func (b *pebbled) Delete(key []byte) error { return b.remove(key, pebble.NoSync) }

// DeleteSync removes a key durably.
func (b *pebbled) DeleteSync(key []byte) error { return b.remove(key, pebble.Sync) }

func (b *pebbled) remove(key []byte, how *pebble.WriteOptions) error {
	if len(key) == 0 {
		return errKeyEmpty
	}
	return b.whileOpen(func() error { return b.pebble.Delete(key, how) })
}

// Compact rewrites a range so that what was removed gives its space back.
func (b *pebbled) Compact(from, to []byte) error {
	return b.whileOpen(func() error { return b.pebble.Compact(context.Background(), from, to, true) })
}

// Print prints nothing.
func (*pebbled) Print() error { return nil }

// Stats tells nothing.
func (*pebbled) Stats() map[string]string { return nil }

// NewBatch starts a batch.
func (b *pebbled) NewBatch() dbm.Batch { return &batch{of: b, writes: b.pebble.NewBatch()} }

// Iterator walks keys upwards from from to before to; nil means an end.
func (b *pebbled) Iterator(from, to []byte) (dbm.Iterator, error) {
	return b.walk(from, to, (*pebble.Iterator).First, (*pebble.Iterator).Next)
}

// ReverseIterator walks the same keys downwards.
func (b *pebbled) ReverseIterator(from, to []byte) (dbm.Iterator, error) {
	return b.walk(from, to, (*pebble.Iterator).Last, (*pebble.Iterator).Prev)
}

func (b *pebbled) walk(from, to []byte, start, step func(*pebble.Iterator) bool) (it dbm.Iterator, err error) {
	if from != nil && len(from) == 0 || to != nil && len(to) == 0 {
		return nil, errKeyEmpty
	}
	err = b.whileOpen(func() error {
		rows, err := b.pebble.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
		if err != nil {
			return err
		}
		start(rows)
		it = &iterator{rows: rows, step: step, from: from, to: to}
		return nil
	})
	return it, err
}

type iterator struct {
	rows     *pebble.Iterator
	step     func(*pebble.Iterator) bool
	from, to []byte
}

func (it *iterator) Domain() (from, to []byte) { return it.from, it.to }
func (it *iterator) Valid() bool               { return it.rows.Valid() }
func (it *iterator) Next()                     { it.step(it.rows) }
func (it *iterator) Key() []byte               { return append([]byte{}, it.rows.Key()...) }
func (it *iterator) Value() []byte             { return append([]byte{}, it.rows.Value()...) }
func (it *iterator) Error() error              { return it.rows.Error() }
func (it *iterator) Close() error              { return it.rows.Close() }

// batch is written whole or not at all, once.
type batch struct {
	of     *pebbled
	writes *pebble.Batch
}

// Set adds a write.
func (b *batch) Set(key, value []byte) error {
	if err := fit(key, value); err != nil {
		return err
	}
	if b.writes == nil {
		return errBatchDone
	}
	return b.writes.Set(key, value, nil)
}

// Delete adds a removal.
func (b *batch) Delete(key []byte) error {
	if len(key) == 0 {
		return errKeyEmpty
	}
	if b.writes == nil {
		return errBatchDone
	}
	return b.writes.Delete(key, nil)
}

// Write applies the batch.
func (b *batch) Write() error { return b.commit(pebble.NoSync) }

// WriteSync applies the batch durably.
func (b *batch) WriteSync() error { return b.commit(pebble.Sync) }

func (b *batch) commit(how *pebble.WriteOptions) error {
	if b.writes == nil {
		return errBatchDone
	}
	if err := b.of.whileOpen(func() error { return b.writes.Commit(how) }); err != nil {
		return err
	}
	return b.Close()
}

// Close gives the batch's memory back; what was not written is dropped.
func (b *batch) Close() error {
	if b.writes == nil {
		return nil
	}
	writes := b.writes
	b.writes = nil
	return writes.Close()
}
