package sim

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/breakglass"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/directory"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/store"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/trustee"
	"github.com/stele-health/stele/vault"
	"github.com/stele-health/stele/wire"
)

// site is a member of the consortium: its keys and its disk, which outlive its
// process.
type site struct {
	w       *world
	index   int
	name    string
	subject stele.Subject
	member.Identity
	share *threshold.Share
	skew  time.Duration // of its clock
	lies  atomic.Bool

	mem   *vfs.MemFS
	runs  int                  // of its process so far
	now   atomic.Pointer[life] // nil while it is down
	apart atomic.Bool          // cut off from everybody
	alone atomic.Bool          // cut off from the other members
}

// life is one run of a member's process.
type life struct {
	m      *site
	disk   *disk
	ctx    context.Context
	stop   context.CancelFunc
	dead   atomic.Bool
	gone   chan struct{}  // closed when the power has gone
	after  *vfs.MemFS     // what had reached the disk then
	calls  sync.WaitGroup // of whoever asks this process
	work   sync.WaitGroup // of the process itself
	store  *store.Store
	ledger *state.Ledger
	node   *node
	door   *api.Node
	vault  *vault.Vault
	dir    *directory.Directory
	trust  *trustee.Trustee
	desk   *breakglass.Desk
}

// alive returns the member's running process, or nil.
func (m *site) alive() *life {
	if l := m.now.Load(); l != nil && !l.dead.Load() {
		return l
	}
	return nil
}

func (m *site) clock() time.Time { return time.Now().Add(m.skew) }

// start starts the member's process from its disk, as member.Start does but for
// the engine and the port.
func (m *site) start() (err error) {
	m.runs++
	r := m.w.dice.of("run of %s", m.name)
	l := &life{m: m, gone: make(chan struct{})}
	l.ctx, l.stop = context.WithCancel(context.Background())
	cut := int64(0)
	if m.w.strike(r, 3, "a power loss planned at a change of the disk") {
		cut = int64(1 + r.IntN(600))
	}
	l.disk = newDisk(m.mem, cut, func() { l.powerLoss(r) })
	defer func() {
		if err != nil {
			l.close()
			if l.dead.Load() { // died while it started
				m.mem, err = l.after, errDied
			}
		}
	}()
	if l.store, err = store.Open("/ledger", l.disk, silent); err != nil {
		return err
	}
	if l.ledger, err = contract.Open(l.store, wire.Check); err != nil {
		return err
	}
	if _, hash, _ := l.ledger.Position(); hash == (stele.Digest{}) {
		if _, err = l.ledger.Found(wire.Marshal(m.w.genesis)); err != nil {
			return err
		}
	}
	chainID := m.w.genesis.Chain
	l.node = &node{l: l, chain: m.w.chain, signer: m.Node(), waiting: map[string]*ticket{}}
	l.door = api.NewNode(api.NodeConfig{
		Ledger: l.ledger, Prover: l.ledger, Chain: l.node, Network: chainID, Member: m.subject, Name: m.name,
		Fingerprint: sha256.Sum256(m.w.document), Clock: m.clock,
	})
	if l.dir, err = directory.Open(directory.Config{
		Folder: "/directory", Ledger: l.ledger, Chain: chainID, Member: m.subject, Clock: m.clock, FS: l.disk,
	}); err != nil {
		return err
	}
	slots := &directory.Opened{Box: slot.Box{Key: m.SealKey(), Member: m.subject, Envelope: l.dir.Slot, Beside: l.dir.Beside}}
	if l.vault, err = vault.Open(l.ctx, vault.Config{
		Folder: "/vault", Ledger: l.ledger, Member: m.subject, Chain: chainID, Peers: func() []vault.Peer { return m.peers(l) },
		Copies: member.Copies, Signer: m.Node(), Clock: m.clock, Log: silent, FS: l.disk, Slots: slots,
	}); err != nil {
		return err
	}
	if l.trust, err = trustee.Open(trustee.Config{
		Folder: "/trustee", Ledger: l.ledger, Submitter: l.node, Chain: chainID, Member: m.subject, Share: threshold.Shares{m.share}.Of, Signer: m.Trustee(),
		Clock: m.clock, FS: l.disk, Nap: time.Sleep, Posting: l.door.Posting, Slots: slots, SealKey: m.SealKey(),
	}); err != nil {
		return err
	}
	if l.desk, err = breakglass.Open(breakglass.Config{
		Folder: "/emergencies", Ledger: l.ledger, Chain: chainID, Member: m.subject, Signer: m.Node(), Clock: m.clock, FS: l.disk,
	}); err != nil {
		return err
	}
	if l.dead.Load() {
		return errDied
	}
	l.work.Go(func() { l.node.follow(l.ctx) })
	m.now.Store(l)
	m.w.background.Go(func() { m.bury(l) })
	return nil
}

// errDied is no fault: the next start goes on from what is left on the disk.
var errDied = errors.New("the power went while the member started")

// powerLoss is the end of a process: from now on nobody hears of it, and what
// had not been synced is there in part or not at all.
func (l *life) powerLoss(r *rand.Rand) {
	if l.dead.Swap(true) {
		return
	}
	l.m.w.note("a power loss")
	// Now, while the process runs on: what its parts still write reaches the old disk only.
	l.after = l.m.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r})
	close(l.gone)
}

// bury waits for the end of a process, clears away what is left of it, and
// starts the next after a while.
func (m *site) bury(l *life) {
	<-l.gone
	m.now.Store(nil)
	l.close()
	if m.w.over.Load() {
		return
	}
	m.mem = l.after
	for !m.w.over.Load() {
		if !m.w.calm.Load() {
			sleep(m.w.storm, time.Duration(m.w.dice.of("rest of %s", m.name).IntN(40_000))*time.Millisecond)
		}
		err := m.start()
		if err == nil {
			return
		}
		// Only a loss of power may keep it down. Whatever it finds on its disk, it has to start
		// from.
		if !errors.Is(err, errDied) {
			m.w.fail("%s does not start again: %v", m.name, err)
			return
		}
	}
}

// close ends a process's parts. Those of a dead one write to a disk that nobody
// reads any more. Whoever is being served ends first: a part that is closed answers nobody.
func (l *life) close() {
	l.stop()
	l.calls.Wait()
	l.work.Wait()
	if l.desk != nil {
		_ = l.desk.Close()
	}
	if l.trust != nil {
		_ = l.trust.Close()
	}
	if l.dir != nil {
		_ = l.dir.Close()
	}
	if l.vault != nil {
		_ = l.vault.Close()
	}
	if l.ledger != nil {
		l.ledger.Close()
	}
	if l.store != nil {
		_ = l.store.Close()
	}
}

// halt stops a process in good order, at the end of a run. Its disk stays as it is: nothing of it
// is lost.
func (m *site) halt() {
	if l := m.now.Load(); l != nil && !l.dead.Swap(true) {
		l.after = m.mem
		close(l.gone)
	}
}

func (m *site) String() string { return fmt.Sprintf("%s (run %d)", m.name, m.runs) }
