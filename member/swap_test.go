package member

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// write makes files under a folder, by path and content.
func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for path, content := range files {
		at := filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func read(folder, path string) string {
	raw, err := os.ReadFile(filepath.Join(folder, path))
	if err != nil {
		return ""
	}
	return string(raw)
}

// TestLaw8InterruptedRestoreLeavesTheOldOrTheNew cuts the putting into place of a
// restore short after each change on disk, more than once: the next start finds
// the new ledger with the new chain, and always what the validator had signed. A
// restore that was not whole leaves the old.
func TestLaw8InterruptedRestoreLeavesTheOldOrTheNew(t *testing.T) {
	cut := errors.New("the power fails")
	old := map[string]string{
		"member.json": "me", "vault/x": "records", "chain/data/state.db/1": "old", "chain/data/priv_validator_state.json": "signed 41",
		"ledger/1": "old", "restore.wanted": "please",
	}
	for first := range 12 {
		for second := range 12 {
			folder := t.TempDir()
			write(t, folder, old)
			write(t, folder, map[string]string{"restored/chain/data/state.db/1": "new", "restored/ledger/1": "new"})
			for _, after := range []int{first, second, 100} {
				steps := 0
				err := settle(folder, func() error {
					if steps++; steps > after {
						return cut
					}
					return nil
				})
				if err != nil && !errors.Is(err, cut) || after == 100 && err != nil {
					t.Fatal(err)
				}
				memory := read(folder, "chain/data/priv_validator_state.json") + read(folder, "restored/chain/data/priv_validator_state.json")
				if memory != "signed 41" && memory != "signed 41signed 41" {
					t.Fatalf("cut after %d and %d: what was signed reads %q", first, second, memory)
				}
			}
			for path, want := range map[string]string{
				"member.json": "me", "vault/x": "records", "chain/data/state.db/1": "new", "ledger/1": "new",
				"chain/data/priv_validator_state.json": "signed 41", "restore.wanted": "",
			} {
				if got := read(folder, path); got != want {
					t.Fatalf("cut after %d and %d: %s reads %q, want %q", first, second, path, got, want)
				}
			}
			if present(filepath.Join(folder, wholeFolder)) || present(filepath.Join(folder, makingFolder)) {
				t.Fatal("something is left over")
			}
		}
	}

	folder := t.TempDir()
	write(t, folder, old)
	write(t, folder, map[string]string{"restoring/chain/data/state.db/1": "new", "restoring/ledger/1": "half"})
	if err := settle(folder, nil); err != nil {
		t.Fatal(err)
	}
	if read(folder, "ledger/1") != "old" || read(folder, "chain/data/state.db/1") != "old" || present(filepath.Join(folder, makingFolder)) || read(folder, "restore.wanted") == "" {
		t.Error("half a restore was put into place")
	}

	folder = t.TempDir() // nothing was there before
	write(t, folder, map[string]string{"restoring/chain/data/state.db/1": "new", "restoring/ledger/1": "new"})
	if err := finish(folder); err != nil {
		t.Fatal(err)
	}
	if read(folder, "ledger/1") != "new" || read(folder, "chain/data/state.db/1") != "new" {
		t.Error("a whole restore was not put into place")
	}
}
