package member

import (
	"os"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestWhatIsAnothersIsNotReplaced: typed with sudo, a take-over or a restore would leave a
// ledger that the member's user can't open.
func TestWhatIsAnothersIsNotReplaced(t *testing.T) {
	defer func() { whoRuns = os.Geteuid }()
	folder := t.TempDir()
	write(t, folder, map[string]string{"chain/data/x": "old", "ledger/1": "old"})
	config := Config{Folder: folder, Network: new(wire.Network)}
	if err := owned("", folder); err != nil {
		t.Errorf("what is one's own: %v", err)
	}
	if err := owned("", t.TempDir()); err != nil {
		t.Errorf("where there is nothing: %v", err)
	}
	whoRuns = func() int { return os.Geteuid() + 1 }
	_, upgrading := Upgrade(t.Context(), config, Upgrading{})
	for what, err := range map[string]error{"a take-over": upgrading, "a restore": Restore(t.Context(), config)} {
		if stele.KindOf(err) != stele.KindUsage || !strings.Contains(stele.HintOf(err), "sudo -u "+userOf(os.Geteuid())) {
			t.Errorf("%s of what is another's: %v; %q", what, err, stele.HintOf(err))
		}
	}
	if read(folder, "ledger/1")+read(folder, "chain/data/x") != "oldold" {
		t.Error("something was changed")
	}
}
