package vault

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
)

func (v *Vault) keyPath(name fileName) string { return filepath.Join(v.folder("keys"), name.String()) }

// writeKeys writes a key file so that it is there whole or not at all.
func (v *Vault) writeKeys(name fileName, raw []byte) error {
	return writeWhole(v.fs, v.keyPath(name), raw)
}

// readKeys reads a key file.
func (v *Vault) readKeys(name fileName) (map[stele.ID]seal.ErasureKey, error) {
	raw, err := readAll(v.fs, v.keyPath(name))
	if err != nil {
		return nil, err
	}
	defer clear(raw)
	return decodeKeys(name, raw)
}

func readAll(fs vfs.FS, path string) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// removeKeys destroys a key file: overwritten, synced, unlinked. What the disk
// itself keeps of overwritten blocks is beyond it.
func (v *Vault) removeKeys(name fileName) error {
	path := v.keyPath(name)
	if f, err := v.fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified); err == nil {
		if stat, err := f.Stat(); err == nil {
			_, _ = f.WriteAt(make([]byte, stat.Size()), 0)
			_ = f.Sync()
		}
		_ = f.Close()
	}
	if err := v.fs.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return syncFolder(v.fs, v.folder("keys"))
}

// onDisk lists the segments and key files there are. unknown are names that are
// neither; half-done ones among them end in .tmp.
func (v *Vault) onDisk(ctx context.Context) (segments, keys map[fileName]int64, unknownSegments, unknownKeys []string, err error) {
	segments, keys = map[fileName]int64{}, map[fileName]int64{}
	if err := v.segments.List(ctx, func(n string, size int64) {
		if name, ok := parseFileName(n); ok {
			segments[name] = size
		} else {
			unknownSegments = append(unknownSegments, n)
		}
	}); err != nil {
		return nil, nil, nil, nil, err
	}
	names, err := v.fs.List(v.folder("keys"))
	for _, n := range names {
		if name, ok := parseFileName(n); ok {
			keys[name] = 0
		} else {
			unknownKeys = append(unknownKeys, n)
		}
	}
	return segments, keys, unknownSegments, unknownKeys, err
}

// isHalfDone reports whether a name is that of a file that was being written.
func isHalfDone(name string) bool { return strings.HasSuffix(name, halfDone) }
