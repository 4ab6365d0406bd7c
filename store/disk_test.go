package store_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele/disktest"
	"github.com/stele-health/stele/store"
)

// TestLaw8ABatchIsWholeOrAbsentWhateverWriteFails: a batch that was acknowledged is
// there although any one write of the store failed, or all from one on; of one that
// was not, all keys are there or none.
func TestLaw8ABatchIsWholeOrAbsentWhateverWriteFails(t *testing.T) {
	const keys, batches = 20, 6
	key := func(k int) []byte { return fmt.Appendf(nil, "key %d", k) }
	disktest.EachWrite(t, func(d *disktest.Disk) {
		var s *store.Store
		for n := 1; n <= batches; n++ {
			if n%2 == 1 && !d.Do("open", func() (err error) { s, err = store.Open("state", d, d.Log); return err }) {
				return
			}
			d.Do(fmt.Sprint(n), func() error {
				b := s.Begin()
				defer b.Discard()
				b.DeleteRange(key(0), key(keys))
				for k := range keys {
					b.Set(key(k), fmt.Append(nil, n))
				}
				return b.Commit()
			})
			if n%2 == 0 {
				d.Do("close", s.Close)
			}
		}
	}, func(t *testing.T, acknowledged []string, after vfs.FS) {
		s, err := store.Open("state", after, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		snapshot := s.Snapshot()
		defer snapshot.Close()
		first, sure := string(snapshot.Get(key(0))), 0
		for k := range keys {
			if got := string(snapshot.Get(key(k))); got != first {
				t.Fatalf("half a batch: %q beside %q", got, first)
			}
		}
		for _, what := range acknowledged {
			fmt.Sscan(what, &sure)
		}
		there := 0
		if fmt.Sscan(first, &there); there < sure {
			t.Fatalf("batch %d was acknowledged, %q is there", sure, first)
		}
	})
}
