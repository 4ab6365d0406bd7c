package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestPackedRowsAreWhatWasPutLast compares a shard with a map, with hashes of which many
// are the same: what it remembers is what was put last, also that there is none; what was
// used in this generation or the one before is remembered; what was handed out stays as
// it was.
func TestPackedRowsAreWhatWasPutLast(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var s shard
		last, used, turns := map[string][]byte{}, map[string]int{}, 0
		var handed [][]byte
		var as []string
		for i := range rapid.IntRange(0, 300).Draw(r, "steps") {
			key := rapid.SliceOfN(rapid.ByteRange(0, 2), 0, 3).Draw(r, "key")
			hash := uint32(len(key))
			switch rapid.IntRange(0, 3).Draw(r, "what") {
			case 0:
				var value []byte
				if rapid.IntRange(0, 3).Draw(r, "there") > 0 {
					value = fmt.Append(nil, i)[:rapid.IntRange(0, 1).Draw(r, "length")]
				}
				s.put(hash, key, value)
				last[string(key)], used[string(key)] = value, turns
			case 1:
				s.young, s.old = s.young.empty(), s.young
				turns++
			default:
				value, ok := s.get(hash, key)
				want, put := last[string(key)]
				switch {
				case !ok && put && turns-used[string(key)] < 2:
					t.Fatalf("%x is forgotten", key)
				case !ok:
					continue
				case !put || !bytes.Equal(value, want) || (value == nil) != (want == nil):
					t.Fatalf("%x is %q, want %q", key, value, want)
				}
				used[string(key)] = turns
				handed, as = append(handed, value), append(as, string(value))
			}
		}
		for i, value := range handed {
			if string(value) != as[i] {
				t.Fatalf("%q was %q when it was found", value, as[i])
			}
		}
	})
}

// TestRememberedRowsTakeNoMoreThanTheyMay: of whatever size they are, also when small ones
// come after large ones and the other way round. Of each that fits some are remembered.
func TestRememberedRowsTakeNoMoreThanTheyMay(t *testing.T) {
	var s shard
	for _, size := range []int{3, 16_000, 200, 20, 100_000, 20, 4 * generation / 9, 8} {
		n := 5 * generation / (size + 40)
		for i := range n {
			key := binary.LittleEndian.AppendUint64(make([]byte, 0, size+8), uint64(i))
			s.put(uint32(i)*0x9e3779b1, key[:size+8], nil)
			if taken := cap(s.young.rows) + slotSize*len(s.young.slots); taken > generation {
				t.Fatalf("keys of %d bytes: %d bytes are taken after %d, want at most %d", size+8, taken, i, generation)
			}
		}
		if held, want := s.old.count, generation*7/8/(size+64); held < want {
			t.Errorf("keys of %d bytes: a generation holds %d rows, want at least %d", size+8, held, want)
		}
	}
	large := make([]byte, 2*generation)
	s.put(1, []byte("large"), large)
	if value, ok := s.get(1, []byte("large")); !ok || !bytes.Equal(value, large) {
		t.Error("a row that is larger than a generation is not found")
	}
	s.put(2, []byte("next"), nil)
	if taken := cap(s.young.rows) + slotSize*len(s.young.slots); taken > generation {
		t.Errorf("after a large row %d bytes are taken, want at most %d", taken, generation)
	}
}
