package sim

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/store"
	"github.com/stele-health/stele/wire"
)

var silent = slog.New(slog.DiscardHandler)

// replica is one node's ledger: over memory, or over Pebble on a disk that can
// lose its power.
type replica struct {
	name   string
	check  ledger.CheckSignatures
	disk   *vfs.MemFS // nil over memory
	store  ledger.Store
	closer io.Closer
	ledger *state.Ledger
}

func newReplica(name string, disk *vfs.MemFS, check ledger.CheckSignatures) (*replica, error) {
	r := &replica{name: name, disk: disk, check: check}
	return r, r.open()
}

func (r *replica) open() (err error) {
	switch {
	case r.disk != nil:
		s, err := store.Open("ledger", r.disk, silent)
		if err != nil {
			return err
		}
		r.store, r.closer = s, s
	// Memory outlives a restart, as a disk would.
	case r.store == nil:
		r.store, r.closer = ledger.NewMemory(), io.NopCloser(nil)
	}
	r.ledger, err = contract.Open(r.store, r.check)
	return err
}

func (r *replica) close() error {
	r.ledger.Close()
	return r.closer.Close()
}

// restart stops and starts the node, as an operator does.
func (r *replica) restart() error {
	if err := r.close(); err != nil {
		return err
	}
	return r.open()
}

// crash takes the power away: of what was not synced, a random part is left.
func (r *replica) crash(dice *rand.Rand) error {
	if r.disk == nil {
		return r.restart()
	}
	// Cloned before it is closed: closing syncs, a power loss does not.
	clone := r.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: dice.IntN(101), RNG: dice})
	if err := r.close(); err != nil {
		return err
	}
	r.disk = clone
	return r.open()
}

// write executes and commits the next block, and what may happen on the way:
// another block first, the same one twice, a crash before the commit. What was executed and not
// committed must leave no trace.
func (r *replica) write(p stele.Proposal, dice *rand.Rand, faults map[string]int) (done stele.Executed, err error) {
	if dice.IntN(6) == 0 {
		faults["a block executed that was not chosen"]++
		other := stele.Proposal{Height: p.Height, Time: p.Time, Parcels: p.Parcels[:len(p.Parcels)/2]}
		if _, err := r.ledger.Execute(other); err != nil {
			return done, err
		}
	}
	if dice.IntN(6) == 0 {
		faults["a block executed twice"]++
		if done, err = r.ledger.Execute(p); err != nil {
			return done, err
		}
		if dice.IntN(2) == 0 {
			faults["power lost before a commit"]++
			if err := r.crash(dice); err != nil {
				return done, err
			}
		}
		again, err := r.ledger.Execute(p)
		if err != nil || again.AppHash != done.AppHash {
			return done, fmt.Errorf("%s: a block executed twice gives %v and %v (%v)", r.name, done.AppHash, again.AppHash, err)
		}
	}
	if done, err = r.ledger.Execute(p); err == nil {
		err = r.ledger.Commit()
	}
	switch {
	case err != nil:
		return done, err
	case dice.IntN(12) == 0:
		faults["power lost after a commit"]++
		err = r.crash(dice)
	case dice.IntN(12) == 0:
		faults["restart"]++
		err = r.restart()
	}
	if err != nil {
		return done, err
	}
	height, hash, err := r.ledger.Position()
	if err == nil && (height != p.Height || hash != done.AppHash) {
		err = fmt.Errorf("%s stands at %d after block %d was committed", r.name, height, p.Height)
	}
	return done, err
}

// remembering is wire.Check that remembers what it found: a run's replicas check
// the same signatures.
func remembering() ledger.CheckSignatures {
	type answer struct {
		keys []stele.PublicKey
		err  error
	}
	known := map[string]answer{}
	return func(tag wire.Tag, s *wire.Signed) ([]stele.PublicKey, error) {
		id := string(tag) + string(wire.Marshal(s))
		a, ok := known[id]
		if !ok {
			a.keys, a.err = wire.Check(tag, s)
			known[id] = a
		}
		return a.keys, a.err
	}
}
