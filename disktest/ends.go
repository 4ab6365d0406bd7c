package disktest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// within is set to a test's name in the process that is to end.
const within = "STELE_DISKTEST_WITHIN"

// Ends runs script in a process of its own, on a disk that takes no more writes
// once the script calls fail. What the script throws is caught, as the services
// catch what a request throws. Ends fails unless the process ends all the same and
// says that its database cannot go on.
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
	child.Env = append(os.Environ(), within+"="+t.Name())
	said, err := child.CombinedOutput()
	if err == nil || !strings.Contains(string(said), "cannot go on") {
		t.Errorf("the process goes on over a database that cannot: %v\n%s", err, said)
	}
}

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
