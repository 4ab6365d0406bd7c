package sim

import (
	"errors"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
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

// newDisk puts a disk over mem; at change number cut it calls power, in the middle of whoever
// writes.
func newDisk(mem *vfs.MemFS, cut int64, power func()) *disk {
	d := &disk{mem: mem, cut: cut, power: power}
	d.FS = errorfs.Wrap(mem, errorfs.InjectorFunc(d.inject))
	return d
}

// inject is asked before every operation. A full disk refuses all that grows; it still lets go of
// files.
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
	// These the vault writes by itself: it has to refuse, undo and go on.
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

// GetDiskUsage says how much is free. Low is less than what a vault leaves to its index, full or
// not: it must refuse before it fails.
func (d *disk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	if d.low.Load() {
		return vfs.DiskUsage{AvailBytes: 1 << 20, TotalBytes: 1 << 40}, nil
	}
	return vfs.DiskUsage{AvailBytes: 1 << 39, TotalBytes: 1 << 40}, nil
}
