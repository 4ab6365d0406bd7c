package breakglass_test

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele/disktest"
)

// TestLaw8WhateverWriteFailsWhatIsSignedIsInTheRegister: an activation whose signature left is in it, although any
// one write failed, or all from one on; none is there twice, and the desk goes on signing.
func TestLaw8WhateverWriteFailsWhatIsSignedIsInTheRegister(t *testing.T) {
	var w *ward
	var ids map[string][]byte
	disktest.EachWrite(t, func(d *disktest.Disk) {
		w, ids = newWard(t), map[string][]byte{}
		_ = w.desk.Close()
		w.fs, w.logger = d, d.Log
		signs := func(n int) {
			w.next()
			name := fmt.Sprint("activation ", n)
			ids[name] = w.glass.Activation
			for range 2 { // whoever heard nothing asks again
				if d.Do(name, func() error { return w.ask(nil) }) {
					break
				}
			}
		}
		if !d.Do("open", w.tryOpen) {
			return
		}
		signs(0)
		signs(1)
		d.Do("close", w.desk.Close)
		if !d.Do("open", w.tryOpen) {
			return
		}
		signs(2)
		d.Do("close", w.desk.Close)
	}, func(t *testing.T, acknowledged []string, after vfs.FS) {
		w.t, w.fs, w.logger = t, after, slog.New(slog.DiscardHandler)
		w.open()
		times := map[string]int{}
		for _, e := range w.entries() {
			times[string(e.Activation)]++
		}
		for name, id := range ids {
			if n := times[string(id)]; n > 1 || n == 0 && slices.Contains(acknowledged, name) {
				t.Errorf("%s is in the register %d times", name, n)
			}
		}
		w.next()
		if err := w.ask(nil); err != nil {
			t.Errorf("the desk signs no more: %v", err)
		}
		if err := w.desk.Close(); err != nil {
			t.Error(err)
		}
	})
}
