package member

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/store"
)

// A take-over is made beside what it replaces, as a restore is:
//
//	upgrading/     being made: worth nothing, removed when it is begun again
//	upgraded/      whole, by one rename: put into place, chain first
//	chain.before   what was there, until the operator removes it
//	ledger.before
//
// As long as chain/ is the old one the last release can run on the folder, and sign:
// what was made then is worth nothing either. Once it is the new one, only the rest of
// the renames is left to do.
const (
	upgradingFolder = "upgrading"
	upgradedFolder  = "upgraded"
	asideSuffix     = ".before"
	emptySuffix     = ".none" // of a part that is set aside, with nothing in its place
)

const opUpgrade = "take over member"

// parts are what a take-over makes anew, in the order in which they are put into place.
var parts = []string{"chain", "ledger"}

// Upgraded says what a take-over came to.
type Upgraded struct {
	Already bool // the folder was this release's before
	Empty   bool // ledger and chain were set aside: the member takes them from the others
	Height  int64
	Time    time.Time    // of that block
	Events  uint64       // of all logs
	AppHash stele.Digest // after that block; the same at all members
}

// Upgrading is how a folder is taken over.
type Upgrading struct {
	Check      bool // look only: nothing is changed
	FromOthers bool // do not read the old ledger; the member restores at its next start
	Progress   func(what string, done, of uint64)
}

// Upgrade takes over the folder of a member that the last release left. The member must
// not run. The ledger is folded anew from its events, to the same app hash; the chain is
// copied as it stands and goes on with its next block, so that headers, proofs and the
// wallets' trust stay as they are. Vault, trustee and directory are read as they lie.
//
// What was there before is kept beside it, see the constants; killed at any moment and
// called again it begins anew or goes on. It fails with KindBusy when the member runs,
// or its ledger and its chain stand at different blocks, with KindProof when the events
// do not come to the hash that the validators signed for, and with KindInvalid when the
// folder is neither this release's nor the last one's, or it was put back. Where the disk has no
// room for a second ledger and chain it fails with KindOther, before anything is changed.
func Upgrade(ctx context.Context, config Config, how Upgrading) (Upgraded, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if how.Progress == nil {
		how.Progress = func(string, uint64, uint64) {}
	}
	u := &upgrade{config: config, how: how}
	return u.take(ctx)
}

type upgrade struct {
	config Config
	how    Upgrading
	step   func() error // see place; tests alone set it
}

func (u *upgrade) take(ctx context.Context) (Upgraded, error) {
	if err := cmp.Or(movable(opUpgrade, u.config.Folder), owned(opUpgrade, u.config.Folder)); err != nil {
		return Upgraded{}, err
	}
	old := chain.Earlier(u.in("chain"))
	if CutShort(u.config.Folder) {
		if u.how.Check {
			return Upgraded{}, cutShort(u.config.Folder)
		}
		if err := u.goOn(); err != nil {
			return Upgraded{}, err
		}
	}
	switch {
	case !old && !present(u.in("ledger")) && !present(u.in("chain")):
		return Upgraded{}, stele.E(opUpgrade, stele.KindNotFound, "there is neither a ledger nor a chain in "+u.config.Folder, nil).
			WithHint("start the member: it takes both from the others")
	case u.how.FromOthers:
		return u.empty(old)
	case !present(u.in("ledger")):
		return Upgraded{}, stele.E(opUpgrade, stele.KindNotFound, "there is no ledger in "+u.config.Folder, nil).
			WithHint("take it from the others: stele member upgrade --from-others")
	}
	return u.run(ctx, old)
}

// goOn finishes a take-over that was cut short.
func (u *upgrade) goOn() error {
	if err := u.begun(); err != nil {
		return err
	}
	free, err := lockOut(opUpgrade, u.in("ledger"))
	if err != nil {
		return err
	}
	defer free()
	return u.place()
}

func (u *upgrade) in(names ...string) string {
	return filepath.Join(append([]string{u.config.Folder}, names...)...)
}

