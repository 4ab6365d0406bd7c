package member

import (
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestARunningMemberIsNotRestored: a restore leaves a member alone that has its ledger open.
func TestARunningMemberIsNotRestored(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, map[string]string{"ledger/LOCK": "", "ledger/1": "old"})
	lock, err := vfs.Default.Lock(filepath.Join(folder, "ledger", "LOCK"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	err = Restore(t.Context(), Config{Folder: folder, Network: new(wire.Network)})
	if stele.KindOf(err) != stele.KindBusy || stele.HintOf(err) != "stop it first" {
		t.Errorf("a restore of what runs: %v; %q", err, stele.HintOf(err))
	}
	if read(folder, "ledger/1") != "old" {
		t.Error("something was changed")
	}
}
