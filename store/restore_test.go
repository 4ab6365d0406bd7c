package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/store"
	"github.com/stele-health/stele/wire"
)

// headOf is what the headers of a town say of its newest state.
func headOf(w *ledgertest.Town) ledger.Head {
	return ledger.Head{Height: w.Height, TimeMS: w.Time.UnixMilli(), AppHash: w.Hashes[w.Height]}
}

// stream hands out a town's snapshot.
func stream(w *ledgertest.Town) func(func([]byte) error) error {
	return func(each func([]byte) error) error {
		return w.Ledger.Snapshot(w.Height, func(uint64) error { return nil }, each)
	}
}

// eventsOf lists a town's snapshot.
func eventsOf(t testing.TB, w *ledgertest.Town) (events [][]byte) {
	t.Helper()
	var told uint64
	err := w.Ledger.Snapshot(w.Height, func(n uint64) error { told = n; return nil },
		func(e []byte) error { events = append(events, e); return nil })
	if err != nil || told != uint64(len(events)) {
		t.Fatalf("%d events of %d: %v", len(events), told, err)
	}
	return events
}

// sameRows fails unless two stores hold the same rows, byte for byte.
func sameRows(t testing.TB, want, got ledger.Store) {
	t.Helper()
	dump := func(s ledger.Store) (rows [][2][]byte) {
		snapshot := s.Snapshot()
		defer snapshot.Close()
		snapshot.Scan([]byte{0}, []byte{0xff, 0xff}, func(k, v []byte) bool {
			rows = append(rows, [2][]byte{bytes.Clone(k), bytes.Clone(v)})
			return true
		})
		return rows
	}
	a, b := dump(want), dump(got)
	for i := range min(len(a), len(b)) {
		if !bytes.Equal(a[i][0], b[i][0]) || !bytes.Equal(a[i][1], b[i][1]) {
			t.Fatalf("row %d of %d and %d: %q is %x there, %q is %x here", i, len(a), len(b), a[i][0], a[i][1], b[i][0], b[i][1])
		}
	}
	if len(a) != len(b) || len(a) == 0 {
		t.Fatalf("%d rows there, %d here", len(a), len(b))
	}
}

