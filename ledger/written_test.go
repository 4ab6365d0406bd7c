package ledger

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestWrittenRowsAreFoundAndInOrder compares the table of written rows with a map, with
// keys that differ late, or only in their length, or end in zeros.
func TestWrittenRowsAreFoundAndInOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w, want := newWritten(), map[string]string{}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 20), 0, 300).Draw(r, "lengths") {
			key := bytes.Repeat([]byte{0}, n)
			if n > 0 {
				key[n-1] = rapid.SampledFrom([]byte{0, 1, 255}).Draw(r, "last")
				key[rapid.IntRange(0, n-1).Draw(r, "at")] = rapid.Byte().Draw(r, "byte")
			}
			if got, ok := w.get(key); ok != (want[string(key)] != "") || string(got) != want[string(key)] {
				t.Fatalf("%x is %q", key, got)
			}
			value := rapid.StringN(1, 3, -1).Draw(r, "value")
			w.set(key, []byte(value))
			want[string(key)] = value
		}
		if len(w.rows) != len(want) {
			t.Fatalf("%d rows of %d", len(w.rows), len(want))
		}
		var keys [][]byte
		for _, p := range w.order() {
			keys = append(keys, w.rows[p.row].key)
			if got, ok := w.get(w.rows[p.row].key); !ok || string(got) != want[string(w.rows[p.row].key)] {
				t.Fatalf("%x is %q", w.rows[p.row].key, got)
			}
		}
		if !slices.IsSortedFunc(keys, bytes.Compare) {
			t.Fatalf("%x is no order", keys)
		}
	})
}

// TestTwoKeysOfOneHashAreTwoRows: who can't read the seed can't look for such keys, yet among
// many there are some.
func TestTwoKeysOfOneHashAreTwoRows(t *testing.T) {
	w, seen := newWritten(), map[uint32][]byte{}
	for i := uint64(0); i < 1<<20; i++ { // two of 2^20 have one hash but once in 10^55
		key := binary.BigEndian.AppendUint64(nil, i)
		hash := uint32(maphash.Bytes(w.seed, key))
		other := seen[hash]
		if seen[hash] = key; other == nil {
			continue
		}
		w.set(other, []byte("other"))
		if value, ok := w.get(key); ok {
			t.Errorf("%x is not written, and is %q", key, value)
		}
		w.set(key, nil)
		if value, ok := w.get(key); !ok || value != nil {
			t.Errorf("%x is deleted, and is %q, %v", key, value, ok)
		}
		if value, ok := w.get(other); !ok || string(value) != "other" || len(w.rows) != 2 {
			t.Errorf("%x is %q, %v; %d rows", other, value, ok, len(w.rows))
		}
		return
	}
	t.Error("no two keys have one hash")
}

// TestHalfOfTheTableOfWrittenRowsIsEmpty, at first and when it is used again: who looks for a row that is
// not there ends at an empty slot, and in a table without one never.
func TestHalfOfTheTableOfWrittenRowsIsEmpty(t *testing.T) {
	w := newWritten()
	for range 2 {
		for i := range 5000 {
			w.set(binary.BigEndian.AppendUint64(nil, uint64(i)), []byte{1})
			if 2*len(w.rows) > len(w.slots) || len(w.slots)&(len(w.slots)-1) != 0 {
				t.Fatalf("%d rows in %d slots", len(w.rows), len(w.slots))
			}
		}
		w.empty()
		if _, ok := w.get(make([]byte, 8)); ok || len(w.order()) != 0 {
			t.Fatal("it is not empty")
		}
	}
}
