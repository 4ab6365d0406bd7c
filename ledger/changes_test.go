package ledger

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestABlockReadsWhatItWrote compares changes, and what they commit, with a map,
// over several blocks that read through the memory of rows.
func TestABlockReadsWhatItWrote(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		store, memory, want := NewMemory(), newRows(NewMemory().Snapshot()), map[string]string{}
		for range rapid.IntRange(1, 5).Draw(r, "blocks") {
			before := &frozen{state: store.Snapshot(), version: memory.version.Load()}
			c := newChanges(memory.at(before), newWritten())
			committed := maps.Clone(want)
			for i := range rapid.IntRange(0, 200).Draw(r, "steps") {
				key := fmt.Sprintf("%02x", rapid.IntRange(0, 99).Draw(r, "key"))
				switch rapid.IntRange(0, 4).Draw(r, "what") {
				case 0:
					c.Delete([]byte(key))
					delete(want, key)
				case 1:
					c.Set([]byte(key), fmt.Append(nil, i))
					want[key] = fmt.Sprint(i)
				default:
					value, there := want[key]
					if got := c.Get([]byte(key)); string(got) != value || (got != nil) != there {
						t.Fatalf("%s reads %q, want %q", key, got, value)
					}
				}
			}
			from, to := fmt.Sprintf("%02x", rapid.IntRange(0, 99).Draw(r, "from")), fmt.Sprintf("%02x", rapid.IntRange(0, 99).Draw(r, "to"))
			limit := rapid.IntRange(1, 100).Draw(r, "limit")
			if diff := cmp.Diff(between(want, from, to, limit), scan(c, from, to, limit)); diff != "" {
				t.Fatalf("scan: %s", diff)
			}
			if rapid.Bool().Draw(r, "drop") {
				want = committed
				continue
			}
			if err := c.commit(store); err != nil {
				t.Fatal(err)
			}
			memory.committed(c)
			if diff := cmp.Diff(between(want, "", "zz", 999), scan(store.Snapshot(), "", "zz", 999)); diff != "" {
				t.Fatalf("committed: %s", diff)
			}
			for key := range 100 { // who holds the state before goes on seeing it
				key := fmt.Sprintf("%02x", key)
				if got := memory.at(before).Get([]byte(key)); string(got) != committed[key] {
					t.Fatalf("the state before reads %q at %s, want %q", got, key, committed[key])
				}
			}
		}
	})
}

// TestARangeIsDeletedWithAllThatIsInIt deletes ranges that begin alike, with what was
// there before and what the block wrote there.
func TestARangeIsDeletedWithAllThatIsInIt(t *testing.T) {
	for what, ends := range map[string][]string{"once": {"d"}, "then a shorter one": {"d", "c"}, "then a longer one": {"c", "d"}} {
		store := NewMemory()
		c := newChanges(store.Snapshot(), newWritten())
		for _, key := range []string{"a", "b", "c", "c9", "d"} {
			c.Set([]byte(key), []byte("old"))
		}
		if err := c.commit(store); err != nil {
			t.Fatal(err)
		}
		c = newChanges(store.Snapshot(), newWritten())
		c.Set([]byte("b5"), []byte("new"))
		c.Set([]byte("d5"), []byte("new"))
		for _, end := range ends {
			c.DeleteRange([]byte("b"), []byte(end))
		}
		if err := c.commit(store); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a=old", "d=old", "d5=new"}, scan(store.Snapshot(), "", "z", 99)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func scan(s Reader, from, to string, limit int) (got []string) {
	s.Scan([]byte(from), []byte(to), func(key, value []byte) bool {
		got = append(got, string(key)+"="+string(value))
		return len(got) < limit
	})
	return got
}

func between(m map[string]string, from, to string, limit int) (want []string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if key >= from && key < to && len(want) < limit {
			want = append(want, key+"="+m[key])
		}
	}
	return want
}
