package chain

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/disktest"
)

// TestATakenOverChainKeepsTheBlocksInWhichNothingHappened: the engine's state, what the
// validator signed and those newest blocks are carried over, the newest of all in any
// case, and no block with a parcel, whatever is said of events. The rest of the take-over
// is tested in devnet.
func TestATakenOverChainKeepsTheBlocksInWhichNothingHappened(t *testing.T) {
	old := filepath.Join(disktest.Unzip(t, "../devnet/testdata/last-release.zip"), "members", "clinic", "chain")
	if !Earlier(old) {
		t.Fatal("it is not known for what it is")
	}
	states, err := openEarlier(old, "state")
	if err != nil {
		t.Fatal(err)
	}
	state, err := stored(states)
	if err != nil {
		t.Fatal(err)
	}
	if err := states.shut(); err != nil {
		t.Fatal(err)
	}
	at := Standing{Chain: state.ChainID, Height: state.LastBlockHeight, Hash: stele.Digest(state.AppHash)}
	quiet := int64(0)
	for _, c := range []struct{ event, oldest int64 }{{0, 0}, {at.Height, at.Height}, {at.Height - 1, at.Height}, {at.Height - 2, at.Height - 1}} {
		at.Event = c.event
		folder := filepath.Join(t.TempDir(), "chain")
		if err := TakeOver(old, folder, at, nil); err != nil {
			t.Fatal(err)
		}
		oldest, newest, height, err := Stored(folder)
		if err != nil || newest != at.Height || height != at.Height || c.oldest > 0 && oldest != c.oldest {
			t.Errorf("the newest event in block %d: blocks %d to %d, the engine at %d, %v", c.event, oldest, newest, height, err)
		}
		if c.oldest == 0 {
			quiet = oldest
		}
		for _, file := range []string{"priv_validator_state.json", "cs.wal/wal"} {
			was, _ := os.ReadFile(filepath.Join(old, "data", file))
			if is, err := os.ReadFile(filepath.Join(folder, "data", file)); err != nil || string(is) != string(was) || len(is) == 0 {
				t.Errorf("%s is not what it was: %v", file, err)
			}
		}
		if Earlier(folder) {
			t.Error("what was taken over is taken for the last release's")
		}
	}
	if quiet < 30 || quiet > at.Height-2 { // the last thing that happened there was a posting of receipts
		t.Errorf("blocks from %d to %d are kept", quiet, at.Height)
	}
}
