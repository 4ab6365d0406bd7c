package labels

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestTheTablesArePackedAsTheyAre: a table that was changed is packed anew, and none is left
// that there is no more.
func TestTheTablesArePackedAsTheyAre(t *testing.T) {
	names, err := filepath.Glob("data/*.txt")
	if err != nil || len(names) != len(Shipped()) {
		t.Fatalf("%d tables, and %d are packed (%v): go generate ./labels", len(names), len(Shipped()), err)
	}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if packed, err := unpack(filepath.Base(name)); err != nil || !bytes.Equal(packed, src) {
			t.Errorf("%s is not what is packed (%v): go generate ./labels", name, err)
		}
	}
}
