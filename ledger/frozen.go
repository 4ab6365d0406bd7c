package ledger

import (
	"sync"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// frozen is a committed state. Whoever reads it keeps it open; the ledger's own
// hold on it ends when it is one of the oldest.
type frozen struct {
	state      Snapshot
	at         position
	consortium *wire.Consortium        // as of that state; never written
	run        func() stele.Consortium // the same, as others see it
	version    uint64                  // of the state, for rows
	holds      int                     // guarded by Ledger.mu
}

// freeze takes a snapshot of the committed state and lets go of the oldest.
func (l *Ledger) freeze() {
	s := l.store.Snapshot()
	f := &frozen{state: s, at: readPosition(s), consortium: Consortium.Get(s, nil), version: l.rows.version.Load(), holds: 1}
	f.run = sync.OnceValue(func() stele.Consortium { return consortium(f.consortium) })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.snapshots = append(l.snapshots, f)
	if len(l.snapshots) > keptSnapshots {
		l.release(l.snapshots[0])
		l.snapshots = append([]*frozen(nil), l.snapshots[1:]...)
	}
}

// release ends one hold on a state; l.mu is held.
func (l *Ledger) release(f *frozen) {
	if f.holds--; f.holds == 0 {
		f.state.Close()
	}
}

// newest returns the newest position; zero when there is none.
func (l *Ledger) newest() position {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.snapshots) == 0 {
		return position{}
	}
	return l.snapshots[len(l.snapshots)-1].at
}

// last is the newest committed state, for the goroutine that executes blocks:
// only its own next commit lets go of it.
func (l *Ledger) last() *frozen {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.snapshots) == 0 {
		Fail(stele.E("execute block", stele.KindOther, "the ledger is closed", nil))
	}
	return l.snapshots[len(l.snapshots)-1]
}

// use runs read on the newest state. A long reading delays neither blocks nor other
// readers.
func (l *Ledger) use(read func(*frozen) error) error { return l.useOne(false, read) }

// useProvable runs read on the newest state whose app hash stands in a final header: the
// one before the newest, or that of the genesis. It fails with KindBusy when the ledger
// was opened after that block.
func (l *Ledger) useProvable(read func(*frozen) error) error { return l.useOne(true, read) }

func (l *Ledger) useOne(provable bool, read func(*frozen) error) (err error) {
	defer guard(&err)
	f, err := l.hold(provable)
	if err != nil {
		return err
	}
	defer func() {
		l.mu.Lock()
		l.release(f)
		l.mu.Unlock()
		l.readers.Done()
	}()
	return read(f)
}

func (l *Ledger) hold(provable bool) (*frozen, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.snapshots)
	if n == 0 {
		return nil, stele.E("read the ledger", stele.KindOther, "the ledger is closed", nil)
	}
	found := l.snapshots[n-1]
	if provable && found.at.height > 0 {
		if n == 1 {
			return nil, stele.E("prove", stele.KindBusy, "the state of that block is not at hand", nil).WithHint("ask again")
		}
		found = l.snapshots[n-2]
	}
	found.holds++
	l.readers.Add(1)
	return found, nil
}
