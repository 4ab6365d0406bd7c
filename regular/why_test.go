package regular

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stele-health/stele"
)

// TestWhatCannotBeReadSaysWhy: "can't be read" alone sent people to look for rights
// where a name was wrong.
func TestWhatCannotBeReadSaysWhy(t *testing.T) {
	folder := t.TempDir()
	file, pipe := filepath.Join(folder, "file"), filepath.Join(folder, "pipe")
	if err := os.WriteFile(file, []byte("1234"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, why string
		kind      stele.Kind
	}{
		{filepath.Join(folder, "none"), "there is no such file", stele.KindNotFound},
		{filepath.Join(file, "below"), "there is no such file", stele.KindOther},
		{folder, "it is a folder", stele.KindOther},
		{pipe, "it is not a regular file", stele.KindOther},
		{file, "the file is too large to be one", stele.KindOther},
	} {
		_, err := Read(c.path, 3)
		told := Unread("read", "the list", c.path, err)
		if want := "the list can't be read: " + c.path + ": " + c.why; told.Text != want || told.Kind != c.kind {
			t.Errorf("%q, %s; want %q, %s", told.Text, told.Kind, want, c.kind)
		}
	}
	if err := (&os.PathError{Err: syscall.EACCES}); why(err) != "this user may not read it" {
		t.Errorf("%v: %q", err, why(err))
	}
	if err := (&os.PathError{Err: syscall.EIO}); why(err) != "the system does not give it" {
		t.Errorf("%v: %q", err, why(err))
	}
}

// TestWhatCannotBeWrittenSaysWhy: a full disk and a folder of somebody else's are mended
// differently.
func TestWhatCannotBeWrittenSaysWhy(t *testing.T) {
	for cause, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "there is no room left", syscall.EDQUOT: "there is no room left",
		syscall.EACCES: "this user may not write there", syscall.EROFS: "this user may not write there",
		syscall.ENOENT: "there is no such folder", syscall.ENOTDIR: "there is no such folder",
		syscall.EIO: "the system does not take it",
	} {
		told := Unwritten("write", "the list", &os.PathError{Op: "write", Path: "list", Err: cause})
		if told.Text != "the list can't be written: "+want || told.Hint == "" {
			t.Errorf("%v: %q, hint %q", cause, told.Text, told.Hint)
		}
	}
}
