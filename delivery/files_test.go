package delivery

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/regular"
)

// TestAPipeIsNoSource: one that nobody writes to held an import for ever, and what it
// holds can't be read twice.
func TestAPipeIsNoSource(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "a.ndjson")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { _, err := FileSource(pipe).Open(); ended <- err }()
	select {
	case err := <-ended:
		if !errors.Is(err, regular.ErrOther) || stele.HintOf(err) == "" {
			t.Errorf("it is opened: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no end")
	}
}
