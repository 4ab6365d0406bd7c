package devnet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stele-health/stele"
)

// FuzzControl reads where a devnet listens.
func FuzzControl(f *testing.F) {
	f.Add([]byte(`{"url":"http://127.0.0.1:1"}`))
	f.Add([]byte(`null`))
	home := f.TempDir()
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(filepath.Join(home, controlFile), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if url, err := Control(home); err != nil && (stele.KindOf(err) != stele.KindNotFound || url != "") {
			t.Fatalf("refused as %v: %v", stele.KindOf(err), err)
		}
	})
}
