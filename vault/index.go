package vault

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
)

// The index's tables. The first byte of a key is the table. All but holders
// are rebuilt from the segments; holders are asked for again.
const (
	tabSubmission = 's' // submission → row
	tabSubject    = 'p' // subject ‖ submission → nothing
	tabHolder     = 'h' // submission ‖ member → nothing: who is known to hold a copy
	tabWaiting    = 'w' // submission → nothing: copies are missing
	tabDamaged    = 'd' // submission → nothing: a read found damage
	tabOpen       = 'o' // submission → nothing, or when it was put again: not seen anchored yet
)

// row is what the index knows of a submission. It is kept as JSON. Every table
// names a submission by its id, which is also the beginning of its files' names.
type row struct {
	File     fileName
	Subject  stele.Subject
	Grant    stele.ID
	Root     stele.Digest
	Home     stele.Subject
	Content  stele.Digest
	Received int64 // Unix ms
	Records  int
	Meta     int64 // bytes before the first record
	Size     int64 // of the segment
	Folios   []folioRow
}

// folioRow is where a folio's records stand in the segment.
type folioRow struct {
	ID         stele.ID
	Records    int
	At, Length int64
}

func (r *row) id() stele.ID { return r.File.id() }

// index is the vault's Pebble store.
type index struct{ db *pebble.DB }

func openPebble(fs vfs.FS, folder string, log *slog.Logger) (*index, error) {
	db, err := database.Open("vault's index", folder, fs, log)
	if err != nil {
		return nil, err
	}
	return &index{db}, nil
}

func (x *index) close() error { return x.db.Close() }

func key(table byte, parts ...[]byte) []byte {
	out := []byte{table}
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// put stores a submission's row with all that follows from it, in one synced
// batch, in place of an older row of the same submission. After a crash no entry leads nowhere.
func (x *index) put(r *row, marks ...byte) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	b := x.db.NewBatch()
	defer b.Close()
	id := r.id()
	if err := b.Set(r.mark(), nil, nil); err != nil {
		return err
	}
	for _, table := range marks {
		if err := b.Set(key(table, id[:]), nil, nil); err != nil {
			return err
		}
	}
	if err := b.Set(key(tabSubmission, id[:]), raw, nil); err != nil {
		return err
	}
	return b.Commit(pebble.Sync)
}

// mark is the key that follows from a row.
func (r *row) mark() []byte {
	id := r.id()
	return key(tabSubject, r.Subject[:], id[:])
}

// drop removes all that the index knows of a submission.
func (x *index) drop(id stele.ID) error {
	r, err := x.get(id)
	if err != nil {
		return err
	}
	b := x.db.NewBatch()
	defer b.Close()
	b.Delete(r.mark(), nil)
	for _, table := range []byte{tabSubmission, tabWaiting, tabDamaged, tabOpen} {
		b.Delete(key(table, id[:]), nil)
	}
	b.DeleteRange(key(tabHolder, id[:]), upperBound(key(tabHolder, id[:])), nil)
	return b.Commit(pebble.Sync)
}

// get returns a submission's row, or KindNotFound.
func (x *index) get(id stele.ID) (*row, error) {
	raw, closer, err := x.db.Get(key(tabSubmission, id[:]))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, stele.E("find submission", stele.KindNotFound, "no such submission here", nil)
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	r := &row{}
	if err := json.Unmarshal(raw, r); err != nil || r.id() != id {
		return nil, stele.E("find submission", stele.KindProof, "a row of the index is damaged", nil)
	}
	return r, nil
}

// set and unset put a key without content and take it away, synced.
func (x *index) set(k []byte) error   { return x.db.Set(k, nil, pebble.Sync) }
func (x *index) unset(k []byte) error { return x.db.Delete(k, pebble.Sync) }

func (x *index) has(k []byte) (bool, error) {
	_, closer, err := x.db.Get(k)
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, closer.Close()
}

// each calls visit with the rest of every key that begins with prefix and is
// greater than after, until it returns false.
func (x *index) each(prefix, after []byte, visit func(rest, value []byte) bool) error {
	it, err := x.db.NewIter(&pebble.IterOptions{LowerBound: append(append([]byte(nil), prefix...), after...), UpperBound: upperBound(prefix)})
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		rest := it.Key()[len(prefix):]
		if after != nil && string(rest) == string(after) {
			continue
		}
		if !visit(append([]byte(nil), rest...), it.Value()) {
			break
		}
	}
	return errors.Join(it.Error(), it.Close())
}

// upperBound returns the smallest key after all that begin with prefix. There is none after 0xff
// alone: nil, which Pebble takes for no bound.
func upperBound(prefix []byte) []byte {
	out := append([]byte(nil), prefix...)
	for i := len(out) - 1; i >= 0; i-- {
		if out[i] < 0xff {
			out[i]++
			return out[:i+1]
		}
	}
	return nil
}

// ids returns the submissions marked in a table.
func (x *index) ids(table byte) (ids []stele.ID, err error) {
	return x.idsUnder([]byte{table})
}

func (x *index) idsUnder(prefix []byte) (ids []stele.ID, err error) {
	err = x.each(prefix, nil, func(rest, _ []byte) bool {
		if len(rest) == len(stele.ID{}) {
			ids = append(ids, stele.ID(rest))
		}
		return true
	})
	return ids, err
}

// rows calls visit with every row that can be read, in order of id. It goes on behind one that
// cannot be read and fails at the end: a check wants to see them all.
func (x *index) rows(after []byte, visit func(*row) bool) error {
	var bad error
	err := x.each([]byte{tabSubmission}, after, func(rest, value []byte) bool {
		r := &row{}
		if e := json.Unmarshal(value, r); e != nil {
			bad = stele.E("read index", stele.KindProof, "a row of the index is damaged", nil)
			return true
		}
		return visit(r)
	})
	return errors.Join(err, bad)
}

// reopen says that a submission without an anchor was put again, by Unix ms, and
// forgets who holds a copy. They may have dropped it for its age.
func (x *index) reopen(id stele.ID, at int64) error {
	b := x.db.NewBatch()
	defer b.Close()
	if err := errors.Join(
		b.Set(key(tabOpen, id[:]), binary.BigEndian.AppendUint64(nil, uint64(at)), nil),
		b.DeleteRange(key(tabHolder, id[:]), upperBound(key(tabHolder, id[:])), nil),
	); err != nil {
		return err
	}
	return b.Commit(pebble.Sync)
}

// open reports whether a submission was not seen anchored yet, and when it was put
// again, by Unix ms; 0 when it was not.
func (x *index) open(id stele.ID) (at int64, open bool, err error) {
	raw, closer, err := x.db.Get(key(tabOpen, id[:]))
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	if len(raw) == 8 {
		at = int64(binary.BigEndian.Uint64(raw))
	}
	return at, true, closer.Close()
}

// holders returns the members known to hold a copy.
func (x *index) holders(id stele.ID) (members []stele.Subject, err error) {
	err = x.each(key(tabHolder, id[:]), nil, func(rest, _ []byte) bool {
		if len(rest) == len(stele.Subject{}) {
			members = append(members, stele.Subject(rest))
		}
		return true
	})
	return members, err
}
