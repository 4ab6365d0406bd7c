package vault

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Segments is where a vault keeps its segments: files by default ([Files]). A
// store of objects needs these four methods. Names are short, without slashes.
type Segments interface {
	// Write keeps raw under a name, in place of what was there. When it returns
	// nil that is durable; when not, the name holds all of it or what it held.
	Write(ctx context.Context, name string, raw []byte) error
	// Read returns length bytes from an offset on, fewer where there are no
	// more, all when length is negative. It fails with [os.ErrNotExist] where
	// there is nothing of that name.
	Read(ctx context.Context, name string, at, length int64) ([]byte, error)
	// Remove removes a segment, when there is one.
	Remove(ctx context.Context, name string) error
	// List calls each with every name and how many bytes it holds.
	List(ctx context.Context, each func(name string, size int64)) error
}

// Files keeps segments as files of a folder, which it makes.
func Files(fs vfs.FS, folder string) (Segments, error) {
	if err := fs.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return files{fs, folder}, nil
}

type files struct {
	fs     vfs.FS
	folder string
}

func (f files) path(name string) string { return filepath.Join(f.folder, name) }

func (f files) Write(_ context.Context, name string, raw []byte) error {
	return writeWhole(f.fs, f.path(name), raw)
}

func (f files) Read(_ context.Context, name string, at, length int64) ([]byte, error) {
	file, err := f.fs.Open(f.path(name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return nil, err
	}
	left := max(stat.Size()-at, 0)
	if length < 0 || length > left {
		length = left
	}
	raw := make([]byte, length)
	n, err := file.ReadAt(raw, at)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return raw[:n], err
}

func (f files) Remove(_ context.Context, name string) error {
	if err := f.fs.Remove(f.path(name)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (f files) List(_ context.Context, each func(name string, size int64)) error {
	names, err := f.fs.List(f.folder)
	for _, name := range names {
		stat, err := f.fs.Stat(f.path(name))
		if errors.Is(err, os.ErrNotExist) {
			continue // removed since
		}
		if err != nil {
			return err
		}
		each(name, stat.Size())
	}
	return err
}

// halfDone ends the name under which a file is written and synced before it is
// renamed.
const halfDone = ".tmp"

// writeWhole writes a file so that it is there whole or not at all, and durable
// when it returns nil: bytes first, then the name. The other way round, a power loss could leave
// the name with nothing behind it.
func writeWhole(fs vfs.FS, path string, raw []byte) error {
	f, err := fs.Create(path+halfDone, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = fs.Rename(path+halfDone, path)
	}
	if err != nil {
		return err
	}
	return syncFolder(fs, filepath.Dir(path))
}

// syncFolder makes the names in a folder durable.
func syncFolder(fs vfs.FS, folder string) error {
	d, err := fs.OpenDir(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
