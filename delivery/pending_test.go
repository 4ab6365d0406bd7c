package delivery

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLaw8HalfANoteIsThrownAway is an import after a process that was killed while
// it noted a delivery.
func TestLaw8HalfANoteIsThrownAway(t *testing.T) {
	half := filepath.Join(t.TempDir(), ".new-1")
	if err := os.WriteFile(half, []byte(`{"anchor":`), 0o600); err != nil {
		t.Fatal(err)
	}
	seen := &deliveredSet{unsettled: []string{half}}
	if err := new(Desk).settle(t.Context(), seen); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) || len(seen.unsettled) > 0 {
		t.Errorf("half a note is left: %v, %v", err, seen.unsettled)
	}
}
