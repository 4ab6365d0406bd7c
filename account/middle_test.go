package account

import "testing"

// TestOneOfThreeMovesNoMiddle: how often somebody asked is what the one in the middle of the trustees says.
func TestOneOfThreeMovesNoMiddle(t *testing.T) {
	times, at := middle(map[uint16]refusal{1: {2, 10}, 2: {900, 1 << 50}, 3: {2, 12}})
	if times != 2 || at.UnixMilli() != 12 {
		t.Errorf("one of three says otherwise: %d times, last at %v", times, at)
	}
	if times, _ := middle(nil); times != 0 {
		t.Error("nobody refused")
	}
}
