package vault

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/stele-health/stele"
)

// openIndex opens the index, starts a new one where the old one cannot be
// read, and brings it and the files together.
func (v *Vault) openIndex(ctx context.Context) error {
	folder := v.folder("index")
	err := v.tryIndex(folder)
	if err == nil {
		return v.reconcile(ctx)
	}
	// These say nothing of the index, and with it would go who holds copies.
	if errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.ENOSPC) {
		return err
	}
	if v.index != nil {
		_ = v.index.close()
		v.index = nil
	}
	v.cfg.Log.Warn("vault index cannot be read and is rebuilt from the segments")
	if err := v.fs.RemoveAll(folder); err != nil {
		return err
	}
	if err := v.tryIndex(folder); err != nil {
		return err
	}
	return v.reconcile(ctx)
}

func (v *Vault) tryIndex(folder string) (err error) {
	if v.index, err = openPebble(v.fs, folder, v.cfg.Log); err != nil {
		return err
	}
	// Every block of every table is read once: Pebble checks them as it reads. Damage shows now,
	// when the index can be made anew, and not in the middle of a reading.
	for _, table := range []byte{tabSubject, tabHolder, tabWaiting, tabDamaged, tabOpen} {
		if err := v.index.each([]byte{table}, nil, func(_, _ []byte) bool { return true }); err != nil {
			return err
		}
	}
	return v.index.rows(nil, func(*row) bool { return true })
}

// reconcile removes what a crash left over and takes in segments that the index
// does not know. A segment is the moment of truth: it is written after its keys
// and before its row.
func (v *Vault) reconcile(ctx context.Context) error {
	segments, keys, strangers, keyStrangers, err := v.onDisk(ctx)
	if err != nil {
		return err
	}
	// Only what a write of the vault's own was cut short in; of the rest fsck tells.
	for _, name := range strangers {
		if isHalfDone(name) {
			_ = v.segments.Remove(ctx, name)
		}
	}
	for _, name := range keyStrangers {
		if isHalfDone(name) {
			_ = v.fs.Remove(filepath.Join(v.folder("keys"), name))
		}
	}
	inIndex := map[stele.ID]fileName{}
	if err := v.index.rows(nil, func(r *row) bool {
		inIndex[r.id()] = r.File
		return true
	}); err != nil {
		return err
	}
	// What is missing is left to the work in the background: one damaged submission must not keep a
	// vault from serving the others.
	for id, name := range inIndex {
		if _, ok := segments[name]; ok {
			if _, ok := keys[name]; ok {
				continue
			}
		}
		if err := v.index.set(key(tabDamaged, id[:])); err != nil {
			return err
		}
	}
	for name := range segments {
		if err := v.adopt(ctx, name, inIndex); err != nil {
			return err
		}
	}
	for name := range keys {
		if _, ok := segments[name]; !ok && inIndex[name.id()] != name {
			if err := v.removeKeys(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// adopt takes in a segment that the index does not name: left by a crash right
// before its row was written, or all there is after the index was lost. A
// second, older writing of a submission that the index knows is removed.
func (v *Vault) adopt(ctx context.Context, name fileName, inIndex map[stele.ID]fileName) error {
	current, ok := inIndex[name.id()]
	if ok && current == name {
		return nil
	}
	d, r, err := v.load(ctx, name)
	if ok {
		// The index names another writing. If that one is whole, this one is
		// left over.
		if _, _, bad := v.load(ctx, current); bad == nil || err != nil {
			if bad != nil {
				return nil // neither is whole: fsck repairs from a copy
			}
			return v.removeFiles(ctx, name)
		}
	}
	if err != nil {
		v.cfg.Log.Warn("vault segment is damaged; stele vault fsck repairs it", "segment", name.String())
		return nil
	}
	// Also in place of another writing that is damaged: an older one that is whole is better.
	if err := v.index.put(r, v.marks(d)...); err != nil {
		return err
	}
	inIndex[r.id()] = name
	return nil
}

// marks says what is to be seen to for a delivery whose copies are not known. Its home sends it
// again: who has it notes that and stores nothing twice.
func (v *Vault) marks(d *delivery) []byte {
	if d.home == v.cfg.Member && v.copies() > 0 {
		return []byte{tabOpen, tabWaiting}
	}
	return []byte{tabOpen}
}

// load reads and checks one writing of a submission, whole.
func (v *Vault) load(ctx context.Context, name fileName) (*delivery, *row, error) {
	keys, err := v.readKeys(name)
	if err != nil {
		return nil, nil, err
	}
	raw, err := v.segments.Read(ctx, name.String(), 0, -1)
	if err != nil {
		return nil, nil, err
	}
	return decodeSegment(v.cfg.Chain, name, raw, keys)
}

// removeFiles removes keys, then segment: cut short in between, it leaves nothing that can be
// opened.
func (v *Vault) removeFiles(ctx context.Context, name fileName) error {
	return errors.Join(v.removeKeys(name), v.segments.Remove(ctx, name.String()))
}
