package vault

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
)

// files of the vault's own are written under a name that ends so, synced, and
// renamed.
const halfDone = ".tmp"

const segmentType = "application/vnd.stele.segment"

// syncFolder makes the names in a folder durable.
func syncFolder(fs vfs.FS, folder string) error {
	d, err := fs.OpenDir(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (v *Vault) keyPath(name fileName) string { return filepath.Join(v.folder("keys"), name.String()) }

// writeKeys writes a key file so that it is there whole or not at all.
func (v *Vault) writeKeys(name fileName, raw []byte) error {
	path := v.keyPath(name)
	f, err := v.fs.Create(path+halfDone, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = v.fs.Rename(path+halfDone, path)
	}
	if err == nil {
		err = syncFolder(v.fs, v.folder("keys"))
	}
	return err
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

// writeSegment writes a segment so that it is there whole or not at all, and
// durable: see the package's doc for buckets that are not files.
func (v *Vault) writeSegment(ctx context.Context, name fileName, raw []byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // makes Close drop what was written when we did not get there
	var file *os.File
	w, err := v.bucket.NewWriter(ctx, name.String(), &blob.WriterOptions{
		ContentType: segmentType, DisableContentTypeDetection: true,
		BeforeWrite: func(as func(any) bool) error { as(&file); return nil },
	})
	if err != nil {
		return err
	}
	_, err = w.Write(raw)
	if err == nil && file != nil {
		// fileblob renames on Close; unsynced bytes under the final name would
		// be a half-written segment after a power loss.
		err = v.syncFile(file)
	}
	if err != nil {
		cancel()
		return errors.Join(err, w.Close())
	}
	if err := w.Close(); err != nil || file == nil {
		return err
	}
	folder := filepath.Dir(file.Name())
	if _, err := os.Stat(filepath.Join(folder, name.String())); err != nil {
		return stele.E("write segment", stele.KindInvalid, "the bucket keeps temporary files elsewhere", err).
			WithHint("open file buckets with no_tmp_dir")
	}
	return v.syncNames(folder)
}

func (v *Vault) readSegment(ctx context.Context, name fileName) ([]byte, error) {
	return v.bucket.ReadAll(ctx, name.String())
}

// readPart reads length bytes of a segment from an offset.
func (v *Vault) readPart(ctx context.Context, name fileName, at, length int64) ([]byte, error) {
	r, err := v.bucket.NewRangeReader(ctx, name.String(), at, length, nil)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, length)
	n, err := io.ReadFull(r, raw)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil // too short: the blocks say where
	}
	return raw[:n], errors.Join(err, r.Close())
}

func (v *Vault) removeSegment(ctx context.Context, name fileName) error {
	err := v.bucket.Delete(ctx, name.String())
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return err
}

// onDisk lists the segments and key files there are. unknown are names that are
// neither; half-done ones among them end in .tmp.
func (v *Vault) onDisk(ctx context.Context) (segments, keys map[fileName]int64, unknownSegments, unknownKeys []string, err error) {
	segments, keys = map[fileName]int64{}, map[fileName]int64{}
	list := v.bucket.List(nil)
	for {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, nil, nil, err
		}
		if name, ok := parseFileName(o.Key); ok {
			segments[name] = o.Size
		} else {
			unknownSegments = append(unknownSegments, o.Key)
		}
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
