package store_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/store"
)

func openAt(t *testing.T, folder string, fs vfs.FS) *store.Store {
	t.Helper()
	s, err := store.Open(folder, fs, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fresh opens an empty store in memory.
func fresh(t *testing.T) ledger.Store {
	s := openAt(t, "state", vfs.NewMem())
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestPebbleInMemory(t *testing.T) { ledgertest.TestStore(t, fresh) }

func TestPebbleOnDisk(t *testing.T) {
	folder, n := t.TempDir(), 0
	ledgertest.TestStore(t, func(t *testing.T) ledger.Store {
		n++
		s := openAt(t, filepath.Join(folder, fmt.Sprint(n)), vfs.Default)
		t.Cleanup(func() { _ = s.Close() })
		return s
	})
}

func TestLaw8ACommittedBatchIsThereAfterReopening(t *testing.T) {
	folder := t.TempDir()
	for i := range 5 {
		s := openAt(t, folder, vfs.Default)
		snapshot := s.Snapshot()
		for j := range 5 {
			if got := snapshot.Get([]byte{byte(j)}); (got != nil) != (j < i) {
				t.Errorf("opened the %dth time, key %d reads %v", i, j, got)
			}
		}
		snapshot.Close()
		b := s.Begin(0)
		b.Set([]byte{byte(i)}, []byte("x"))
		if err := b.Commit(); err != nil {
			t.Fatal(err)
		}
		lost := s.Begin(0) // closed over: never committed
		lost.Set([]byte{99}, []byte("x"))
		lost.Discard()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASecondProcessIsTurnedAway(t *testing.T) {
	folder := t.TempDir()
	s := openAt(t, folder, vfs.Default)
	defer s.Close()
	if _, err := store.Open(folder, vfs.Default, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("one folder was opened twice")
	}
}

// TestLaw8ABatchIsWholeOrAbsentAfterACrash cuts the power at random moments:
// what was committed is there, and of the batch that was being written all
// keys or none.
func TestLaw8ABatchIsWholeOrAbsentAfterACrash(t *testing.T) {
	const keys, batches = 50, 40
	r := rand.New(rand.NewPCG(8, 8))
	fs := vfs.NewCrashableMem()
	s := openAt(t, "state", fs)
	committed := make(chan int, batches)
	go func() {
		for n := 1; n <= batches; n++ {
			b := s.Begin(0)
			for k := range keys {
				b.Set(fmt.Appendf(nil, "key %d", k), fmt.Append(nil, n))
			}
			if err := b.Commit(); err != nil {
				panic(err)
			}
			committed <- n
		}
		close(committed)
	}()
	for sure := range committed {
		crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r})
		again := openAt(t, "state", crashed)
		snapshot := again.Snapshot()
		first := string(snapshot.Get([]byte("key 0")))
		for k := range keys {
			if got := string(snapshot.Get(fmt.Appendf(nil, "key %d", k))); got != first {
				t.Fatalf("half a batch: %q beside %q", got, first)
			}
		}
		var n int
		if fmt.Sscan(first, &n); n < sure {
			t.Fatalf("batch %d was acknowledged, %q is there", sure, first)
		}
		snapshot.Close()
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
