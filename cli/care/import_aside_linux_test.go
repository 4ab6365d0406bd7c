package care

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/terminal"
)

// asked is a screen; somebody who reads a question there does something and says yes.
type asked struct {
	bytes.Buffer
	answers func()
}

func (s *asked) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("[y/N]")) {
		s.answers()
	}
	return s.Buffer.Write(p)
}

// TestR37AnAnswerIsAboutWhomItWasAsked: somebody is asked whether a Patient of another given name is the person linked.
// Before they say yes the number is moved to another, or the file becomes another one: the yes was about neither.
func TestR37AnAnswerIsAboutWhomItWasAsked(t *testing.T) {
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer keyboard.Close()
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err := cmp.Or(err, unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0)); err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer tty.Close()
	chart := func(given, born string) []byte {
		return fmt.Appendf(nil, `{"resourceType":"Patient","id":"x","identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"value":"4711"}],"name":[{"family":"Moor","given":[%q]}],"birthDate":%q}`, given, born)
	}
	for what, c := range map[string]struct {
		moves         bool
		rewrites      []byte
		patient, says string
		wrong, right  int
	}{
		"nothing happens":                     {wrong: 1},
		"the number is moved":                 {moves: true, says: "Patient/x is asked about for another reason now, or of another person: nothing more was delivered"},
		"the number is moved, of --patient":   {moves: true, patient: "4711", says: "4711 is another person's now; nothing more was delivered"},
		"the file becomes another":            {rewrites: chart("Maximiliane", "1931-01-17"), says: "Patient/x is asked about for another reason now"},
		"the file becomes what nobody doubts": {rewrites: chart("Rosa", "1970-05-01"), wrong: 1},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, wrong, right, moves := twoRosas(w)
				file := filepath.Join(t.TempDir(), "a.json")
				w.Must(os.WriteFile(file, chart("Maximiliane", "1970-05-01"), 0o600))
				screen := &asked{answers: func() {
					if c.moves {
						moves()
					}
					if c.rewrites != nil {
						w.Must(os.WriteFile(file, c.rewrites, 0o600))
					}
					_, err := keyboard.WriteString("y\n")
					w.Must(err)
				}}
				f := &cli.Face{Terminal: terminal.Open(tty, screen, screen, func(string) string { return "" })}
				f.ErrStyle.Terminal = true
				err := importAll(t.Context(), f, h, []string{file}, &importing{patient: c.patient})
				if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
					t.Errorf("it ends with %v\n%s", err, screen)
				}
				if a, b := len(w.Chart(wrong).Records), len(w.Chart(right).Records); a != c.wrong || b != c.right {
					t.Errorf("the chart that it was linked to has %d records, the other %d\n%s", a, b, screen)
				}
			})
		})
	}
}
