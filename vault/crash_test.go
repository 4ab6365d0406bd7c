package vault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// crashing is a site whose disk loses what was not synced.
func crashing(t *testing.T, copies int) (*world, *vfs.MemFS) {
	w := newWorld(t, copies+1, copies)
	w.close(0)
	mem := vfs.NewCrashableMem()
	w.sites[0].fs, w.sites[0].folder = mem, "/vault"
	w.open(0)
	return w, mem
}

// power takes the power away and starts again from what had reached the disk.
func (w *world) power(mem *vfs.MemFS, seed uint64) *vfs.MemFS {
	w.t.Helper()
	clone := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(seed % 101), RNG: rand.New(rand.NewPCG(seed, 1))})
	w.close(0)
	w.sites[0].fs = clone
	w.open(0)
	return clone
}

func TestLaw8AcknowledgedSurvivesPowerLoss(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w, mem := crashing(t, 1)
			var subs []*wire.Submission
			for i := range 4 {
				subs = append(subs, w.delivered(0, plainFolio(stele.Results, int32(2000+i), 2, 40)))
				mem = w.power(mem, seed*31+uint64(i))
			}
			w.sites[1].line.set(true) // no help from the copy
			w.readable(0, subs...)
			if found := w.fsck(0, false); len(found) != 0 {
				t.Errorf("%v", found)
			}
		})
	}
}

var errFull = errors.New("no space left on device")

// failing makes the n-th change of key files and segments, and all after it, fail.
func failing(n int64, left *atomic.Int64) errorfs.Injector {
	left.Store(n)
	return errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpCreate, errorfs.OpFileWrite, errorfs.OpFileWriteAt, errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpRename:
			inside := strings.Contains(op.Path, "/keys/") || strings.Contains(op.Path, "/segments/")
			if inside && left.Add(-1) < 0 {
				return errFull
			}
		}
		return nil
	})
}

// A put that fails or dies at any step is either not there at all or there
// whole, and can be put again.
func TestLaw8NothingHalfWrittenIsVisible(t *testing.T) {
	const steps = 8 // create, write, sync and rename, twice
	for n := range int64(steps + 2) {
		t.Run(fmt.Sprint("step ", n), func(t *testing.T) {
			w := newWorld(t, 1, 0)
			w.close(0)
			var left atomic.Int64
			w.sites[0].fs = errorfs.Wrap(machine, failing(1<<40, &left))
			w.open(0)
			w.dies(func() { left.Store(n) }, func() { w.sites[0].fs = nil }, n < steps)
		})
	}
	t.Run("the store of segments fails", func(t *testing.T) {
		w := newWorld(t, 1, 0)
		whole := w.v(0).segments
		w.dies(func() { w.v(0).segments = broken{whole} }, func() {}, true)
	})
	t.Run("before the row", func(t *testing.T) {
		w := newWorld(t, 1, 0)
		sub := w.submission(0, plainFolio(stele.Results, 2024, 2, 40))
		d, err := readSubmission(chain, sub)
		if err != nil {
			t.Fatal(err)
		}
		written := d.encode(w.now().UnixMilli())
		if err := errors.Join(w.v(0).writeKeys(written.row.File, written.keys),
			w.v(0).segments.Write(t.Context(), written.row.File.String(), written.segment)); err != nil {
			t.Fatal(err)
		}
		w.close(0)
		w.open(0)
		w.mustPut(0, sub)
		w.anchor(sub)
		w.readable(0, sub)
		if found := w.fsck(0, false); len(found) != 0 {
			t.Errorf("%v", found)
		}
	})
}

// broken takes nothing more in.
type broken struct{ Segments }

func (broken) Write(context.Context, string, []byte) error { return errFull }

// dies puts a submission while something is broken, opens the vault again, and
// checks that nothing of it is left and that it can be put again.
func (w *world) dies(breaks, mends func(), must bool) {
	w.t.Helper()
	kept := w.delivered(0, plainFolio(stele.Results, 2020, 2, 40))
	sub := w.submission(0, plainFolio(stele.Results, 2024, 2, 40))
	breaks()
	_, err := w.put(0, sub)
	if must && err == nil {
		w.t.Error("acknowledged although the disk failed")
	}
	if err != nil && strings.Contains(err.Error(), w.patient.String()) {
		w.t.Errorf("error %v", err)
	}
	w.close(0)
	mends()
	w.open(0)
	status, _ := w.v(0).Status(context.Background())
	if err != nil && status.Submissions != 1 || err == nil && status.Submissions != 2 {
		w.t.Errorf("%d submissions after %v", status.Submissions, err)
	}
	if found := w.fsck(0, false); len(found) != 0 {
		w.t.Errorf("%v", found)
	}
	w.mustPut(0, sub)
	w.anchor(sub)
	w.readable(0, kept, sub)
}

