package member

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/regular"
)

// A restore is made beside what it replaces and put into place when it is whole,
// in steps of which each can be the last one before a power failure:
//
//	restoring/  being made: worth nothing, removed at the next start
//	restored/   whole, by one rename: put into place, at the next start if need be
const (
	makingFolder = "restoring"
	wholeFolder  = "restored"
	wantedFile   = "restore.wanted" // says that the next start must restore
)

// signedFile is the validator's memory of what it has signed. It outlives every
// restore: without it the validator might sign twice.
var signedFile = filepath.Join("chain", "data", "priv_validator_state.json")

// markFile says up to which height the validator signed, whatever becomes of chain/.
const markFile = "signed.txt"

// settle forgets a restore that was not finished and puts one into place that
// was. Done once more it does nothing. step, which may be nil, is called after
// each change on disk; its error ends it there.
func settle(folder string, step func() error) error {
	in := func(parts ...string) string { return filepath.Join(append([]string{folder}, parts...)...) }
	do := func(err error) error {
		if err == nil && step != nil {
			err = step()
		}
		return err
	}
	steps := []func() error{
		func() error { return os.RemoveAll(in(makingFolder)) },
		func() error {
			if !present(in(wholeFolder, "chain")) || !present(in(signedFile)) {
				return nil
			}
			return copyDurably(in(signedFile), in(wholeFolder, signedFile))
		},
		func() error { return swap(in("chain"), in(wholeFolder, "chain"), in(wholeFolder, "chain.old"), do) },
		func() error { return swap(in("ledger"), in(wholeFolder, "ledger"), in(wholeFolder, "ledger.old"), do) },
		func() error { return regular.SyncFolder(folder) },
		func() error { return ignoreAbsent(os.Remove(in(wantedFile))) },
		func() error { return os.RemoveAll(in(wholeFolder)) },
	}
	if !present(in(wholeFolder)) {
		steps = steps[:1]
	}
	for _, s := range steps {
		if err := do(s()); err != nil {
			return stele.E("put a restore into place", stele.KindOther, "the member's folder can't be written", err)
		}
	}
	return nil
}

// swap puts fresh in place of old, which is kept aside; where there is no fresh
// it was done before.
func swap(place, fresh, aside string, do func(error) error) error {
	if !present(fresh) {
		return nil
	}
	if present(place) {
		if err := do(os.Rename(place, aside)); err != nil {
			return err
		}
	}
	return os.Rename(fresh, place)
}

// movable fails where chain or ledger is a mount of its own: nobody can set that aside.
func movable(op, folder string) error {
	for _, part := range parts {
		if path := filepath.Join(folder, part); mountedAt(path) {
			return stele.E(op, stele.KindOther, path+" is a mount of its own, and can't be set aside", nil).
				WithHint("unmount it and put what is on it into that folder, or mount the member's whole folder; nothing was changed")
		}
	}
	return nil
}

var mountedAt = isMount // tests alone set another

// lockOut keeps everybody else from opening a database, if it is there, until free is
// called: without the ledger's no member runs. It fails with KindBusy when somebody has it
// open.
func lockOut(op, database string) (free func(), err error) {
	path := filepath.Join(database, "LOCK")
	if !present(path) {
		return func() {}, nil
	}
	lock, err := vfs.Default.Lock(path)
	if err != nil {
		return nil, stele.E(op, stele.KindBusy, "the member is running", err).WithHint("stop it first")
	}
	return func() { _ = lock.Close() }, nil
}

// finish declares what was made whole and puts it into place.
func finish(folder string) error {
	making := filepath.Join(folder, makingFolder)
	if err := errors.Join(syncTree(making), os.Rename(making, filepath.Join(folder, wholeFolder)), regular.SyncFolder(folder)); err != nil {
		return stele.E("finish a restore", stele.KindOther, "the member's folder can't be written", err)
	}
	return settle(folder, nil)
}

func present(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func copyDurably(from, to string) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeDurably(to, raw)
}

func writeDurably(path string, raw []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return regular.SyncFolder(filepath.Dir(path))
}

// syncTree makes durable whatever lies under a folder.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return regular.SyncFolder(path) // of a file, too
	})
}
