package terminal_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/terminal"
)

// pty is a terminal, and the keyboard before it.
func pty(t *testing.T) (keyboard, tty *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { keyboard.Close() })
	if err := unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { tty.Close() })
	return keyboard, tty
}

// TestR21OnlyAYesIsAYes: whoever types nothing, or anything else, has not consented; where
// nobody sees the question, nobody is asked.
func TestR21OnlyAYesIsAYes(t *testing.T) {
	keyboard, tty := pty(t)
	ask := func(sees bool) error {
		var out bytes.Buffer
		f := &terminal.Terminal{In: tty, Out: terminal.New(&out), Err: terminal.New(&out), ErrStyle: terminal.Style{Terminal: sees}}
		return f.Confirm(t.Context(), "Give it?", "nothing was given")
	}
	for typed, yes := range map[string]bool{
		"y\n": true, "yes\n": true, " YES \n": true,
		"\n": false, "\x04": false, "n\n": false, "no\n": false, "yeah\n": false, "ye\n": false, "y n\n": false, "1\n": false, "j\n": false,
	} {
		if _, err := keyboard.WriteString(typed); err != nil {
			t.Fatal(err)
		}
		if err := ask(true); yes != (err == nil) || err != nil && stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if err := ask(false); stele.KindOf(err) != stele.KindUsage {
		t.Errorf("where the question is not seen: %v", err)
	}
	f := &terminal.Terminal{In: bytes.NewReader([]byte("y\n")), Err: terminal.New(new(bytes.Buffer)), ErrStyle: terminal.Style{Terminal: true}}
	if err := f.Confirm(t.Context(), "Give it?", "nothing was given"); stele.KindOf(err) != stele.KindUsage {
		t.Errorf("a pipe says yes: %v", err)
	}
}
