package member

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
)

// TestLaw8InterruptedTakeOverLeavesTheOldOrTheNew cuts the putting into place of a
// take-over short after each change on disk, more than once: the chain is never the new
// one beside a ledger that is lost, a start is refused until the same command has
// finished, and in the end all that was there before lies beside what is new.
func TestLaw8InterruptedTakeOverLeavesTheOldOrTheNew(t *testing.T) {
	cut := errors.New("the power fails")
	for _, empty := range []bool{false, true} {
		for first := range 8 {
			for second := range 8 {
				folder := t.TempDir()
				write(t, folder, map[string]string{"member.json": "me", "vault/x": "records", "chain/data/x": "old", "ledger/1": "old", "upgraded/chain/data/x": "new"})
				want := map[string]string{
					"member.json": "me", "vault/x": "records", "chain/data/x": "new", "ledger/1": "new", "chain.before/data/x": "old", "ledger.before/1": "old",
				}
				if empty {
					write(t, folder, map[string]string{"upgraded/ledger.none/nothing": ""})
					want["ledger/1"] = ""
				} else {
					write(t, folder, map[string]string{"upgraded/ledger/1": "new"})
				}
				u := &upgrade{config: Config{Folder: folder}}
				for _, after := range []int{first, second, 100} {
					steps := 0
					u.step = func() error {
						if steps++; steps > after {
							return cut
						}
						return nil
					}
					err := u.place()
					if err != nil && !errors.Is(err, cut) || after == 100 && err != nil {
						t.Fatal(err)
					}
					if err != nil && refuseEarlier(folder) == nil && present(filepath.Join(folder, upgradedFolder)) {
						t.Fatalf("cut after %d and %d: the member starts", first, second)
					}
					if read(folder, "ledger/1") == "new" && read(folder, "chain/data/x") != "new" {
						t.Fatalf("cut after %d and %d: the ledger is new and the chain is not", first, second)
					}
					if read(folder, "ledger/1")+read(folder, "ledger.before/1") == "" {
						t.Fatalf("cut after %d and %d: the old ledger is gone", first, second)
					}
				}
				for path, content := range want {
					if got := read(folder, path); got != content {
						t.Fatalf("cut after %d and %d: %s reads %q, want %q", first, second, path, got, content)
					}
				}
				if present(filepath.Join(folder, upgradedFolder)) || refuseEarlier(folder) != nil {
					t.Fatal("something is left over")
				}
			}
		}
	}
}

// narrow is a file system with little left.
type narrow struct {
	vfs.FS
	left uint64 // bytes
}

func (n narrow) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: n.left, TotalBytes: 1 << 40}, nil
}

// TestATakeOverSaysThatTheDiskHasNoRoom: before anything is changed, of a look, too.
func TestATakeOverSaysThatTheDiskHasNoRoom(t *testing.T) {
	defer func() { disk = vfs.Default }()
	folder := t.TempDir()
	write(t, folder, map[string]string{"chain/data/x": "old", "elsewhere/1": "old"})
	if err := os.Symlink("elsewhere", filepath.Join(folder, "ledger")); err != nil { // as on a larger disk
		t.Fatal(err)
	}
	u := &upgrade{config: Config{Folder: folder}}
	for left, ok := range map[uint64]bool{spare + 5: false, spare + 6: true, 0: false} {
		disk = narrow{vfs.Default, left}
		err := u.room()
		if (err == nil) != ok {
			t.Errorf("%d bytes are left: %v", left, err)
		}
		if err != nil && !strings.Contains(stele.HintOf(err), "room for a second ledger and chain") {
			t.Errorf("the hint is %q", stele.HintOf(err))
		}
	}
}
