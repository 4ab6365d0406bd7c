package disktest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
)

// In the process that is to end, these are set to a test's name and to a file for what
// a person would be told.
const (
	within = "STELE_DISKTEST_WITHIN"
	told   = "STELE_DISKTEST_TOLD"
)

// Ends runs script in a process of its own, on a disk that takes no more writes
// once the script calls fail. What the script throws is caught, as the services
// catch what a request throws. Ends fails unless the process ends all the same and
// says nothing but that its disk is full, and what to do.
func Ends(t *testing.T, script func(fs vfs.FS, fail func())) {
	t.Helper()
	if os.Getenv(within) == t.Name() {
		var full atomic.Bool
		disk := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if full.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
				return syscall.ENOSPC
			}
			return nil
		}))
		database.End = func(why error) {
			said := stele.TextOf(why) + "\nhint: " + stele.HintOf(why)
			_ = os.WriteFile(os.Getenv(told), []byte(said), 0o600)
			os.Exit(stele.KindOf(why).ExitCode())
		}
		func() {
			defer func() { _ = recover() }()
			script(disk, func() { full.Store(true) })
		}()
		os.Exit(0)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$")
	file := filepath.Join(t.TempDir(), "told")
	child.Env = append(os.Environ(), within+"="+t.Name(), told+"="+file)
	printed, err := child.CombinedOutput()
	said, _ := os.ReadFile(file)
	if !fullDisk.Match(said) || len(printed) > 0 || child.ProcessState.ExitCode() != 1 {
		t.Errorf("a process over a database that cannot go on: %v\n%s\n%s", err, said, printed)
	}
}

var fullDisk = regexp.MustCompile(`^the disk of \S+ is full\nhint: make room there, [^\n]+$`)

// SpoilTables changes a byte in every table of the database in a folder.
func SpoilTables(t *testing.T, folder string) {
	t.Helper()
	tables, err := filepath.Glob(filepath.Join(folder, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables in %s: %v", folder, err)
	}
	for _, table := range tables {
		raw, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		raw[0] ^= 1 // in the first block of rows
		if err := os.WriteFile(table, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
