package member

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stele-health/stele/disktest"
	"github.com/stele-health/stele/netfile"
)

// TestLaw8NobodyOpensALedgerThatIsBeingTakenOver: between the making of the new and its
// being in place a supervisor may start the last release again, whose chain would be
// renamed under it, and what it signed from then on forgotten.
func TestLaw8NobodyOpensALedgerThatIsBeingTakenOver(t *testing.T) {
	cut := errors.New("the power fails")
	for name, take := range map[string]func(*upgrade) error{
		"a take-over": func(u *upgrade) error { _, err := u.take(t.Context()); return err },
		"one that goes on": func(u *upgrade) error {
			looks := u.step
			u.step = func() error { return cut }
			if _, err := u.take(t.Context()); !errors.Is(err, cut) {
				t.Fatal(err)
			}
			u.step = looks
			_, err := u.take(t.Context())
			return err
		},
		"one from others": func(u *upgrade) error { u.how.FromOthers = true; _, err := u.take(t.Context()); return err },
	} {
		t.Run(name, func(t *testing.T) {
			home := disktest.Unzip(t, "../devnet/testdata/last-release.zip")
			network, err := netfile.Read(filepath.Join(home, netfile.Name))
			if err != nil {
				t.Fatal(err)
			}
			u := &upgrade{config: Config{Folder: filepath.Join(home, "members", "clinic"), Network: network, Log: slog.New(slog.DiscardHandler)}}
			u.how.Progress = func(string, uint64, uint64) {}
			looked := 0
			u.step = func() error {
				looked++
				path := u.in("ledger", "LOCK")
				if old := u.in("ledger.before", "LOCK"); present(old) {
					path = old
				}
				if opens(t, path) {
					t.Errorf("after %d steps somebody else can open the old ledger", looked)
				}
				return nil
			}
			if err := take(u); err != nil || looked == 0 {
				t.Fatal(err, looked)
			}
			if !opens(t, u.in("ledger.before", "LOCK")) {
				t.Error("the old ledger stays locked")
			}
		})
	}
}

// opens reports whether another process could lock a file. The file stays open, since to
// close it would let go of a lock that this process has.
func opens(t *testing.T, path string) bool {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	const ofdGetLock = 36 // F_OFD_GETLK, which sees this process' own locks, too
	lock := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(f.Fd(), ofdGetLock, &lock); err != nil {
		t.Fatal(err)
	}
	return lock.Type == syscall.F_UNLCK
}
