package database_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele/database"
)

// TestGetTellsNothingFromEmpty: a row without content is a row.
func TestGetTellsNothingFromEmpty(t *testing.T) {
	db, err := database.Open("till", "folder", vfs.NewMem(), log)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for key, value := range map[string]string{"empty": "", "full": "value"} {
		if err := db.Set([]byte(key), []byte(value), pebble.NoSync); err != nil {
			t.Fatal(err)
		}
	}
	for key, there := range map[string]bool{"empty": true, "full": true, "none": false} {
		if got, err := database.Get(db, []byte(key)); err != nil || (got != nil) != there {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
}
