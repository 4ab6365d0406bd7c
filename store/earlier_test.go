package store_test

import (
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/store"
)

// laidOut writes into a ledger's store with which layout its rows lie there.
func laidOut(t *testing.T, s ledger.Store, layout byte) {
	t.Helper()
	snapshot := s.Snapshot()
	row := snapshot.Get([]byte{'P'})
	snapshot.Close()
	row[7] = layout
	b := s.Begin(100)
	b.Set([]byte{'P'}, row)
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
}

func layoutOf(s ledger.Store) byte {
	snapshot := s.Snapshot()
	defer snapshot.Close()
	return snapshot.Get([]byte{'P'})[7]
}

// TestLaw6ALedgerOfTheLastReleaseIsFoldedToTheSameRows: of it only the events and the
// position are read, and both lie where today's do; so a ledger of today that says it was
// laid out then is folded to itself. One of today, of a newer release, and none at all are
// told apart, and a ledger opens none but today's.
func TestLaw6ALedgerOfTheLastReleaseIsFoldedToTheSameRows(t *testing.T) {
	original := fresh(t)
	if _, err := ledger.Earlier(original); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("nothing: %v", err)
	}
	w := ledgertest.Found(t, 2, original, contracts(), believed)
	people(w, 40)
	for i := range 3 {
		w.Block(50*time.Second, accesses(w, rand.New(rand.NewPCG(5, uint64(i))), i, 60, 40)...)
	}
	newest := w.Height
	for range 5 {
		w.Block(time.Second) // without an event
	}
	now := layoutOf(original)
	for layout, want := range map[byte]stele.Kind{now: stele.KindExists, now + 1: stele.KindInvalid, 3: stele.KindInvalid} {
		laidOut(t, original, layout)
		if _, err := ledger.Earlier(original); stele.KindOf(err) != want {
			t.Errorf("layout %d: %v", layout, err)
		}
		if err := ledger.TakeOver(original, fresh(t), contracts(), nil); stele.KindOf(err) != want {
			t.Errorf("layout %d is taken over: %v", layout, err)
		}
	}

	laidOut(t, original, 2)
	if _, err := ledger.New(original, contracts(), believed); err == nil || !strings.Contains(stele.HintOf(err), "stele member upgrade") {
		t.Errorf("a ledger of the last release opens, or the hint names no take-over: %v", err)
	}
	at, err := ledger.Earlier(original)
	if err != nil || at.Head != headOf(w) || at.Event != newest || at.Events != uint64(len(eventsOf(t, w))) {
		t.Errorf("it stands at %+v, %v; want %+v, its newest event in block %d", at, err, headOf(w), newest)
	}
	again, told := fresh(t), uint64(0)
	if err := ledger.TakeOver(original, again, contracts(), func(n uint64) { told = n }); err != nil || told != at.Events {
		t.Fatal(err, told)
	}
	laidOut(t, original, now)
	sameRows(t, original, again)
}

// TestAStoreOpenedToReadTakesNothing: and where there is none, none is made.
func TestAStoreOpenedToReadTakesNothing(t *testing.T) {
	log, folder := slog.New(slog.DiscardHandler), t.TempDir()
	if s, err := store.OpenReadOnly(filepath.Join(folder, "none"), vfs.Default, log); err == nil {
		s.Close()
		t.Error("it opens where there is none")
	}
	s := openAt(t, filepath.Join(folder, "state"), vfs.Default)
	b := s.Begin(10)
	b.Set([]byte("key"), []byte("value"))
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	only, err := store.OpenReadOnly(filepath.Join(folder, "state"), vfs.Default, log)
	if err != nil {
		t.Fatal(err)
	}
	defer only.Close()
	snapshot := only.Snapshot()
	defer snapshot.Close()
	if string(snapshot.Get([]byte("key"))) != "value" {
		t.Error("what is there can't be read")
	}
	defer func() { _ = recover() }() // the ledger's Fail
	b = only.Begin(10)
	b.Set([]byte("key"), []byte("other"))
	if b.Commit() == nil {
		t.Error("it takes a row")
	}
}
