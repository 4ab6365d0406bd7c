package faults

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stele-health/stele/processes"
)

// disk is a small file system of its own under one folder.
type disk struct {
	t      testing.TB
	folder string
}

func mount(t testing.TB, folder string) *disk {
	t.Helper()
	must(t, os.MkdirAll(folder, 0o700))
	if err := syscall.Mount("stele-faults", folder, "tmpfs", 0, "size=128m,mode=0700"); err != nil {
		t.Skipf("a small disk can't be mounted here, which needs root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	return &disk{t, folder}
}

func (d *disk) ballast() string { return filepath.Join(d.folder, "ballast") }

// fill takes what is left of the disk but for some bytes, again and again while
// the member writes, until ctx ends.
func (d *disk) fill(leave int) {
	f, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	must(d.t, err)
	defer f.Close()
	for _, size := range []int{1 << 20, 4096, 1} {
		piece := make([]byte, size)
		for {
			if n, err := f.Write(piece); err != nil || n < size {
				break
			}
		}
	}
	if stat, err := f.Stat(); err == nil && leave > 0 {
		_ = f.Truncate(max(0, stat.Size()-int64(leave)))
	}
}

func (d *disk) free() { must(d.t, os.Remove(d.ballast())) }

// TestLaw8FullDisksLoseNothing fills the disk of one part of a member at a time,
// under load, to the last byte and with a little left, so that the write that
// fails is now one, now another. What was acknowledged is there afterwards; a
// part that cannot write says so by refusing, or the process ends; with room
// again and, where it ended, started again, the member is as good as before.
func TestLaw8FullDisksLoseNothing(t *testing.T) {
	leaves, parts := []int{0}, []string{"chain"}
	if long {
		parts = []string{"ledger", "chain", "vault", "trustee", "directory", "wallets"}
		leaves = []int{0, 3_000, 100_000}
	}
	for _, part := range parts {
		t.Run(part, func(t *testing.T) {
			var d *disk
			n := found(t, processes.Config{Members: 1}, func(n *processes.Network) {
				folder := filepath.Join(n.Members[0].Folder, part)
				kept := filepath.Join(n.Config.Folder, "kept")
				if part == "wallets" { // it is there already
					must(t, os.Rename(folder, kept))
				}
				d = mount(t, folder)
				if part == "wallets" {
					must(t, os.CopyFS(folder, os.DirFS(kept)))
				}
			})
			l, m := newLoad(t, n), n.Members[0]
			ended, stood := 0, 0
			for _, leave := range leaves {
				ctx, stop := context.WithCancel(t.Context())
				wait := l.run(ctx)
				l.progress(10 * time.Second)
				d.fill(leave)
				time.Sleep(2 * time.Second)
				if !m.Running() {
					ended++
				}
				// What a database has set aside hides that the disk is full; a start
				// writes new files.
				must(t, m.Kill())
				must(t, m.Start())
				starting, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				up := m.Ready(starting) == nil
				cancel()
				if up {
					stood++
					time.Sleep(time.Second)
				} else if m.Running() {
					must(t, m.Kill())
				} else if code := m.ExitCode(); code <= 0 {
					t.Errorf("it ended with %d", code)
				}
				d.free()
				if code, _, err := m.Probe(t.Context(), "/livez"); err != nil || code != 200 { // an operator would start it again
					must(t, m.Kill())
					must(t, m.Start())
				}
				must(t, m.Ready(t.Context()))
				l.progress(20 * time.Second)
				stop()
				wait()
				l.check(t.Context(), true)
			}
			if log := m.Log(); strings.Contains(log, "goroutine ") {
				t.Errorf("a stack is shown:\n%s", log[max(0, strings.Index(log, "goroutine ")-1000):])
			} else if ended > 0 && part != "wallets" && !regexp.MustCompile(`stele: .*disk of \S+ is full\nhint: `).MatchString(log) {
				t.Errorf("it does not say that its disk is full:\n%s", log)
			}
			tried = append(tried, fmt.Sprintf("%s full %d times", part, len(leaves)))
			t.Logf("%s: full %d times, ended by itself %d times, started on the full disk %d times, lost 0: %s", part, len(leaves), ended, stood, l.said())
		})
	}
}