// run reads the old ledger, which nobody else can open until the new one is in its place,
// and makes that.
func (u *upgrade) run(ctx context.Context, old bool) (out Upgraded, err error) {
	from, err := store.OpenReadOnly(u.in("ledger"), vfs.Default, u.config.Log)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	at, err := ledger.Earlier(from)
	if stele.KindOf(err) == stele.KindExists && !old {
		return Upgraded{Already: true}, nil
	}
	if err == nil && !old || stele.KindOf(err) == stele.KindExists {
		err = stele.E(opUpgrade, stele.KindInvalid, "ledger and chain in the folder are of different releases", err).
			WithHint("take both from the others: " + fromOthers(old) + "; or put back both as they last were, from one backup")
	}
	if err != nil {
		return out, err
	}
	out = Upgraded{Height: at.Height, Time: time.UnixMilli(at.TimeMS).UTC(), Events: at.Events, AppHash: at.AppHash}
	if err := u.neverBack(); err != nil {
		return out, err
	}
	founding, err := ownGenesis(u.config.Network.Genesis, at.Founded)
	if err != nil {
		return out, err
	}
	standing := chain.Standing{Chain: founding.Trusted.Chain(), Height: at.Height, Hash: at.AppHash, Event: at.Event}
	if err := u.room(); err != nil {
		return out, err
	}
	if u.how.Check {
		return out, chain.CheckEarlier(u.in("chain"), standing)
	}
	if err := u.free(); err != nil {
		return out, err
	}
	defer os.RemoveAll(u.in(upgradingFolder))
	if err := u.make(ctx, from, standing, at.Events); errors.Is(err, syscall.ENOSPC) {
		return out, unwritten(err)
	} else if err != nil {
		return out, err
	}
	if err := u.whole(); err != nil {
		return out, unwritten(err)
	}
	return out, u.place()
}

// whole declares whole what was made.
func (u *upgrade) whole() error {
	making := u.in(upgradingFolder)
	return errors.Join(syncTree(making), os.Rename(making, u.in(upgradedFolder)), regular.SyncFolder(u.config.Folder))
}

// free sees to it that nothing of an earlier take-over is in the way.
func (u *upgrade) free() error {
	for _, part := range parts {
		if !u.how.Check && present(u.in(part+asideSuffix)) {
			return stele.E(opUpgrade, stele.KindExists, "there is a "+part+asideSuffix+" in "+u.config.Folder+" already", nil).
				WithHint("it is of an earlier take-over: move it away or remove it")
		}
	}
	if err := settle(u.config.Folder, nil); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(u.in(upgradingFolder)), os.RemoveAll(u.in(upgradedFolder))); err != nil {
		return unwritten(err)
	}
	return nil
}

// make makes chain and ledger anew.
func (u *upgrade) make(ctx context.Context, from *store.Store, at chain.Standing, events uint64) error {
	if err := chain.TakeOver(u.in("chain"), u.in(upgradingFolder, "chain"), at, func(bytes uint64) { u.how.Progress("chain", bytes, 0) }); err != nil {
		return err
	}
	fresh, err := store.OpenForRestore(u.in(upgradingFolder, "ledger"), vfs.Default, u.config.Log)
	if err != nil {
		return err
	}
	err = ledger.TakeOver(from, fresh, contract.All(), func(done uint64) { u.how.Progress("ledger", done, events) })
	if err := errors.Join(err, fresh.Close()); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return stele.E(opUpgrade, stele.KindUnreachable, "the take-over was ended", ctx.Err()).WithHint("nothing was changed")
	}
	return nil
}

// place puts what was made into place and what was there aside, chain first. Done once
// more it does nothing. u.step, which may be nil, is called after each change on disk; its
// error ends it there. Nobody else may open the ledger meanwhile: a member of the last
// release would sign on a chain that is taken from under it.
func (u *upgrade) place() error {
	do := func(err error) error {
		if err == nil && u.step != nil {
			err = u.step()
		}
		return err
	}
	for _, part := range parts {
		err := swap(u.in(part), u.in(upgradedFolder, part), u.in(part+asideSuffix), do)
		if err == nil && present(u.in(upgradedFolder, part+emptySuffix)) && present(u.in(part)) {
			err = os.Rename(u.in(part), u.in(part+asideSuffix))
		}
		if err := do(err); err != nil {
			return unwritten(err)
		}
		if err := do(regular.SyncFolder(u.config.Folder)); err != nil {
			return unwritten(err)
		}
	}
	if err := do(os.RemoveAll(u.in(upgradedFolder))); err != nil {
		return unwritten(err)
	}
	return nil
}

