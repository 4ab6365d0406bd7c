package booktest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/stele-health/stele/book"
)

// wholeOrNothing: nobody sees a batch before Commit, everybody after it, also before it
// was waited for; one that is closed was never there.
func wholeOrNothing(stores book.Stores, name string) error {
	before, after := map[string]string{"kept": "1", "changed": "1", "deleted": "1"}, map[string]string{"kept": "1", "changed": "2", "new": ""}
	return opened(stores, name, func(s book.Store) error {
		if err := set(s, before); err != nil {
			return err
		}
		for _, commits := range []bool{false, true} {
			b, err := s.Begin()
			if err != nil {
				return err
			}
			err = errors.Join(b.Set([]byte("changed"), []byte("2")), b.Set([]byte("new"), nil), b.Delete([]byte("deleted")), shows(b, after))
			if err == nil {
				err = now(s, before)
			}
			if !commits {
				b.Close()
				if err = errors.Join(err, now(s, before)); err != nil {
					return fmt.Errorf("of a batch that was not committed: %w", err)
				}
				continue
			}
			wait, failed := b.Commit()
			if err = errors.Join(err, failed); err != nil {
				return err
			}
			if err = errors.Join(now(s, after), wait()); err != nil {
				return fmt.Errorf("of a batch that was committed: %w", err)
			}
		}
		return nil
	})
}

// oneState: what is changed shows in no snapshot that was there before, nor in a scan of
// it that is under way.
func oneState(stores book.Stores, name string) error {
	before := map[string]string{"a": "1", "b": "1", "c": "1"}
	return opened(stores, name, func(s book.Store) error {
		if err := set(s, before); err != nil {
			return err
		}
		n, err := s.Snapshot()
		if err != nil {
			return err
		}
		defer n.Close()
		var failed error
		visits := 0
		err = n.Scan(nil, func(_, value []byte) bool {
			if visits++; visits == 1 {
				failed = change(s, func(b book.Batch) error {
					return errors.Join(b.Set([]byte("b"), []byte("2")), b.Delete([]byte("c")), b.Set([]byte("d"), []byte("2")))
				})
			}
			if string(value) != "1" {
				failed = errors.Join(failed, fmt.Errorf("a scan shows what was changed since it began: %q", value))
			}
			return failed == nil
		})
		if err := errors.Join(err, failed); err != nil {
			return err
		}
		if visits != len(before) {
			return fmt.Errorf("a scan that began with %d rows shows %d", len(before), visits)
		}
		if err := shows(n, before); err != nil {
			return fmt.Errorf("of a snapshot from before a change: %w", err)
		}
		return now(s, map[string]string{"a": "1", "b": "2", "d": "2"})
	})
}

