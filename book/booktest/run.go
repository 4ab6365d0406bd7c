package booktest

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele/book"
)

// Run holds stores to what book.Store and book.Stores promise. folder is empty, or not
// there: the names of the stores that Run makes lie in it.
func Run(t *testing.T, stores book.Stores, folder string) {
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			if err := p.keeps(stores, filepath.Join(folder, strings.ReplaceAll(p.name, " ", "-"))); err != nil {
				t.Error(err)
			}
		})
	}
}

// promises are tried one by one, each with a name of its own.
var promises = []struct {
	name  string
	keeps func(stores book.Stores, name string) error
}{
	{"as a map", asAMap},
	{"scans within a prefix", scans},
	{"a batch is whole or nothing", wholeOrNothing},
	{"a snapshot is one state", oneState},
	{"beside one writer others read", together},
	{"several wait together", waiting},
	{"what is large", large},
	{"values are the caller's", callers},
	{"two names are two stores", twoStores},
	{"what is removed is gone", removed},
}

// opened calls f with an open store, and closes it.
func opened(stores book.Stores, name string, f func(book.Store) error) error {
	s, err := stores.Open(name)
	if err != nil {
		return fmt.Errorf("it does not open: %w", err)
	}
	if err := f(s); err != nil {
		return err // what is wrong may keep it from closing
	}
	return s.Close()
}

// patience is how long a change may take that has a few rows.
var patience = 30 * time.Second

// change makes a batch and waits for it, for as long as patience has.
func change(s book.Store, f func(book.Batch) error) error {
	done := make(chan error, 1)
	go func() { done <- changeAt(s, f) }()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return fmt.Errorf("a change is not done after %v: a batch waits for no snapshot that is open", patience)
	}
}

// changeAt is change for as long as it takes.
func changeAt(s book.Store, f func(book.Batch) error) error {
	b, err := s.Begin()
	if err != nil {
		return err
	}
	if err := f(b); err != nil {
		b.Close()
		return err
	}
	wait, err := b.Commit()
	if err != nil {
		return err
	}
	return wait()
}

// set is a batch that sets rows.
func set(s book.Store, rows map[string]string) error {
	return change(s, func(b book.Batch) error {
		for key, value := range rows {
			if err := b.Set([]byte(key), []byte(value)); err != nil {
				return err
			}
		}
		return nil
	})
}

// shows fails unless a snapshot, or a batch, shows these rows, in order.
func shows(s book.Snapshot, want map[string]string) error {
	keys := slices.Sorted(maps.Keys(want))
	var got []string
	err := s.Scan(nil, func(key, value []byte) bool {
		got = append(got, string(key)+"="+string(value))
		return true
	})
	if err != nil {
		return err
	}
	for i, key := range keys {
		if line := key + "=" + want[key]; i >= len(got) || got[i] != line {
			return fmt.Errorf("a scan shows %q, and should show %d rows, of which %q is number %d", got, len(keys), line, i)
		}
		value, found, err := s.Get([]byte(key))
		if err != nil || !found || string(value) != want[key] {
			return fmt.Errorf("%q is %q, %v, %v, and should be %q", key, value, found, err, want[key])
		}
	}
	if len(got) > len(keys) {
		return fmt.Errorf("a scan shows %q, which is more than %d rows", got, len(keys))
	}
	return nil
}

// now fails unless a store shows these rows.
func now(s book.Store, want map[string]string) error {
	n, err := s.Snapshot()
	if err != nil {
		return err
	}
	defer n.Close()
	return shows(n, want)
}

// asAMap changes a store and a map in the same way, at random, and holds one to the other:
// within each batch, after it, and when the store is opened again.
func asAMap(stores book.Stores, name string) error {
	dice := rand.New(rand.NewPCG(1, 2))
	want := map[string]string{}
	for range 8 {
		if err := opened(stores, name, func(s book.Store) error {
			for range 10 {
				if err := now(s, want); err != nil {
					return err
				}
				changed, err := step(s, want, dice)
				if err != nil {
					return err
				}
				want = changed
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return opened(stores, name, func(s book.Store) error { return now(s, want) })
}

// step makes one batch, and returns what is there now: what the batch says or, where it is
// closed without Commit, what was.
func step(s book.Store, before map[string]string, dice *rand.Rand) (map[string]string, error) {
	b, err := s.Begin()
	if err != nil {
		return nil, err
	}
	after := maps.Clone(before)
	for range dice.IntN(12) {
		key := anyKey(dice)
		if dice.IntN(3) == 0 {
			delete(after, key)
			err = b.Delete([]byte(key))
		} else {
			after[key] = strings.Repeat("v", dice.IntN(3)*dice.IntN(40)) + fmt.Sprint(dice.IntN(9))[:dice.IntN(2)]
			err = b.Set([]byte(key), []byte(after[key]))
		}
		if err != nil {
			return nil, err
		}
	}
	if err := shows(b, after); err != nil {
		return nil, fmt.Errorf("within a batch: %w", err)
	}
	if dice.IntN(4) == 0 {
		b.Close()
		return before, nil
	}
	wait, err := b.Commit()
	if err != nil {
		return nil, err
	}
	return after, wait()
}

// anyKey is one of a few hundred keys, of which many begin alike, with extremes.
func anyKey(dice *rand.Rand) string {
	key := bytes.Repeat([]byte{[]byte{0, 1, 0x7f, 0x80, 0xff}[dice.IntN(5)]}, 8)
	for range 1 + dice.IntN(2) {
		key = append(key, []byte{0, 1, 0xfe, 0xff}[dice.IntN(4)])
	}
	return string(key)
}

// scans looks at each prefix, at the ends of the order and at a scan that is stopped.
func scans(stores book.Stores, name string) error {
	rows := map[string]string{}
	for _, key := range []string{"\x00", "\x00\x00", "a", "a\x00", "a\xff", "a\xff\xff", "b", "\xff", "\xff\xff", "\xff\xff\x00"} {
		rows[key] = "of " + key
	}
	return opened(stores, name, func(s book.Store) error {
		if err := set(s, rows); err != nil {
			return err
		}
		n, err := s.Snapshot()
		if err != nil {
			return err
		}
		defer n.Close()
		for _, prefix := range []string{"", "\x00", "a", "a\xff", "b", "c", "\xff", "\xff\xff", "\xff\xff\xff"} {
			var want []string
			for _, key := range slices.Sorted(maps.Keys(rows)) {
				if strings.HasPrefix(key, prefix) {
					want = append(want, key)
				}
			}
			for most := range len(want) + 1 {
				if err := scan(n, prefix, want, most+1); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// scan stops after so many keys; each visit reads within the scan.
func scan(s book.Snapshot, prefix string, all []string, most int) (wrong error) {
	want := all[:min(len(all), most)]
	var got []string
	err := s.Scan([]byte(prefix), func(key, value []byte) bool {
		got = append(got, string(key))
		again, found, err := s.Get(key)
		if err != nil || !found || !bytes.Equal(again, value) {
			wrong = fmt.Errorf("within a scan of %q, %q is %q, %v, %v", prefix, key, again, found, err)
		}
		return wrong == nil && len(got) < most
	})
	if err != nil || wrong != nil {
		return cmp.Or(err, wrong)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("a scan of %q that is stopped after %d finds %q, and should find %q", prefix, most, got, want)
	}
	return nil
}
