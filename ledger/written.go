package ledger

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// written is the rows that a block has written, each once. They are found by a table of
// hashes beside them: most looks are for rows that are not there, and end in one place of
// a table that stays in the processor's cache, where a map of strings costs several.
type written struct {
	seed   maphash.Seed
	rows   []row
	slots  table      // at least twice as many as rows
	places [2][]place // order's
}

// row is a key and its value, nil when it is deleted. Neither is ever changed.
type row struct{ key, value []byte }

// slot is where a row stands, counted from 1, and the hash of its key; empty with 0.
type slot struct{ hash, at uint32 }

const slotSize = 8 // bytes

// table is slots, a power of two of them.
type table []slot

// newWritten returns an empty table.
func newWritten() *written { return &written{seed: maphash.MakeSeed(), slots: make(table, 64)} }

// empty takes all rows out. Their memory is for those of the next block.
func (w *written) empty() {
	clear(w.rows)
	clear(w.slots)
	w.rows = w.rows[:0]
}

// find returns the slot of a key, or the empty one where it belongs, and its hash.
func (w *written) find(key []byte) (at, hash uint32) {
	hash = uint32(maphash.Bytes(w.seed, key))
	mask := uint32(len(w.slots) - 1)
	for at = hash & mask; ; at = (at + 1) & mask {
		s := w.slots[at]
		if s.at == 0 || s.hash == hash && bytes.Equal(w.rows[s.at-1].key, key) {
			return at, hash
		}
	}
}

// get returns the value of a key, nil when the block deleted it, and whether the block
// wrote it.
func (w *written) get(key []byte) (value []byte, ok bool) {
	at, _ := w.find(key)
	if s := w.slots[at]; s.at != 0 {
		return w.rows[s.at-1].value, true
	}
	return nil, false
}

// set writes a row, or writes it again.
func (w *written) set(key, value []byte) {
	at, hash := w.find(key)
	if s := w.slots[at]; s.at != 0 {
		w.rows[s.at-1].value = value
		return
	}
	w.rows = append(w.rows, row{key, value})
	w.slots[at] = slot{hash, uint32(len(w.rows))}
	if 2*len(w.rows) > len(w.slots) {
		w.slots = w.slots.grown()
	}
}

// grown returns twice as many slots with the same in them.
func (s table) grown() table {
	grown := make(table, max(2*len(s), 32))
	mask := uint32(len(grown) - 1)
	for _, one := range s {
		if one.at == 0 {
			continue
		}
		at := one.hash & mask
		for grown[at].at != 0 {
			at = (at + 1) & mask
		}
		grown[at] = one
	}
	return grown
}

// order lists the rows' places in the order of their keys, until it is called again.
func (w *written) order() []place {
	for i := range w.places {
		w.places[i] = slices.Grow(w.places[i][:0], len(w.rows))[:len(w.rows)]
	}
	places := w.places[0]
	for i, r := range w.rows {
		var head [16]byte
		copy(head[:], r.key)
		places[i] = place{binary.BigEndian.Uint64(head[:]), binary.BigEndian.Uint64(head[8:]), i}
	}
	w.sort(places, w.places[1], 0)
	return places
}

// place is a row and the first 16 bytes of its key, as numbers.
type place struct {
	first, second uint64
	row           int
}

// sort sorts places that have so many bytes in common: by the next of them, into room and
// back, until they are few. Most keys end in an id, so that two or three bytes tell most of
// them from one another.
func (w *written) sort(places, room []place, common int) {
	const few = 16
	if len(places) <= few || common == 8 {
		slices.SortFunc(places, w.compare)
		return
	}
	shift := 56 - 8*common
	var ends [256]int // of the places with each byte
	for _, p := range places {
		ends[byte(p.first>>shift)]++
	}
	sum := 0
	for b, n := range ends {
		ends[b] = sum
		sum += n
	}
	for _, p := range places {
		b := byte(p.first >> shift)
		room[ends[b]] = p
		ends[b]++
	}
	copy(places, room)
	from := 0
	for _, to := range ends {
		if to > from {
			w.sort(places[from:to], room, common+1)
			from = to
		}
	}
}

func (w *written) compare(a, b place) int {
	switch {
	case a.first != b.first:
		return cmp.Compare(a.first, b.first)
	case a.second != b.second:
		return cmp.Compare(a.second, b.second)
	}
	return bytes.Compare(w.rows[a.row].key, w.rows[b.row].key)
}
