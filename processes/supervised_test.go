package processes_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele/processes"
)

// TestTheSupervisorIsTold: systemd hears when the member is up, that it lives,
// and that it stops; and a network of one member needs nothing but init, found
// and start.
func TestTheSupervisorIsTold(t *testing.T) {
	t.Parallel()
	n := found(t, processes.Config{Members: 1})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	socket := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	must(t, err)
	defer l.Close()
	hears := func(want string) {
		t.Helper()
		must(t, l.SetReadDeadline(time.Now().Add(20*time.Second)))
		for buffer := make([]byte, 256); ; {
			k, err := l.Read(buffer)
			if err != nil {
				t.Fatalf("systemd was not told %s: %v", want, err)
			}
			if string(buffer[:k]) == want {
				return
			}
		}
	}
	m := n.Members[0]
	must(t, m.Start("NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=400000"))
	hears("READY=1")
	hears("WATCHDOG=1")
	must(t, m.Ready(ctx))
	if code, text, err := m.Probe(ctx, "/livez"); err != nil || code != http.StatusOK {
		t.Errorf("/livez: %d %q %v", code, text, err)
	}
	must(t, m.Stop())
	hears("STOPPING=1")
}

// TestUnitFileIsAsSystemdWantsIt: and exposes little.
func TestUnitFileIsAsSystemdWantsIt(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd-analyze here")
	}
	raw, err := os.ReadFile("../deploy/stele.service")
	must(t, err)
	unit := filepath.Join(t.TempDir(), "stele.service")
	must(t, os.WriteFile(unit, []byte(strings.ReplaceAll(string(raw), "/usr/local/bin/stele", binary)), 0o600))
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", unit).CombinedOutput()
	if err != nil || strings.Contains(string(out), "stele.service:") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	// The threshold is in tenths: 1.5.
	out, err = exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=yes", "--threshold=15", unit).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}
