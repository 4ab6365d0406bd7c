package pebblestore_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele/book/booktest"
	"github.com/stele-health/stele/book/pebblestore"
)

// TestFoldersKeepBooks on a disk and in memory.
func TestFoldersKeepBooks(t *testing.T) {
	t.Run("disk", func(t *testing.T) { booktest.Run(t, pebblestore.Folders{}, t.TempDir()) })
	t.Run("memory", func(t *testing.T) { booktest.Run(t, pebblestore.Folders{FS: vfs.NewMem()}, "books") })
}
