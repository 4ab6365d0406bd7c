package disktest

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// patience is how long a script may take before it is said to hang.
const patience = 30 * time.Second

// EachWrite runs script over new disks, of which the first fails at its first
// write, the second at its second, and so on until one does not fail: first with
// one failure and no other after it, then with a disk that is full from there on.
//
// After each run it calls check with what the script had acknowledged and with
// what is left of the disk: all but what was not synced, as after a loss of power,
// and everything, as after the end of a process.
func EachWrite(t *testing.T, script func(*Disk), check func(t *testing.T, acknowledged []string, after vfs.FS)) {
	for _, kind := range []struct {
		name string
		full bool
	}{{"one write fails", false}, {"the disk is full from there on", true}} {
		t.Run(kind.name, func(t *testing.T) {
			died, refused := 0, 0
			for nth := 1; ; nth++ {
				d := newDisk(nth, kind.full)
				ended := d.run(t, script)
				for _, percent := range []int{0, 100} {
					clone := d.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(uint64(nth), 1))})
					if !t.Run(fmt.Sprintf("write %d, %d %% kept", nth, percent), func(t *testing.T) { check(t, d.acknowledged, clone) }) {
						t.Fatalf("after write %d failed, %s, with %v acknowledged and %v refused", nth, d.what, d.acknowledged, d.refused)
					}
				}
				switch {
				case d.what == "" && len(d.refused) > 0:
					t.Fatalf("on a sound disk %v were refused", d.refused)
				case d.what == "":
					t.Logf("%d writes: %d ended the process, %d were told to the caller, %d did not matter", nth-1, died, refused, nth-1-died-refused)
					if died+refused == 0 {
						t.Error("no failure was ever noticed")
					}
					return
				case ended:
					died++
				case len(d.refused) > 0:
					refused++
				}
			}
		})
	}
}

// Disk is the disk of one run.
type Disk struct {
	vfs.FS
	Log *slog.Logger // the room's; by it the disk learns that the process ends

	mem  *vfs.MemFS
	full bool
	end  chan struct{}

	mu           sync.Mutex
	left         int    // writes until it fails
	what         string // the write that failed
	over         bool   // nothing is done any more
	acknowledged []string
	refused      []error
}

func newDisk(nth int, full bool) *Disk {
	d := &Disk{mem: vfs.NewCrashableMem(), full: full, end: make(chan struct{}), left: nth}
	d.FS = errorfs.Wrap(d.mem, errorfs.InjectorFunc(d.inject))
	d.Log = slog.New(last{d})
	return d
}

// Do is one step of a script: what op does is acknowledged as name when op
// returns no error, and then is called. It reports whether it was.
func (d *Disk) Do(name string, op func() error, then ...func()) bool {
	err := op() // does not come back when it ends the process
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.over:
		return false
	case err != nil:
		d.refused = append(d.refused, fmt.Errorf("%s: %w", name, err))
		return false
	}
	d.acknowledged = append(d.acknowledged, name)
	for _, f := range then {
		f()
	}
	return true
}

// run returns when the script does, or when the process has ended in it: then
// true. Afterwards nothing changes on the disk.
func (d *Disk) run(t *testing.T, script func(*Disk)) (ended bool) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		script(d)
	}()
	hangs := false
	select {
	case <-done:
	case <-d.end:
		ended = true
	case <-time.After(patience):
		hangs = true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	if hangs {
		t.Fatalf("after %s failed the script hangs, with %v acknowledged and %v refused", d.what, d.acknowledged, d.refused)
	}
	return ended
}

// die ends the process at this point: the caller never comes back.
func (d *Disk) die() {
	d.mu.Lock()
	if !d.over {
		d.over = true
		close(d.end)
	}
	d.mu.Unlock()
	select {}
}

// inject is asked before every operation.
func (d *Disk) inject(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsRead {
		return nil
	}
	d.mu.Lock()
	if d.over {
		d.mu.Unlock()
		d.die()
	}
	errno := syscall.EIO
	if d.left--; d.full {
		errno = syscall.ENOSPC
	}
	removes := op.Kind == errorfs.OpRemove || op.Kind == errorfs.OpRemoveAll
	if d.left > 0 || d.left < 0 && !d.full || d.full && removes {
		d.mu.Unlock()
		return nil
	}
	if d.what == "" {
		d.what = fmt.Sprintf("%s (operation %d)", op.Path, op.Kind)
	}
	ends := throws(len(d.acknowledged) > 0)
	d.mu.Unlock()
	if ends {
		d.die()
	}
	return &fs.PathError{Op: "write", Path: op.Path, Err: errno}
}

// throws reports whether Pebble answers the error of this write by throwing it, in
// goroutines of its own too: when it cannot change its markers, and, because of
// what it leaves running, when it cannot open a database that was there before.
func throws(before bool) bool {
	stack := string(debug.Stack())
	return strings.Contains(stack, "atomicfs.(*Marker).Move") || before && strings.Contains(stack, "pebble/v2.Open(")
}

// last is the log of a process. The rooms say there that their database cannot go
// on, right before they end the process: here it stops at that point for good. So
// it does when the database begins to wait for room on a full disk.
type last struct{ d *Disk }

func (last) Enabled(context.Context, slog.Level) bool { return true }
func (l last) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l last) WithGroup(string) slog.Handler          { return l }

func (l last) Handle(_ context.Context, r slog.Record) error {
	waits := false
	r.Attrs(func(a slog.Attr) bool {
		waits = waits || l.d.full && strings.HasPrefix(a.Value.String(), "background error")
		return true
	})
	if waits || strings.HasSuffix(r.Message, "cannot go on") {
		l.d.die()
	}
	return nil
}