// empty sets ledger and chain aside, but for what the validator signed.
func (u *upgrade) empty(old bool) (Upgraded, error) {
	switch {
	case !old:
		return Upgraded{}, stele.E(opUpgrade, stele.KindUsage, "the folder is this release's already", nil).
			WithHint("to take the ledger from the others: stele member restore")
	case len(u.config.Network.Members) < 2:
		return Upgraded{}, stele.E(opUpgrade, stele.KindUsage, "this member is alone: nobody else has its ledger", nil)
	}
	for _, database := range []string{u.in("chain", "data", "blockstore.db"), u.in("ledger")} {
		free, err := lockOut(opUpgrade, database)
		if err != nil {
			return Upgraded{}, err
		}
		defer free()
	}
	if u.how.Check {
		return Upgraded{Empty: true}, nil
	}
	if err := u.free(); err != nil {
		return Upgraded{}, err
	}
	fresh := u.in(upgradingFolder, signedFile)
	err := os.MkdirAll(filepath.Dir(fresh), 0o700)
	if err == nil && present(u.in(signedFile)) {
		err = copyDurably(u.in(signedFile), fresh)
	}
	if err == nil {
		err = os.Mkdir(u.in(upgradingFolder, "ledger"+emptySuffix), 0o700)
	}
	if err = errors.Join(err, u.whole()); err != nil {
		return Upgraded{}, unwritten(err)
	}
	return Upgraded{Empty: true}, u.place()
}

// room fails where the disk has none for what is made beside what there is. A file system
// that can't say is taken to have some.
func (u *upgrade) room() error {
	need := uint64(spare)
	for _, part := range parts {
		root, err := filepath.EvalSymlinks(u.in(part)) // where a part is a link, the new one lies here
		if err != nil {
			continue
		}
		_ = filepath.WalkDir(root, func(_ string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				if info, err := e.Info(); err == nil {
					need += uint64(info.Size())
				}
			}
			return nil
		})
	}
	usage, err := disk.GetDiskUsage(u.config.Folder)
	if err != nil || usage.AvailBytes >= need {
		return nil
	}
	return unwritten(fmt.Errorf("%d MB are free, and it takes %d MB", usage.AvailBytes>>20, need>>20))
}

// spare is what a take-over needs besides, in bytes: its database writes logs ahead.
const spare = 64 << 20

var disk vfs.FS = vfs.Default // tests alone set another

func unwritten(err error) error {
	return stele.E(opUpgrade, stele.KindOther, "the member's folder can't be written", err).
		WithHint("see that its disk has room for a second ledger and chain, and type it again")
}

// refuseEarlier fails where only a take-over helps: on a folder of the last release, and
// on one whose take-over was cut short.
func refuseEarlier(folder string) error {
	switch {
	case chain.Earlier(filepath.Join(folder, "chain")):
		return stele.E("open member", stele.KindUsage, "the member's folder is of the last release: "+folder, nil).
			WithHint("nothing was changed; stop all members, and take each over with: stele member upgrade")
	case CutShort(folder):
		return cutShort(folder)
	}
	return nil
}

// CutShort reports whether a take-over of a member's folder was cut short while it was put
// into place: Upgrade goes on with it.
func CutShort(folder string) bool {
	return !chain.Earlier(filepath.Join(folder, "chain")) && present(filepath.Join(folder, upgradedFolder))
}

func cutShort(folder string) error {
	return stele.E("open member", stele.KindUsage, "the take-over of the member's folder was cut short: "+folder, nil).
		WithHint("it goes on with: stele member upgrade")
}
