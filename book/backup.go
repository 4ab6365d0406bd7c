package book

import (
	"bytes"
	"cmp"
	"errors"

	"github.com/stele-health/stele"
)

// Backup makes a book of another name, in the same Stores, as this one is at this moment,
// while others use it: a copy of the files, made meanwhile, may be of no moment. It fails
// with KindExists when there is something already. What a crash leaves of a copy does not
// open.
func (b *Book) Backup(name string) error {
	const op = "back up book"
	now, as, err := b.moment()
	if err != nil {
		return err
	}
	defer now.Close()
	to, err := b.stores.Open(name)
	if err != nil {
		return opening(err)
	}
	if err := b.untaken(to, name); err != nil {
		return errors.Join(err, to.Close())
	}
	if err := cmp.Or(fill(to, now, b.drawers.of("").key(id{})), to.Close()); err != nil {
		return errors.Join(fault(op, err), b.stores.Remove(name))
	}
	m, err := openMark(b.files, name+MarkSuffix, b.drawers.of("").aead, kept{}, as)
	if err != nil {
		return err
	}
	return m.close()
}

// moment is a snapshot and the state that it shows.
func (b *Book) moment() (Snapshot, state, error) {
	b.changing.Lock()
	defer b.changing.Unlock()
	if failed := b.failed.Load(); failed != nil {
		return nil, state{}, failed
	}
	now, err := b.store.Snapshot()
	if err != nil {
		return nil, state{}, fault("back up book", err)
	}
	return now, b.state, nil
}

// untaken fails with KindExists when there is anything in a store, or a mark beside it.
func (b *Book) untaken(store Store, name string) error {
	const op = "back up book"
	taken := stele.E(op, stele.KindExists, "there is something already: "+name, nil).WithHint("choose another name")
	if f, err := b.files.Open(name + MarkSuffix); err == nil {
		_ = f.Close() // it was only looked for
		return taken
	}
	now, err := store.Snapshot()
	if err != nil {
		return fault(op, err)
	}
	defer now.Close()
	there := false
	if err := now.Scan(nil, func(_, _ []byte) bool { there = true; return false }); err != nil {
		return fault(op, err)
	}
	if there {
		return taken
	}
	return nil
}

// filled is about how many bytes are written into a copy at a time.
const filled = 4 << 20

// fill writes what a snapshot shows into an empty store, the first row last: a copy
// without it does not open.
func fill(to Store, from Snapshot, first []byte) error {
	value, there, err := from.Get(first)
	if err != nil || !there {
		return err // nothing was ever changed
	}
	w := &writing{to: to}
	err = from.Scan(nil, func(key, value []byte) bool {
		return bytes.Equal(key, first) || w.set(key, value)
	})
	if err = cmp.Or(w.err, err, w.end()); err != nil {
		return err
	}
	w.set(first, value)
	return cmp.Or(w.err, w.end())
}

// writing is a store that is filled, batch by batch.
type writing struct {
	to    Store
	batch Batch // nil: none was begun
	size  int
	err   error
}

// set reports whether it worked.
func (w *writing) set(key, value []byte) bool {
	if w.batch == nil {
		w.batch, w.err = w.to.Begin()
	}
	if w.err == nil {
		w.err = w.batch.Set(key, value)
	}
	if w.size += len(key) + len(value); w.err == nil && w.size >= filled {
		w.err = w.end()
	}
	return w.err == nil
}

// end waits until what was set is on disk.
func (w *writing) end() error {
	if w.batch == nil {
		return nil
	}
	batch := w.batch
	w.batch, w.size = nil, 0
	if w.err != nil {
		batch.Close()
		return w.err
	}
	wait, err := batch.Commit()
	if err != nil {
		return err
	}
	return wait()
}
