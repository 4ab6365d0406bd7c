package main

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"
)

// TestAClosedTerminalEndsACommandInOrder as Ctrl-C does, but not one that nohup started.
func TestAClosedTerminalEndsACommandInOrder(t *testing.T) {
	defer signal.Reset(syscall.SIGHUP)
	for _, ignored := range []bool{false, true} {
		if ignored {
			signal.Ignore(syscall.SIGHUP)
		}
		if slices.Contains(endings(), os.Signal(syscall.SIGHUP)) == ignored {
			t.Errorf("ignored %v: it ends by %v", ignored, endings())
		}
	}
}
