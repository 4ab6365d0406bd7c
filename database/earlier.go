package database

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
)

// current is the file in which the first Pebble, and no later one, says which of its
// manifests counts.
const current = "CURRENT"

// Earlier reports whether a folder holds a database of the first Pebble, in which the
// engine of earlier releases kept its blocks. [Open] refuses one.
func Earlier(folder string, fs vfs.FS) bool {
	_, err := fs.Stat(filepath.Join(folder, current))
	return err == nil
}

// OpenEarlier opens a database of the first Pebble to read it and nothing else: no file
// in its folder changes. It fails as Open does.
func OpenEarlier(name, folder string, fs vfs.FS, log *slog.Logger) (*pebble.DB, error) {
	raw, err := readWhole(fs, filepath.Join(folder, current))
	if err != nil {
		return nil, quiet{name, folder, log}.closed(err)
	}
	manifest := strings.TrimSpace(string(raw))
	if !strings.HasPrefix(manifest, "MANIFEST-") || filepath.Base(manifest) != manifest {
		return nil, stele.E("open database", stele.KindOther, "the "+name+" is damaged: "+folder, nil).
			WithHint("it names no manifest; start the last release on it to see whether that can mend it")
	}
	return Open(name, folder, labelled{fs, folder, manifest}, log, ReadOnly)
}

// ReadOnly is an option of Open: no file in the folder changes.
func ReadOnly(o *pebble.Options) { o.ReadOnly, o.ErrorIfNotExists = true, true }

// labelled shows a folder of the first Pebble as one of the oldest form that today's
// reads. Files are the same in both: tables say themselves how they are laid out, and
// the names of two empty files say which form it is and which manifest counts.
type labelled struct {
	vfs.FS
	folder, manifest string
}

// List returns the names in a folder.
func (l labelled) List(folder string) ([]string, error) {
	names, err := l.FS.List(folder)
	if err != nil || filepath.Clean(folder) != filepath.Clean(l.folder) {
		return names, err
	}
	return append(names, "marker.format-version.000001.013", "marker.manifest.000001."+l.manifest), nil
}

func readWhole(fs vfs.FS, path string) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	stat, err := f.Stat()
	if err != nil || stat.Size() > 1<<10 {
		return nil, errors.Join(err, os.ErrInvalid, f.Close())
	}
	raw := make([]byte, stat.Size())
	_, err = f.ReadAt(raw, 0)
	return raw, errors.Join(err, f.Close())
}