func TestManyAtOnce(t *testing.T) {
	w := newWorld(t, 3, 1)
	first := w.delivered(0, plainFolio(stele.Results, 2024, 3, 40))
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for i := range 3 {
		wg.Go(func() { // reads and damage all the while
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := w.readAll(0, first); err != nil {
					t.Errorf("reader %d: %v", i, err)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for range 10 {
			r, err := w.v(0).index.get(idOf(first))
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := w.v(0).rewrite(context.Background(), r); err != nil {
				t.Errorf("rewrite: %v", err)
			}
		}
		close(stop)
	})
	var mu sync.Mutex
	var subs []*wire.Submission
	for i := range 3 {
		wg.Go(func() {
			for range 6 {
				sub := w.submission(i, plainFolio(stele.Vitals, 2023, 2, 40))
				for range 2 { // the same at once twice
					wg.Go(func() {
						if _, err := w.put(i, sub); err != nil {
							t.Errorf("put: %v", err)
						}
					})
				}
				w.anchor(sub)
				mu.Lock()
				subs = append(subs, sub)
				mu.Unlock()
			}
		})
	}
	wg.Go(func() { w.fsck(1, true) })
	wg.Wait()
	for _, sub := range subs {
		for i, s := range w.sites {
			if stele.Subject(headOf(sub).Home) == s.subject {
				w.readable(i, sub)
			}
		}
	}
	for i := range w.sites {
		if found := w.fsck(i, false); len(found) != 0 {
			t.Errorf("vault %d: %v", i, found)
		}
	}
}

// full is a disk that has a few bytes left.
type full struct {
	vfs.FS
	free atomic.Uint64
}

func (f *full) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: f.free.Load(), TotalBytes: 1 << 40}, nil
}

func TestLaw8FullDiskRefusesAndLosesNothing(t *testing.T) {
	w := newWorld(t, 1, 0)
	w.close(0)
	disk := &full{FS: vfs.Default}
	disk.free.Store(1 << 40)
	w.sites[0].fs = disk
	w.open(0)
	kept := w.delivered(0, plainFolio(stele.Results, 2020, 2, 40))
	sub := w.submission(0, plainFolio(stele.Results, 2024, 2, 40))
	disk.free.Store(reserve)
	_, err := w.put(0, sub)
	kind(t, err, stele.KindBusy)
	w.readable(0, kept)
	mine := newSealKey(t)
	w.setPatientSeals(mine)
	kind(t, w.bring(0, w.sealedEnvelopes(0, brought(kept, 0, mine, 1)), w.patientKey), stele.KindBusy)
	disk.free.Store(1 << 40)
	w.mustPut(0, sub)
	w.anchor(sub)
	w.readable(0, kept, sub)
}

// TestR44TheLastOfTheDiskIsTheMembers: what is left of a disk takes members' records, and
// nothing more of who is no member, be it a copy.
func TestR44TheLastOfTheDiskIsTheMembers(t *testing.T) {
	w := newWorld(t, 2, 1)
	var disks [2]*full
	for i := range disks {
		disks[i] = &full{FS: vfs.Default}
		disks[i].free.Store(membersOnly)
		w.close(i)
		w.sites[i].fs = disks[i]
		w.open(i)
	}
	put := func() error {
		_, err := w.put(0, w.submission(0, plainFolio(stele.Results, 2024, 2, 40)))
		return err
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	disks[1].free.Store(membersOnly - 1)
	kind(t, put(), stele.KindUnreachable) // it has no copy
	disks[0].free.Store(membersOnly - 1)
	full := put()
	kind(t, full, stele.KindBusy)
	if !strings.Contains(stele.TextOf(full), "nearly full") { // another day changes nothing
		t.Errorf("it does not say why: %v", full)
	}
	w.ledger.Change(func() { w.ledger.Network.Members[1].Subject = w.source })
	if err := put(); err != nil {
		t.Errorf("a member's: %v", err)
	}
}
