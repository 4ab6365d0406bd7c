package ledger

import (
	"fmt"
	"hash/maphash"
	"testing"

	"pgregory.net/rapid"
)

// TestAMemoTellsWhatWasPut: of a key that it was put under, and nothing of another, be its
// hash the same; what was put or found in this generation or the one before is there, and
// no more keys than two generations hold.
func TestAMemoTellsWhatWasPut(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		const limit = 20
		m := newMemo[int](limit)
		last, since := map[string]int{}, map[string]int{}
		bytes := 0 // of keys that were put or found
		for i := range rapid.IntRange(0, 200).Draw(r, "steps") {
			key := fmt.Appendf(nil, "%02d", rapid.IntRange(0, 20).Draw(r, "key"))
			if rapid.Bool().Draw(r, "put") {
				m.put(key, i)
				last[string(key)] = i
			} else {
				value, ok := m.get(key)
				if want, put := last[string(key)]; ok && (!put || value != want) {
					r.Fatalf("%s is %d, want %d", key, value, want)
				} else if before, known := since[string(key)]; !ok && known && bytes-before <= limit {
					r.Fatalf("%s is forgotten", key)
				} else if !ok {
					continue
				}
			}
			bytes += len(key)
			since[string(key)] = bytes
		}
		if n := len(m.young) + len(m.old); 2*n > 2*(limit+4) {
			r.Fatalf("%d keys are remembered", n)
		}
	})
	m := newMemo[int](20)
	m.put([]byte("one"), 1)
	m.young[maphash.String(m.seed, "two")] = m.young[maphash.String(m.seed, "one")]
	if value, ok := m.get([]byte("two")); ok {
		t.Errorf("another key of the same hash gives %d", value)
	}
}
