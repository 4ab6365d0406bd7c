// Package database says how the rooms beside the ledger open Pebble, an embedded
// ordered key-value store: what Pebble complains of reaches the log without keys
// and values, a database that cannot go on ends the process, and damage is an error
// of whoever reads it.
package database

import (
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options returns options for the database of that name, which the log is told of.
func Options(name string, fs vfs.FS, log *slog.Logger) *pebble.Options {
	q := quiet{name, log}
	return &pebble.Options{
		FS: fs, FormatMajorVersion: pebble.FormatNewest, Logger: q,
		EventListener: &pebble.EventListener{
			// With this set, Pebble returns the error and does not end the process.
			DataCorruption: func(pebble.DataCorruptionInfo) { q.Errorf("damaged") },
			// What failed in the background, such as on a full disk, is tried again
			// at once, ten thousand times a second. Other writes wait meanwhile.
			BackgroundError: func(error) {
				q.Errorf("background error")
				time.Sleep(100 * time.Millisecond)
			},
		},
	}
}

// quiet passes on Pebble's complaints without their arguments, which may hold keys
// and values.
type quiet struct {
	name string
	log  *slog.Logger
}

func (quiet) Infof(string, ...any) {}

func (q quiet) Errorf(format string, _ ...any) { q.log.Error(q.name, "complaint", format) }

// Fatalf ends the process, since Pebble cannot go on. Thrown here, it would end one
// request only, and all writes would fail until somebody starts the process again.
func (q quiet) Fatalf(format string, _ ...any) {
	q.log.Error(q.name+" cannot go on", "complaint", format)
	go panic(q.name + " cannot go on: " + format)
	select {}
}
