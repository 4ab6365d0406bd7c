package regular

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestOnlyRegularFilesAreRead: a pipe without a writer and a device without an end
// held a command for ever.
func TestOnlyRegularFilesAreRead(t *testing.T) {
	folder := t.TempDir()
	file, pipe := filepath.Join(folder, "file"), filepath.Join(folder, "pipe")
	if err := errors.Join(os.WriteFile(file, []byte("1234"), 0o600), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		most int64
		want error
	}{
		{file, 4, nil}, {file, 3, ErrLarge}, {pipe, 4, ErrOther}, {"/dev/zero", 4, ErrOther}, {"/dev/null", 4, ErrOther}, {folder, 4, ErrFolder},
		{filepath.Join(folder, "none"), 4, os.ErrNotExist},
	} {
		done := make(chan error, 1)
		go func() { _, err := Read(c.path, c.most); done <- err }()
		select {
		case err := <-done:
			if !errors.Is(err, c.want) {
				t.Errorf("%s, %d bytes: %v, want %v", c.path, c.most, err, c.want)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s: no answer", c.path)
		}
	}
}
