package sim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/gcerrors"
)

// disk is a member's disk as one run of its process sees it. It counts what is
// changed, so that the power can go at any change, and can be full.
type disk struct {
	vfs.FS
	mem     *vfs.MemFS // below
	changes atomic.Int64
	cut     int64       // at which change the power goes; 0: never
	full    atomic.Bool // nothing can be written
	low     atomic.Bool // little is left: who asks first is told
	power   func()      // takes the power away
}

func newDisk(mem *vfs.MemFS, cut int64, power func()) *disk {
	d := &disk{mem: mem, cut: cut, power: power}
	d.FS = errorfs.Wrap(mem, errorfs.InjectorFunc(d.inject))
	return d
}

// inject is asked before every operation.
func (d *disk) inject(op errorfs.Op) error {
	switch op.Kind {
	case errorfs.OpCreate, errorfs.OpFileWrite, errorfs.OpFileWriteAt, errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo,
		errorfs.OpRename, errorfs.OpRemove:
	default:
		return nil
	}
	if n := d.changes.Add(1); d.cut > 0 && n == d.cut {
		d.power()
		return nil // what this process still does, nobody sees
	}
	if !d.full.Load() || op.Kind == errorfs.OpRemove {
		return nil
	}
	if strings.Contains(op.Path, "/keys/") || strings.Contains(op.Path, "/segments/") {
		return syscall.ENOSPC
	}
	d.power() // Pebble ends the process when it cannot write
	return nil
}

// Create makes a file. Pebble counts on a file system that does not keep a
// folder's newer name and lose an older one, as journals do and POSIX does not
// say: it names a new manifest in a marker before either is synced. Of such
// names the older ones are made durable first; all else may be lost in any order.
func (d *disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasPrefix(d.PathBase(name), "marker.") {
		folder, err := d.mem.OpenDir(d.PathDir(name))
		if err != nil {
			return nil, err
		}
		if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
			return nil, err
		}
	}
	return d.FS.Create(name, category)
}

// GetDiskUsage says how much is free.
func (d *disk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	if d.low.Load() {
		return vfs.DiskUsage{AvailBytes: 1 << 20, TotalBytes: 1 << 40}, nil
	}
	return vfs.DiskUsage{AvailBytes: 1 << 39, TotalBytes: 1 << 40}, nil
}

// bucket keeps a vault's segments as files of the same disk, so that they are
// lost, torn and refused with everything else: written beside, synced, renamed.
type bucket struct {
	fs     vfs.FS
	folder string
}

func openBucket(fs vfs.FS, folder string) (*blob.Bucket, error) {
	if err := fs.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return blob.NewBucket(&bucket{fs, folder}), nil
}

func (b *bucket) path(key string) string { return b.fs.PathJoin(b.folder, key) }

func (b *bucket) ErrorCode(err error) gcerrors.ErrorCode {
	if errors.Is(err, os.ErrNotExist) {
		return gcerrors.NotFound
	}
	return gcerrors.Unknown
}
func (b *bucket) As(any) bool             { return false }
func (b *bucket) ErrorAs(error, any) bool { return false }
func (b *bucket) Close() error            { return nil }

func (b *bucket) Attributes(_ context.Context, key string) (*driver.Attributes, error) {
	stat, err := b.fs.Stat(b.path(key))
	if err != nil {
		return nil, err
	}
	return &driver.Attributes{Size: stat.Size()}, nil
}

func (b *bucket) ListPaged(context.Context, *driver.ListOptions) (*driver.ListPage, error) {
	names, err := b.fs.List(b.folder)
	slices.Sort(names)
	page := &driver.ListPage{}
	for _, name := range names {
		stat, err := b.fs.Stat(b.path(name))
		if err != nil {
			return nil, err
		}
		page.Objects = append(page.Objects, &driver.ListObject{Key: name, Size: stat.Size()})
	}
	return page, err
}

func (b *bucket) NewRangeReader(_ context.Context, key string, offset, length int64, _ *driver.ReaderOptions) (driver.Reader, error) {
	f, err := b.fs.Open(b.path(key))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	size := int64(len(raw))
	raw = raw[min(offset, size):]
	if length >= 0 {
		raw = raw[:min(length, int64(len(raw)))]
	}
	return &reader{bytes.NewReader(raw), size}, nil
}

type reader struct {
	*bytes.Reader
	size int64
}

func (r *reader) Close() error                         { return nil }
func (r *reader) Attributes() *driver.ReaderAttributes { return &driver.ReaderAttributes{Size: r.size} }
func (r *reader) As(any) bool                          { return false }

func (b *bucket) NewTypedWriter(ctx context.Context, key, _ string, _ *driver.WriterOptions) (driver.Writer, error) {
	return &writer{ctx: ctx, b: b, key: key}, nil
}

type writer struct {
	bytes.Buffer
	ctx context.Context
	b   *bucket
	key string
}

func (w *writer) Close() error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	path := w.b.path(w.key)
	f, err := w.b.fs.Create(path+".tmp", vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(w.Bytes())
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = w.b.fs.Rename(path+".tmp", path)
	}
	if err != nil {
		return err
	}
	folder, err := w.b.fs.OpenDir(w.b.folder)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (b *bucket) Copy(context.Context, string, string, *driver.CopyOptions) error {
	return errors.ErrUnsupported
}
func (b *bucket) Delete(_ context.Context, key string, _ *driver.DeleteOptions) error {
	return b.fs.Remove(b.path(key))
}
func (b *bucket) SignedURL(context.Context, string, *driver.SignedURLOptions) (string, error) {
	return "", errors.ErrUnsupported
}
