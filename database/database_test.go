package database_test

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
)

var log = slog.New(slog.DiscardHandler)

// TestWhyADatabaseDoesNotOpenIsSaid: a disk without room is not taken for another
// process, and with room again the database opens.
func TestWhyADatabaseDoesNotOpenIsSaid(t *testing.T) {
	var wrong atomic.Value
	wrong.Store(syscall.Errno(0))
	disk := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if no := wrong.Load().(syscall.Errno); no != 0 && op.Kind == errorfs.OpCreate {
			return &fs.PathError{Op: "create", Path: op.Path, Err: no}
		}
		return nil
	}))
	for no, want := range map[syscall.Errno][2]string{
		syscall.ENOSPC: {"the disk of folder is full", "make room there, and start it again; what was acknowledged is kept"},
		syscall.EDQUOT: {"the disk of folder is full", "make room there, and start it again; what was acknowledged is kept"},
		syscall.EACCES: {"the till can't be opened: folder", "this user may not write there: whose are the files in it, and is the disk read-only?"},
		syscall.EROFS:  {"the till can't be opened: folder", "this user may not write there: whose are the files in it, and is the disk read-only?"},
		syscall.EMFILE: {"the till can't be opened: folder", "too many files are open: let it have more (ulimit -n; LimitNOFILE of a service), and start it again"},
		syscall.EAGAIN: {"the till can't be opened: folder", "is another stele running on the same folder?"},
	} {
		wrong.Store(no)
		_, err := database.Open("till", "folder", disk, log)
		if got := [2]string{stele.TextOf(err), stele.HintOf(err)}; got != want {
			t.Errorf("%v: %q, want %q", no, got, want)
		}
	}
	wrong.Store(syscall.Errno(0))
	db, err := database.Open("till", "folder", disk, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestADatabaseIsItsOwnersAlone, whatever lies around it.
func TestADatabaseIsItsOwnersAlone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "in", "till")
	db, err := database.Open("till", folder, vfs.Default, log)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	info, err := os.Stat(folder)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may look into it: %v, %v", info.Mode(), err)
	}
}
