package chain

import (
	"errors"
	"sync"

	"github.com/cockroachdb/pebble"
	dbm "github.com/cometbft/cometbft-db"
	cometconfig "github.com/cometbft/cometbft/config"
)

// disk opens the engine's databases and closes them when the engine is really
// done with them. The engine closes its own while goroutines that gossip blocks
// still read; Pebble answers that with a panic that would end the process.
type disk struct {
	mu   sync.Mutex
	open map[string]*database
}

func newDisk() *disk { return &disk{open: map[string]*database{}} }

// provide is CometBFT's DBProvider. A database is opened once.
func (d *disk) provide(ctx *cometconfig.DBContext) (dbm.DB, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if open := d.open[ctx.ID]; open != nil {
		return open, nil
	}
	db, err := openPebble(ctx.ID, ctx.Config.DBDir())
	if err != nil {
		return nil, err
	}
	guarded := &database{DB: db}
	d.open[ctx.ID] = guarded
	return guarded, nil
}

func (d *disk) get(id string) *database {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open[id]
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

var errClosed = errors.New("database is closed")

// database finds nothing once it is closed, rather than panic. Writing then is
// an error.
type database struct {
	dbm.DB
	mu     sync.RWMutex
	closed bool
}

// Close does nothing; shut does.
func (*database) Close() error { return nil }

func (b *database) shut() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.DB.Close()
}

// Get returns nil when there is no such key.
func (b *database) Get(key []byte) ([]byte, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return nil, nil
	}
	return b.DB.Get(key)
}

// Has reports whether there is such a key.
func (b *database) Has(key []byte) (bool, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return false, nil
	}
	return b.DB.Has(key)
}

func (b *database) write(f func() error) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return errClosed
	}
	return f()
}

// Set writes a key.
func (b *database) Set(k, v []byte) error { return b.write(func() error { return b.DB.Set(k, v) }) }

// SetSync writes a key durably.
func (b *database) SetSync(k, v []byte) error {
	return b.write(func() error { return b.DB.SetSync(k, v) })
}

// Delete removes a key.
func (b *database) Delete(k []byte) error { return b.write(func() error { return b.DB.Delete(k) }) }

// DeleteSync removes a key durably.
func (b *database) DeleteSync(k []byte) error {
	return b.write(func() error { return b.DB.DeleteSync(k) })
}

// Iterator walks keys upwards.
func (b *database) Iterator(from, to []byte) (it dbm.Iterator, err error) {
	err = b.write(func() error { it, err = b.DB.Iterator(from, to); return err })
	return it, err
}

// ReverseIterator walks keys downwards.
func (b *database) ReverseIterator(from, to []byte) (it dbm.Iterator, err error) {
	err = b.write(func() error { it, err = b.DB.ReverseIterator(from, to); return err })
	return it, err
}

// NewBatch starts a batch.
func (b *database) NewBatch() dbm.Batch { return &batch{Batch: b.DB.NewBatch(), of: b} }

type batch struct {
	dbm.Batch
	of *database
}

// Write applies the batch.
func (b *batch) Write() error { return b.of.write(b.Batch.Write) }

// WriteSync applies the batch durably.
func (b *batch) WriteSync() error { return b.of.write(b.Batch.WriteSync) }

func openPebble(name, dir string) (dbm.DB, error) {
	return dbm.NewPebbleDBWithOpts(name, dir, &pebble.Options{Logger: silent{}})
}

// silent keeps Pebble's notes on its own upkeep out of the member's output.
// Trouble reaches the engine as errors.
type silent struct{}

func (silent) Infof(string, ...any)           {}
func (silent) Errorf(string, ...any)          {}
func (silent) Fatalf(format string, a ...any) { panic(sprint(format, a...)) }
