package ledger

import (
	"errors"
	"testing"
)

// TestWhatIsSoundIsAskedOnce: and what is not, each time.
func TestWhatIsSoundIsAskedOnce(t *testing.T) {
	var tx Tx
	asked, wrong := 0, errors.New("wrong")
	check := func() error { asked++; return wrong }
	for range 2 {
		if err := tx.Sound(check); err != wrong {
			t.Fatal(err)
		}
	}
	wrong = nil
	for range 2 {
		if err := tx.Sound(check); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times, want 3", asked)
	}
}
