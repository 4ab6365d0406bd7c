package vault

import (
	"fmt"
	"log/slog"
	"strings"
)

// quiet passes on Pebble's errors, and never what they quote: a key holds
// subjects.
type quiet struct{ log *slog.Logger }

// Infof says nothing.
func (quiet) Infof(string, ...any) {}

// Errorf says that there was an error.
func (q quiet) Errorf(format string, _ ...any) {
	q.log.Error("vault index", "what", strings.Map(plain, format))
}

// Fatalf ends the process, as Pebble requires: it cannot go on.
func (q quiet) Fatalf(format string, _ ...any) {
	panic(fmt.Sprintf("vault index: %s", strings.Map(plain, format)))
}

func plain(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}
