package database

import (
	"bufio"
	"path"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// gathered is how many bytes of a table are written to the file system at once.
const gathered = 128 << 10

// gathering is a file system that gathers what is written to a table, which Pebble
// hands over a block of 4 KB at a time: a call of the system for each cost a busy ledger
// a twentieth of its processor time. What a table is synced for, or closed, is in the
// file first; the log, which is synced as it is written, is left alone.
type gathering struct{ vfs.FS }

// Create creates a file.
func (g gathering) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := g.FS.Create(name, category)
	if err != nil || path.Ext(name) != ".sst" {
		return f, err
	}
	return &table{f, bufio.NewWriterSize(f, gathered)}, nil
}

// Unwrap returns the file system beneath.
func (g gathering) Unwrap() vfs.FS { return g.FS }

// table is a file that is written from its beginning to its end, and read when it is whole.
type table struct {
	vfs.File
	w *bufio.Writer
}

func (t *table) Write(p []byte) (int, error) { return t.w.Write(p) }

func (t *table) Sync() error {
	if err := t.w.Flush(); err != nil {
		return err
	}
	return t.File.Sync()
}

func (t *table) SyncData() error {
	if err := t.w.Flush(); err != nil {
		return err
	}
	return t.File.SyncData()
}

func (t *table) SyncTo(length int64) (bool, error) {
	if err := t.w.Flush(); err != nil {
		return false, err
	}
	return t.File.SyncTo(length)
}

func (t *table) Close() error {
	err := t.w.Flush()
	if no := t.File.Close(); err == nil {
		err = no
	}
	return err
}
