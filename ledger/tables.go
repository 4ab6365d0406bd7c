package ledger

import (
	"encoding/binary"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// The frame's own tables; those of the contracts are theirs (contract/state). All
// of the state is what a contract may know and a snapshot must restore, and all of
// it is folded from events.
var (
	Consortium = NewTable[wire.Consortium]("co") // one row, under the empty key: who may hand in parcels

	heads = NewTable[HeadRow]("he")  // of logs, by subject
	done  = NewTable[EventRef]("do") // by age and transaction id, until it cannot come again
)

// Prefixes of what is not a table of rows.
const (
	prefixEvent    = 'E' // leaf, position → event bytes, and the hashes of the subtrees that it completes
	prefixBlock    = 'H' // height, index → EventRef
	prefixTile     = 'T' // level, index → hashes of neighbours in the tree of heads
	prefixDue      = 'D' // time, kind, id → nothing: the time index
	prefixAge      = 'A' // one row: the newest age that has an event
	prefixPosition = 'P' // one row: the layout, height, time, leaves, events, app hash
)

// layout is the number of how rows are laid out. A store of another layout is not
// read: events can always be folded anew.
const layout = 8

// position is where the ledger stands.
type position struct {
	height  int64
	timeMS  int64
	leaves  uint64
	events  uint64
	appHash stele.Digest
}

func readPosition(s Reader) position {
	raw := s.Get([]byte{prefixPosition})
	if raw == nil {
		return position{}
	}
	if len(raw) == positionLen && binary.BigEndian.Uint64(raw) == earlier {
		Fail(stele.E("open ledger", stele.KindOther, "the ledger's folder is of the last release", nil).
			WithHint("nothing was changed; take the member over with: stele member upgrade"))
	}
	if len(raw) != positionLen || binary.BigEndian.Uint64(raw) != layout {
		Fail(stele.E("open ledger", stele.KindOther, "the ledger's folder is of another version of this software", nil).
			WithHint("take the ledger anew from another member: stele member restore"))
	}
	return positionIn(raw)
}

// positionLen is the length of the row of the position.
const positionLen = 5*8 + 32

// positionIn reads such a row, of whatever layout.
func positionIn(raw []byte) position {
	return position{
		height:  int64(binary.BigEndian.Uint64(raw[8:])),
		timeMS:  int64(binary.BigEndian.Uint64(raw[16:])),
		leaves:  binary.BigEndian.Uint64(raw[24:]),
		events:  binary.BigEndian.Uint64(raw[32:]),
		appHash: stele.Digest(raw[40:]),
	}
}

func (p position) write(s Writer) {
	raw := numbers(0, layout, uint64(p.height), uint64(p.timeMS), p.leaves, p.events)[1:]
	s.Set([]byte{prefixPosition}, append(raw, p.appHash[:]...))
}

// age numbers the stretches of time that transactions are remembered by. One
// that can still come again was first answered in this age or the one before:
// it expires within MaxValidity. Whole ages are forgotten at a time.
func age(timeMS int64) uint64 { return uint64(max(timeMS, 0) / MaxValidity.Milliseconds()) }

// doneKey is the key of a transaction's row in the table of those that are done, or with
// no transaction what all of an age begin with.
func doneKey(age uint64, tx []byte) []byte {
	key := append(make([]byte, 0, lengthOfDone), done.prefix...)
	return append(binary.BigEndian.AppendUint64(key, age), tx...)
}

// Deadline is an entry of the time index: at a moment, something ends.
type Deadline struct {
	TimeMS int64
	Kind   byte   // which contract's (contract/state lists them)
	ID     []byte // what ends
}

// PlaceOf returns where an event stands, for tables that point to it.
func PlaceOf(e *wire.Event) *Place { return &Place{Height: e.Height, Index: e.Index} }

// Before reports whether a place comes before another one on the ledger.
func (x *Place) Before(other *Place) bool {
	return x.Height < other.Height || x.Height == other.Height && x.Index < other.Index
}

// SetDeadline puts d into the time index.
func SetDeadline(s Writer, d Deadline) { s.Set(d.key(), []byte{}) }

// ClearDeadline takes d out of the time index.
func ClearDeadline(s Writer, d Deadline) { s.Delete(d.key()) }

func (d Deadline) key() []byte {
	return append(append(numbers(prefixDue, uint64(d.TimeMS)), d.Kind), d.ID...)
}

// dueBy lists at most limit deadlines up to and including a time, soonest first.
func dueBy(s Reader, timeMS int64, limit int) []Deadline {
	var due []Deadline
	s.Scan([]byte{prefixDue}, numbers(prefixDue, uint64(timeMS)+1), func(key, _ []byte) bool {
		due = append(due, Deadline{
			TimeMS: int64(binary.BigEndian.Uint64(key[1:])),
			Kind:   key[9],
			ID:     append([]byte(nil), key[10:]...),
		})
		return len(due) < limit
	})
	return due
}

// numbers builds a key: a prefix and numbers that sort as they count.
func numbers(prefix byte, values ...uint64) []byte {
	key := make([]byte, 1, 1+8*len(values)+17)
	key[0] = prefix
	for _, v := range values {
		key = binary.BigEndian.AppendUint64(key, v)
	}
	return key
}
