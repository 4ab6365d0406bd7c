package vault

import (
	"log/slog"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"
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

// Fatalf ends the process, since Pebble cannot go on. Thrown here, it would end one
// request only, and all writes would fail until somebody starts the process again.
func (q quiet) Fatalf(format string, _ ...any) {
	what := strings.Map(plain, format)
	q.log.Error("vault index cannot go on", "what", what)
	go panic("vault index cannot go on: " + what)
	select {}
}

// events has Pebble tell whoever reads what is damaged, not end the process; and
// rest before it tries again what failed in the background, such as a full disk.
func (q quiet) events() *pebble.EventListener {
	return &pebble.EventListener{
		DataCorruption: func(pebble.DataCorruptionInfo) { q.log.Error("vault index is damaged") },

		BackgroundError: func(error) {
			q.log.Error("vault index", "what", "background error")
			time.Sleep(100 * time.Millisecond)
		},
	}
}

func plain(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}