// TestLaw6ChangedSnapshotIsRefused: whatever is done to a snapshot, the restore
// fails with KindProof, and the unchanged one restores every row.
func TestLaw6ChangedSnapshotIsRefused(t *testing.T) {
	original := fresh(t)
	w := ledgertest.Found(t, 2, original, contracts(), believed)
	people(w, 40)
	for i := range 5 {
		w.Block(50*time.Second, accesses(w, rand.New(rand.NewPCG(5, uint64(i))), i, 60, 40)...)
	}
	w.Block(time.Minute) // without an event
	events, head := eventsOf(t, w), headOf(w)
	restore := func(head ledger.Head, events [][]byte) (ledger.Store, error) {
		s := fresh(t)
		return s, ledger.Restore(s, contracts(), head, func(each func([]byte) error) error {
			for _, e := range events {
				if err := each(e); err != nil {
					return err
				}
			}
			return nil
		}, nil)
	}
	again, err := restore(head, events)
	if err != nil {
		t.Fatal(err)
	}
	sameRows(t, original, again)

	n := len(events)
	if n < 5*60 {
		t.Fatalf("only %d events", n)
	}
	edit := func(i int, change func(*wire.Event)) [][]byte {
		var e wire.Event
		if err := wire.Decode(events[i], &e); err != nil {
			t.Fatal(err)
		}
		change(&e)
		out := append([][]byte(nil), events...)
		out[i] = wire.EventBytes(&e)
		return out
	}
	cut := func(i int) [][]byte { return append(append([][]byte(nil), events[:i]...), events[i+1:]...) }
	twice := func(i int) [][]byte { return append(append([][]byte(nil), events[:i+1]...), events[i:]...) }
	swap := func(i, j int) [][]byte {
		out := append([][]byte(nil), events...)
		out[i], out[j] = out[j], out[i]
		return out
	}
	cases := map[string][][]byte{
		"nothing": nil, "only the first": events[:1], "without the last": events[:n-1], "garbage": append(append([][]byte(nil), events[:9]...), []byte("no event")),
		"an empty event": append(append([][]byte(nil), events[:9]...), []byte{}),
		"more":           append(append([][]byte(nil), events...), events[n-1]),
	}
	r := rand.New(rand.NewPCG(6, 6))
	for range 40 {
		i, j := r.IntN(n), r.IntN(n)
		cases[fmt.Sprintf("without %d", i)] = cut(i)
		cases[fmt.Sprintf("%d doubled", i)] = twice(i)
		if i != j {
			cases[fmt.Sprintf("%d and %d swapped", i, j)] = swap(i, j)
		}
		flipped := append([][]byte(nil), events...)
		flipped[i] = bytes.Clone(events[i])
		flipped[i][r.IntN(len(flipped[i]))] ^= 1 << r.IntN(8)
		cases[fmt.Sprintf("a bit of %d flipped", i)] = flipped
		cases[fmt.Sprintf("the subject of %d is another's", i)] = edit(i, func(e *wire.Event) { e.Subject = ledgertest.Bytes("nobody", 20) })
		cases[fmt.Sprintf("%d says nothing", i)] = edit(i, func(e *wire.Event) { e.Event = nil })
		cases[fmt.Sprintf("%d has a place of its own", i)] = edit(i, func(e *wire.Event) { e.Index++ })
		cases[fmt.Sprintf("%d happened earlier", i)] = edit(i, func(e *wire.Event) { e.TimeMs-- })
		cases[fmt.Sprintf("%d is of a newer version", i)] = edit(i, func(e *wire.Event) { e.Version++ })
		cases[fmt.Sprintf("%d ends a grant that is not there", i)] = edit(i, func(e *wire.Event) {
			e.Event = &wire.Event_GrantEnded{GrantEnded: &wire.GrantEnded{Grant: ledgertest.ID("no grant")}}
		})
		cases[fmt.Sprintf("%d creates somebody at the end of the world", i)] = edit(i, func(e *wire.Event) {
			e.Event = &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{Leaf: 1 << 60, KeyDocument: []byte("none")}}
		})
		cases[fmt.Sprintf("%d creates nobody", i)] = edit(i, func(e *wire.Event) {
			leaf := uint64(3)
			if c := e.GetSubjectCreated(); c != nil {
				leaf = c.Leaf
			}
			e.Event = &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{Leaf: leaf, KeyDocument: []byte("none")}}
		})
	}
	for name, events := range cases {
		if _, err := restore(head, events); stele.KindOf(err) != stele.KindProof || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, head := range map[string]ledger.Head{
		"an earlier height": {Height: head.Height - 2, TimeMS: head.TimeMS, AppHash: head.AppHash},
		"an earlier time":   {Height: head.Height, TimeMS: head.TimeMS - 100_000, AppHash: head.AppHash},
		"another hash":      {Height: head.Height, TimeMS: head.TimeMS, AppHash: w.Hashes[w.Height-2]},
	} {
		if _, err := restore(head, events); stele.KindOf(err) != stele.KindProof || err == nil {
			t.Errorf("a head with %s: %v", name, err)
		}
	}
	if err := ledger.Restore(again, contracts(), head, stream(w), nil); stele.KindOf(err) != stele.KindExists {
		t.Errorf("restored over a ledger that is there: %v", err)
	}
	broken := errors.New("the line went dead")
	if err := ledger.Restore(fresh(t), contracts(), head, func(func([]byte) error) error { return broken }, nil); !errors.Is(err, broken) {
		t.Errorf("the stream's error came back as %v", err)
	}
	if err := w.Ledger.Snapshot(w.Height+1, nil, nil); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("a snapshot of the future: %v", err)
	}
}

// past is a store as it was.
type past struct{ state ledger.Snapshot }

func (p past) Begin(int) ledger.Batch    { panic("the past does not change") }
func (p past) Snapshot() ledger.Snapshot { return p.state }

// TestSnapshotOfAnyHeightRestoresItsRows: from a ledger that has gone on, with logs
// that were begun later, grants that have ended and transactions that are forgotten,
// every row comes out as it was at that height.
func TestSnapshotOfAnyHeightRestoresItsRows(t *testing.T) {
	s := ledger.NewMemory()
	w := ledgertest.Found(t, 2, s, contracts(), believed)
	then := map[int64]ledger.Store{}
	heads := map[int64]ledger.Head{}
	note := func() { then[w.Height], heads[w.Height] = past{s.Snapshot()}, headOf(w) }
	note()
	people(w, 20)
	note()
	r := rand.New(rand.NewPCG(3, 3))
	for i := range 12 {
		var txs [][]byte
		for j := range 3 {
			name := fmt.Sprintf("late %d %d", i, j)
			doc := wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{{Signing: signer(name).Public()}}, Salt: ledgertest.Bytes("salt "+name, 16)})
			subject := stele.SubjectOf(doc)
			txs = append(txs,
				w.Tx(&wire.Transaction{Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: doc, Emergency: ledgertest.Bytes("slot "+name, 32)}}}, signer(name)),
				w.Tx(&wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
					Grant: ledgertest.IDOf(name, subject[:]), Subject: subject[:], Action: 1, Grantee: signer("of " + name).Public(),
					EndMs: w.Time.Add(time.Duration(1+r.IntN(2400)) * time.Second).UnixMilli(), Commitment: ledgertest.Bytes(name, 32),
				}}}, signer(name)))
		}
		w.Block(time.Duration(1+r.IntN(500))*time.Second, w.Parcel(txs...))
		note()
		w.Block(time.Duration(1+r.IntN(50))*time.Second, accesses(w, r, i, 20, 20)...)
		note()
		w.Block(time.Duration(1+r.IntN(700)) * time.Second)
		note()
	}
	for height, head := range heads {
		again, told, got := ledger.NewMemory(), uint64(0), uint64(0)
		err := ledger.Restore(again, contracts(), head, func(each func([]byte) error) error {
			return w.Ledger.Snapshot(height, func(n uint64) error { told = n; return nil }, func(e []byte) error { got++; return each(e) })
		}, nil)
		if err != nil || told != got {
			t.Fatalf("height %d: %d events told of, %d came: %v", height, told, got, err)
		}
		sameRows(t, then[height], again)
	}
	for range 10_000 {
		w.Block(time.Second)
	}
	if err := w.Ledger.Snapshot(1, nil, nil); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("a snapshot of long ago: %v", err)
	}
}

