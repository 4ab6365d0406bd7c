package ledger

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestWrittenRowsAreFoundAndInOrder compares the table of written rows with a map, with
// keys that differ late, or only in their length, or end in zeros.
func TestWrittenRowsAreFoundAndInOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w, want := newWritten(0), map[string]string{}
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
		for _, i := range w.order() {
			keys = append(keys, w.rows[i].key)
			if got, ok := w.get(w.rows[i].key); !ok || string(got) != want[string(w.rows[i].key)] {
				t.Fatalf("%x is %q", w.rows[i].key, got)
			}
		}
		if !slices.IsSortedFunc(keys, bytes.Compare) {
			t.Fatalf("%x is no order", keys)
		}
	})
}
