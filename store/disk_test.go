package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

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
				b := s.Begin(0)
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

// errorsSeen counts what is logged.
type errorsSeen struct {
	slog.Handler
	n atomic.Int64
}

func (e *errorsSeen) Handle(context.Context, slog.Record) error { e.n.Add(1); return nil }
func (e *errorsSeen) Enabled(context.Context, slog.Level) bool  { return true }

// TestAFullDiskIsTriedAgainAtLeisure: what the store cannot write in the background
// waits for room, without filling the log meanwhile.
func TestAFullDiskIsTriedAgainAtLeisure(t *testing.T) {
	var full atomic.Bool
	disk := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if full.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite && op.Kind != errorfs.OpRemove {
			return syscall.ENOSPC
		}
		return nil
	}))
	seen := &errorsSeen{}
	s, err := store.OpenForRestore("state", disk, slog.New(seen))
	if err != nil {
		t.Fatal(err)
	}
	b := s.Begin(0)
	b.Set([]byte("key"), []byte("x"))
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	full.Store(true)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	time.Sleep(350 * time.Millisecond)
	if n := seen.n.Load(); n < 1 || n > 10 {
		t.Errorf("%d errors in a third of a second", n)
	}
	full.Store(false)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	again := openAt(t, "state", disk)
	defer again.Close()
	snapshot := again.Snapshot()
	defer snapshot.Close()
	if got := string(snapshot.Get([]byte("key"))); got != "x" {
		t.Errorf("the restored key reads %q", got)
	}
}

// TestStoreThatCannotWriteEndsItsProcess: Pebble cannot go on after a failed commit.
func TestStoreThatCannotWriteEndsItsProcess(t *testing.T) {
	disktest.Ends(t, func(fs vfs.FS, fail func()) {
		s, err := store.Open("state", fs, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		fail()
		b := s.Begin(0)
		b.Set([]byte("key"), []byte("x"))
		_ = b.Commit()
	})
}

// TestStoreOnAFullDiskEndsItsProcess: what was in the log when power was lost becomes a
// table as the store opens. Without room for it Pebble would wait, and say nothing.
func TestStoreOnAFullDiskEndsItsProcess(t *testing.T) {
	disktest.Ends(t, func(fs vfs.FS, fail func()) {
		s := openAt(t, "state", fs)
		b := s.Begin(0)
		b.Set([]byte("key"), []byte("x"))
		if err := errors.Join(b.Commit(), s.Close()); err != nil {
			t.Fatal(err)
		}
		openAt(t, "state", errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if strings.HasSuffix(op.Path, ".sst") {
				fail()
			}
			return nil
		})))
	})
}
