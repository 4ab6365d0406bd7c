package member

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestLaw8APartThatCannotBeSetAsideIsSaidBefore: a ledger on a mount of its own can't be
// renamed. Half of a take-over would be in place by the time when that shows, and half of a
// restore.
func TestLaw8APartThatCannotBeSetAsideIsSaidBefore(t *testing.T) {
	defer func() { mountedAt = isMount }()
	for _, part := range parts {
		folder := t.TempDir()
		before := map[string]string{"chain/data/x": "old", "ledger/1": "old"}
		write(t, folder, before)
		mountedAt = func(path string) bool { return path == filepath.Join(folder, part) }
		config := Config{Folder: folder, Network: new(wire.Network)}
		for what, f := range map[string]func() error{
			"a look":      func() error { _, err := Upgrade(t.Context(), config, Upgrading{Check: true}); return err },
			"a take-over": func() error { _, err := Upgrade(t.Context(), config, Upgrading{}); return err },
			"from others": func() error { _, err := Upgrade(t.Context(), config, Upgrading{FromOthers: true}); return err },
			"a restore":   func() error { return Restore(t.Context(), config) },
		} {
			if err := f(); err == nil || !strings.Contains(stele.TextOf(err), part+" is a mount") || stele.HintOf(err) == "" {
				t.Errorf("%s, of which %s is a mount: %v", what, part, err)
			}
		}
		for path, content := range before {
			if got := read(folder, path); got != content {
				t.Errorf("%s reads %q", path, got)
			}
		}
	}
}

// TestAMountIsKnown: /proc is one wherever Linux runs.
func TestAMountIsKnown(t *testing.T) {
	folder := t.TempDir()
	link := filepath.Join(folder, "link")
	if err := os.Symlink("/proc", link); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/self/mountinfo"); err != nil {
		t.Skip("no Linux")
	}
	for path, want := range map[string]bool{"/proc": true, "/proc/self": false, folder: false, link: false, filepath.Join(folder, "none"): false} {
		if isMount(path) != want {
			t.Errorf("%s is a mount: %v", path, !want)
		}
	}
}
