package chain

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	cometconfig "github.com/cometbft/cometbft/config"

	"github.com/stele-health/stele/disktest"
)

// TestChainThatCannotWriteEndsItsProcess: Pebble cannot go on after a failed commit.
func TestChainThatCannotWriteEndsItsProcess(t *testing.T) {
	disktest.Ends(t, func(fs vfs.FS, fail func()) {
		d := newDisk(slog.New(slog.DiscardHandler))
		d.fs = fs
		db, err := d.provide(&cometconfig.DBContext{ID: "state", Config: cometconfig.DefaultConfig()})
		if err != nil {
			t.Fatal(err)
		}
		fail()
		_ = db.SetSync([]byte("key"), []byte("x"))
	})
}

// TestAnEngineThatFailedOnAFullDiskSaysSo: the engine's own files lie on it too.
func TestAnEngineThatFailedOnAFullDiskSaysSo(t *testing.T) {
	n := newNode(Config{Folder: "there"}, "chain")
	n.counter = newCounter()
	var log strings.Builder
	l := &logger{to: slog.New(slog.NewTextHandler(&log, nil)), quiet: n.quiet, halted: n.halt}
	l.Error("CONSENSUS FAILURE!!!", "err", "write data/cs.wal/wal: no space left on device; check your file system and restart the node", "stack", "goroutine 7 [running]")
	if strings.Contains(log.String(), "goroutine") {
		t.Errorf("a stack is logged: %s", log.String())
	}
	if got := n.Failed(); got != "the disk of there is full" {
		t.Error(got)
	}
}
