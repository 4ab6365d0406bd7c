package ledgertest

import (
	"bytes"
	"fmt"
	"sort"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stele-health/stele/ledger"
)

// TestStore holds a store to the promises of ledger.Store. open returns a new
// empty one; closing it, if need be, is the caller's, by t.Cleanup.
func TestStore(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Run("an absent key is nil and an empty value is not", func(t *testing.T) {
		s := open(t)
		commit(t, s, func(b ledger.Batch) { b.Set([]byte("empty"), nil); b.Set([]byte("full"), []byte("x")) })
		snapshot := s.Snapshot()
		defer snapshot.Close()
		if v := snapshot.Get([]byte("empty")); v == nil || len(v) != 0 {
			t.Errorf("an empty value is read as %#v", v)
		}
		for _, key := range []string{"", "emp", "emptyy", "fulk"} {
			if v := snapshot.Get([]byte(key)); v != nil {
				t.Errorf("%q is read as %#v", key, v)
			}
		}
	})
	t.Run("what was read and written is the caller's", func(t *testing.T) {
		s := open(t)
		key, value := []byte("key"), []byte("value")
		commit(t, s, func(b ledger.Batch) {
			b.Set(key, value)
			key[0], value[0] = 'X', 'X'
		})
		snapshot := s.Snapshot()
		defer snapshot.Close()
		copy(snapshot.Get([]byte("key")), "ZZZZZ")
		if got := snapshot.Get([]byte("key")); string(got) != "value" {
			t.Errorf("%q", got)
		}
	})
	t.Run("a discarded batch leaves nothing", func(t *testing.T) {
		s := open(t)
		b := s.Begin(0)
		b.Set([]byte("a"), []byte("1"))
		b.Discard()
		if got := all(s); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
	t.Run("a scan ends when it is told and between its bounds", func(t *testing.T) {
		s := open(t)
		commit(t, s, func(b ledger.Batch) {
			for _, k := range []string{"a", "b", "b\x00", "b\xff", "c"} {
				b.Set([]byte(k), []byte(k))
			}
		})
		snapshot := s.Snapshot()
		defer snapshot.Close()
		for _, c := range []struct {
			from, to string
			limit    int
			want     []string
		}{
			{"b", "c", 9, []string{"b", "b\x00", "b\xff"}}, {"a", "z", 2, []string{"a", "b"}},
			{"b\x00", "b\x01", 9, []string{"b\x00"}}, {"c", "b", 9, nil}, {"d", "z", 9, nil}, {"b", "b", 9, nil},
		} {
			var got []string
			snapshot.Scan([]byte(c.from), []byte(c.to), func(key, value []byte) bool {
				if !bytes.Equal(key, value) {
					t.Errorf("%q has the value %q", key, value)
				}
				got = append(got, string(key))
				return len(got) < c.limit
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("scan %q to %q: %s", c.from, c.to, diff)
			}
		}
	})
	t.Run("it agrees with a map", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) { againstMap(t, r, open(t)) })
	})
}

// againstMap writes, deletes one and many, commits, discards and freezes at random, and
// compares all that can be read with maps.
func againstMap(t *testing.T, r *rapid.T, s ledger.Store) {
	committed := map[string]string{}
	var frozen []ledger.Snapshot
	var wants []map[string]string
	for range rapid.IntRange(1, 6).Draw(r, "batches") {
		b, want := s.Begin(0), clone(committed)
		for i := range rapid.IntRange(0, 300).Draw(r, "writes") {
			key := fmt.Sprintf("%02x", rapid.IntRange(0, 400).Draw(r, "key"))
			switch rapid.IntRange(0, 7).Draw(r, "what") {
			case 0, 1:
				b.Delete([]byte(key))
				delete(want, key)
			case 2:
				to := fmt.Sprintf("%02x", rapid.IntRange(0, 400).Draw(r, "to"))
				b.DeleteRange([]byte(key), []byte(to))
				for k := range want {
					if k >= key && k < to {
						delete(want, k)
					}
				}
			default:
				value := fmt.Sprint(i)
				b.Set([]byte(key), []byte(value))
				want[key] = value
			}
		}
		if rapid.Bool().Draw(r, "discard") {
			b.Discard()
		} else if err := b.Commit(); err != nil {
			t.Fatal(err)
		} else {
			committed = want
		}
		frozen, wants = append(frozen, s.Snapshot()), append(wants, clone(committed))
	}
	for i, snapshot := range frozen {
		if diff := cmp.Diff(wants[i], read(snapshot)); diff != "" {
			t.Fatalf("snapshot %d of %d: %s", i, len(frozen), diff)
		}
		snapshot.Close()
	}
}

func commit(t *testing.T, s ledger.Store, write func(ledger.Batch)) {
	t.Helper()
	b := s.Begin(0)
	write(b)
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
}

// all reads a store's committed state.
func all(s ledger.Store) map[string]string {
	snapshot := s.Snapshot()
	defer snapshot.Close()
	return read(snapshot)
}

// read reads everything, and stops the test by a panic when keys don't ascend.
func read(s ledger.Reader) map[string]string {
	got, order := map[string]string{}, []string(nil)
	s.Scan(nil, []byte{0xff, 0xff}, func(key, value []byte) bool {
		got[string(key)] = string(value)
		order = append(order, string(key))
		return true
	})
	if !sort.StringsAreSorted(order) || len(order) != len(got) {
		panic("ledgertest: a scan does not ascend")
	}
	return got
}

func clone(m map[string]string) map[string]string {
	c := make(map[string]string, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}
