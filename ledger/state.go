package ledger

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele/wire"
)

// Reader reads state. Get returns nil when there is no value. Scan visits keys
// in [from, to) in ascending order until visit says no; the slices are valid
// only during the visit.
//
// A failing store is not a contract's business: implementations stop the block
// by calling Fail, and the frame hands the error to its caller.
type Reader interface {
	Get(key []byte) []byte
	Scan(from, to []byte, visit func(key, value []byte) (more bool))
}

// Writer reads and writes state.
type Writer interface {
	Reader
	Set(key, value []byte)
	Delete(key []byte)
}

// Batch collects one block's writes.
type Batch interface {
	Set(key, value []byte)
	Delete(key []byte)
	// DeleteRange removes what was committed before at the keys in [from, to).
	DeleteRange(from, to []byte)
	// Commit stores the batch at once and durably.
	Commit() error
	// Discard drops the batch. After Commit it does nothing.
	Discard()
}

// Snapshot is the committed state at one moment.
type Snapshot interface {
	Reader
	Close()
}

// Store keeps the state; package store implements it.
type Store interface {
	// Begin starts a batch, of about so many bytes of keys and values.
	Begin(size int) Batch
	Snapshot() Snapshot
}

// failure carries a store's error through contract code, which never sees it.
type failure struct{ err error }

// Fail stops the current block or question with a store's error. Only
// implementations of Reader and Writer call it.
func Fail(err error) { panic(failure{err}) }

// guard turns a Fail into an error. A panic of any other kind goes on.
func guard(err *error) {
	switch p := recover().(type) {
	case nil:
	case failure:
		*err = p.err
	default:
		panic(p)
	}
}

// A Table is a set of rows under a prefix of their keys.
type Table[R any, P interface {
	*R
	proto.Message
}] struct{ prefix string }

// NewTable makes a table of rows of one kind, under a prefix of two small letters
// that is no other table's; TestPrefixes holds it. The frame's own rows that stand
// in no table begin with a capital letter.
func NewTable[R any, P interface {
	*R
	proto.Message
}](prefix string) Table[R, P] {
	return Table[R, P]{prefix}
}

// Get returns the row under key, or nil.
func (t Table[R, P]) Get(s Reader, key []byte) P {
	raw := s.Get(t.key(key))
	if raw == nil {
		return nil
	}
	return t.row(raw)
}

// row decodes a row.
func (t Table[R, P]) row(raw []byte) P {
	row := P(new(R))
	if err := wire.DecodeInPlace(raw, row); err != nil {
		Fail(fmt.Errorf("ledger: table %q holds a damaged row: %w", t.prefix, err))
	}
	return row
}

// Has reports whether there is a row under key.
func (t Table[R, P]) Has(s Reader, key []byte) bool { return s.Get(t.key(key)) != nil }

// Set writes the row under key.
func (t Table[R, P]) Set(s Writer, key []byte, row P) { s.Set(t.key(key), wire.Marshal(row)) }

// Delete removes the row under key, if there is one.
func (t Table[R, P]) Delete(s Writer, key []byte) { s.Delete(t.key(key)) }

func (t Table[R, P]) key(key []byte) []byte {
	return append(append(make([]byte, 0, len(t.prefix)+len(key)), t.prefix...), key...)
}

// holds reports whether a key is one of the table's.
func (t Table[R, P]) holds(key []byte) bool {
	return len(key) >= 2 && key[0] == t.prefix[0] && key[1] == t.prefix[1]
}

// OfNewIDs says of a table that a row is written under an id which whoever sends a
// transaction has drawn, so that each time somebody looks whether there is one, and
// nearly each time there is none. Such a look costs little; see ids.
func (t Table[R, P]) OfNewIDs() Table[R, P] {
	idTables.add(t.prefix, mostlyNone)
	return t
}

// OfFirstUses says of a table that its rows are written over and over, and that there is
// none before the first time, which costs little then; see ids.
func (t Table[R, P]) OfFirstUses() Table[R, P] {
	idTables.add(t.prefix, mostlyThere)
	return t
}

// upTo returns the first key after all those that begin with a prefix.
func upTo(prefix string) []byte {
	to := []byte(prefix)
	to[len(to)-1]++
	return to
}