// TestRestoreIsNotHeldUp: events that no transaction could have made are refused
// before they cost anything.
func TestRestoreIsNotHeldUp(t *testing.T) {
	w := ledgertest.Found(t, 2, fresh(t), contracts(), believed)
	people(w, 3)
	events := eventsOf(t, w)
	for what, change := range map[string]func(*wire.Event){
		"a large one": func(e *wire.Event) { e.Tx = make([]byte, 64<<10) },
		"devices without an end": func(e *wire.Event) {
			e.Event = &wire.Event_DeviceAdded{DeviceAdded: &wire.DeviceAdded{Device: &wire.Device{}}}
		},
	} {
		folded := 0
		err := ledger.Restore(fresh(t), contracts(), headOf(w), func(each func([]byte) error) error {
			for _, e := range events {
				if err := each(e); err != nil {
					return err
				}
			}
			for ; folded < 20; folded++ {
				var e wire.Event
				if err := wire.Decode(events[len(events)-1], &e); err != nil {
					return err
				}
				e.Index += uint32(folded) + 1
				change(&e)
				if err := each(wire.EventBytes(&e)); err != nil {
					return err
				}
			}
			return nil
		}, nil)
		if stele.KindOf(err) != stele.KindProof || folded > 8 {
			t.Errorf("%s: %d were folded: %v", what, folded, err)
		}
	}
}

// BenchmarkRestore restores a snapshot of accesses over 10,000 subjects, in
// blocks of 1,000, from one store on a real disk into another. STELE_EVENTS says
// how many; the target is a million in 30 s.
func BenchmarkRestore(b *testing.B) {
	const subjects, perBlock = 10_000, 1000
	events := 100_000
	if n, err := strconv.Atoi(os.Getenv("STELE_EVENTS")); err == nil {
		events = n
	}
	opened := func(open func(string, vfs.FS, *slog.Logger) (*store.Store, error)) *store.Store {
		s, err := open(b.TempDir(), vfs.Default, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		return s
	}
	w := ledgertest.Found(b, 4, opened(store.Open), contracts(), believed)
	people(w, subjects)
	r := rand.New(rand.NewPCG(1, 1))
	for i := 0; i < events; i += perBlock {
		w.Block(time.Second, accesses(w, r, i, perBlock, subjects)...)
		w.Blocks = nil // they are many
	}
	for b.Loop() {
		if err := ledger.Restore(opened(store.OpenForRestore), contracts(), headOf(w), stream(w), nil); err != nil {
			b.Fatal(err)
		}
	}
	_, n := w.Ledger.Counts()
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// TestRestoreFindsAWrongLeafAtOnce: a subject that claims another's place is refused
// where it stands, before what follows is folded. (In the end the app hash would tell,
// after hours.)
func TestRestoreFindsAWrongLeafAtOnce(t *testing.T) {
	w := ledgertest.Found(t, 2, fresh(t), contracts(), believed)
	people(w, 20)
	events, head := eventsOf(t, w), headOf(w)
	wrong, at := slices.Clone(events), 0
	for i, raw := range events {
		e := new(wire.Event)
		if err := wire.Decode(raw, e); err != nil {
			t.Fatal(err)
		}
		if c := e.GetSubjectCreated(); c != nil && c.Leaf == 7 {
			c.Leaf, at = 8, i
			wrong[i] = wire.EventBytes(e)
		}
	}
	asked := 0
	err := ledger.Restore(fresh(t), contracts(), head, func(each func([]byte) error) error {
		for _, e := range wrong {
			asked++
			if err := each(e); err != nil {
				return err
			}
		}
		return nil
	}, nil)
	if stele.KindOf(err) != stele.KindProof || asked != at+1 || at == 0 {
		t.Errorf("%v, after %d events, want %d of %d", err, asked, at+1, len(events))
	}
}
