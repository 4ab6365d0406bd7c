package proof

import (
	"testing"

	"github.com/stele-health/stele/wire"
)

// TestHistoryIsFoldedFromEvents: what an event says holds from its height on, and
// what was said before is judged by who ran the network then.
func TestHistoryIsFoldedFromEvents(t *testing.T) {
	founded := func(height int64, epoch uint64) *wire.Event {
		return &wire.Event{Height: height, Event: &wire.Event_ConsortiumFounded{ConsortiumFounded: &wire.ConsortiumFounded{
			Genesis: &wire.Genesis{Chain: "c", Committee: &wire.Committee{Epoch: epoch}}}}}
	}
	var h History
	if h.Now().GetChain() != "" || h.At(5).GetCommittee() != nil {
		t.Error("nothing is something")
	}
	before := h.Apply(founded(0, 1))
	h = before.Apply(founded(7, 2)).Apply(&wire.Event{Height: 8}).Apply(founded(9, 3)).Apply(founded(9, 4))
	for height, want := range map[int64]uint64{-1: 1, 0: 1, 6: 1, 7: 2, 8: 2, 9: 4, 100: 4} {
		if got := h.At(height).Committee.Epoch; got != want {
			t.Errorf("at %d: epoch %d, want %d", height, got, want)
		}
	}
	if len(h) != 3 || len(before) != 1 || before.Now().Committee.Epoch != 1 {
		t.Errorf("%d eras, and %d before", len(h), len(before))
	}
}