// together: one writes the same number into many rows, again and again; whoever reads
// meanwhile finds one number in all, and never a smaller one than before.
func together(stores book.Stores, name string) error {
	const rows, times, readers = 20, 50, 3
	return opened(stores, name, func(s book.Store) error {
		write := func(n int) error {
			return change(s, func(b book.Batch) (err error) {
				for i := range rows {
					err = errors.Join(err, b.Set(fmt.Append(nil, "row ", i), fmt.Appendf(nil, "%06d", n)))
				}
				return err
			})
		}
		if err := write(0); err != nil {
			return err
		}
		var all sync.WaitGroup
		done, failed := make(chan struct{}), make([]error, readers)
		for r := range readers {
			all.Go(func() {
				last := ""
				for failed[r] == nil {
					last, failed[r] = sameInAll(s, rows, last)
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		var err error
		for n := 1; n <= times && err == nil; n++ {
			err = write(n)
		}
		close(done)
		all.Wait()
		return errors.Join(append(failed, err)...)
	})
}

// sameInAll returns the value that all rows have.
func sameInAll(s book.Store, rows int, last string) (string, error) {
	n, err := s.Snapshot()
	if err != nil {
		return "", err
	}
	defer n.Close()
	seen, one := 0, ""
	var wrong error
	err = n.Scan([]byte("row "), func(_, value []byte) bool {
		if seen++; seen == 1 {
			one = string(value)
		}
		if string(value) != one || one < last {
			wrong = fmt.Errorf("a snapshot shows %q beside %q, after one with %q", value, one, last)
		}
		return wrong == nil
	})
	if err == nil && wrong == nil && seen != rows {
		wrong = fmt.Errorf("a snapshot shows %d of %d rows", seen, rows)
	}
	return one, errors.Join(err, wrong)
}

// waiting: batches that are committed before the ones before them were waited for are
// there in the end, the newest above the others.
func waiting(stores book.Stores, name string) error {
	const many = 20
	want := map[string]string{}
	return errors.Join(
		opened(stores, name, func(s book.Store) error {
			waited := make([]error, many)
			var all sync.WaitGroup
			for n := range many {
				b, err := s.Begin()
				if err != nil {
					return err
				}
				own := fmt.Sprint("of ", n)
				want[own], want["newest"] = "there", own
				err = errors.Join(b.Set([]byte(own), []byte("there")), b.Set([]byte("newest"), []byte(own)), shows(b, want))
				wait, failed := b.Commit()
				if err = errors.Join(err, failed); err != nil {
					return err
				}
				all.Go(func() { waited[n] = wait() })
			}
			all.Wait()
			return errors.Join(waited...)
		}),
		opened(stores, name, func(s book.Store) error { return now(s, want) }),
	)
}

// large: a value of megabytes, and a batch of many thousands of rows.
func large(stores book.Stores, name string) error {
	const many = 100_000
	value := bytes.Repeat([]byte("large"), 1<<20)
	return errors.Join(
		opened(stores, name, func(s book.Store) error {
			return changeAt(s, func(b book.Batch) error {
				for n := range many {
					if err := b.Set(fmt.Appendf(nil, "row %032d", n), fmt.Append(nil, n)); err != nil {
						return err
					}
				}
				return b.Set([]byte("value"), value)
			})
		}),
		opened(stores, name, func(s book.Store) error {
			n, err := s.Snapshot()
			if err != nil {
				return err
			}
			defer n.Close()
			seen := 0
			err = n.Scan([]byte("row "), func(_, value []byte) bool {
				same := string(value) == fmt.Sprint(seen)
				seen++
				return same
			})
			got, _, failed := n.Get([]byte("value"))
			if err = errors.Join(err, failed); err == nil && (seen != many || !bytes.Equal(got, value)) {
				err = fmt.Errorf("of %d rows and a value of %d bytes there are %d in order, and %d", many, len(value), seen, len(got))
			}
			return err
		}),
	)
}

// callers: what was given to Set, or came from Get, may be written into.
func callers(stores book.Stores, name string) error {
	want := map[string]string{"key": "value"}
	return opened(stores, name, func(s book.Store) error {
		spoil := func(b []byte) { copy(b, strings.Repeat("x", len(b))) }
		if err := change(s, func(b book.Batch) error {
			key, value := []byte("key"), []byte("value")
			err := b.Set(key, value)
			spoil(key)
			spoil(value)
			return errors.Join(err, shows(b, want))
		}); err != nil {
			return err
		}
		n, err := s.Snapshot()
		if err != nil {
			return err
		}
		defer n.Close()
		value, _, err := n.Get([]byte("key"))
		spoil(value)
		return errors.Join(err, shows(n, want), now(s, want))
	})
}

// twoStores: what is in one is not in the other.
func twoStores(stores book.Stores, name string) error {
	one, other := map[string]string{"a": "1"}, map[string]string{"b": "2"}
	return opened(stores, name, func(s book.Store) error {
		if err := set(s, one); err != nil {
			return err
		}
		if err := opened(stores, name+"-2", func(o book.Store) error {
			return errors.Join(now(o, nil), set(o, other), now(o, other))
		}); err != nil {
			return err
		}
		return now(s, one)
	})
}

// removed: nothing is left, and the other store stays; there need be none.
func removed(stores book.Stores, name string) error {
	rows := map[string]string{"a": "1"}
	fill := func(s book.Store) error { return set(s, rows) }
	return errors.Join(
		stores.Remove(name),
		opened(stores, name, fill),
		opened(stores, name+"-2", fill),
		stores.Remove(name),
		opened(stores, name, func(s book.Store) error { return now(s, nil) }),
		opened(stores, name+"-2", func(s book.Store) error { return now(s, rows) }),
	)
}
