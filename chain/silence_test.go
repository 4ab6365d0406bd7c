package chain

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestASignerWithoutMemoryIsSilentForAWhile: whoever lost what it signed is asked for the
// last heights of its earlier life as it catches up, and signs at none of them.
func TestASignerWithoutMemoryIsSilentForAWhile(t *testing.T) {
	type ask struct {
		after  time.Duration // since the one before
		height int64
		speaks bool
	}
	for what, asked := range map[string][]ask{
		"a chain that begins":      {{0, 1, true}, {0, 2, true}},
		"the chain moves on":       {{0, 196, false}, {time.Second, 197, false}, {time.Second, 198, false}, {silence, 240, true}, {0, 241, true}},
		"it stands still without":  {{0, 196, false}, {time.Second, 197, false}, {silence - 1, 197, false}, {1, 197, true}, {0, 198, true}},
		"it stands at the first":   {{0, 196, false}, {silence - 1, 196, false}, {1, 196, true}},
		"late in the first while":  {{0, 196, false}, {silence - 1, 197, false}, {silence - 1, 197, false}, {1, 197, true}},
		"once it spoke, it speaks": {{0, 9, false}, {silence, 9, true}, {0, 10, true}, {0, 11, true}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &signer{fresh: true}
			for i, a := range asked {
				time.Sleep(a.after)
				if err := s.dare(a.height); (err == nil) != a.speaks {
					t.Errorf("%s, %d: at height %d: %v", what, i, a.height, err)
				}
			}
		})
	}
	if err := (&signer{}).dare(7); err != nil {
		t.Errorf("one that remembers: %v", err)
	}
}
