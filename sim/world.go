package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Network is one run of a whole network of four members with their real ledgers,
// vaults, trustees and directories, and of people with real wallets, through
// everything that goes wrong for some minutes; then it is calm, and everything
// that was promised must be there.
//
// Time is simulated: a run of a quarter of an hour takes as long as its work.
func Network(t *testing.T, seed uint64, tell bool) *Tally {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // two processors would race differently each time
	// Keys, nonces and ids are the seed's, too.
	cryptotest.SetGlobalRandom(t, seed)
	folder := t.TempDir()
	tally := newTally()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, folder: folder, dice: newDice(seed), tally: tally, begin: time.Now(), tells: tell, said: map[string][]proto.Message{}}
		w.acks, w.known, w.releases = map[string]stele.Outcome{}, map[string]*known{}, map[stele.ID]map[string]bool{}
		w.run()
	})
	return tally
}

// size is how many members a simulated network has; one of them may lie. The least that bears one:
// n ≥ 3f + 1.
const size = 4

// world is one run.
type world struct {
	*testing.T
	folder   string
	tells    bool // every operation as it ends
	dice     *dice
	begin    time.Time
	genesis  *wire.Genesis
	document []byte // CometBFT's genesis document
	members  []*site
	chain    *consensus
	people   *people

	calm       atomic.Bool // nothing goes wrong
	over       atomic.Bool
	storm      context.Context // ends when it becomes calm
	background sync.WaitGroup

	mu       sync.Mutex
	tally    *Tally
	broken   []string
	said     map[string][]proto.Message // earlier answers, by asker, member and method
	acks     map[string]stele.Outcome   // acknowledged outcomes, by place
	known    map[string]*known          // records that were delivered, by id
	releases map[stele.ID]map[string]bool
}

func (w *world) run() {
	w.calm.Store(true)
	w.found()
	ctx, end := context.WithCancel(context.Background())
	var ordering sync.WaitGroup
	ordering.Go(func() { w.chain.run(ctx) })
	w.people = w.settle()
	if !w.isBroken() {
		w.weather()
		w.reckon()
	}
	// Said before the processes end, or each would be buried and started again.
	w.over.Store(true)
	for _, m := range w.members {
		m.halt()
	}
	w.background.Wait()
	end()
	ordering.Wait()
	w.people.close()
	w.chain.plain.ledger.Close()
	for _, broken := range w.broken {
		w.Error(broken)
	}
}

// weather is the time in which things go wrong.
func (w *world) weather() {
	storm, calm := context.WithCancel(context.Background())
	w.storm = storm
	w.calm.Store(false)
	var trouble sync.WaitGroup
	trouble.Go(func() { w.trouble(storm) })
	w.people.live(6 + w.dice.of("rounds").IntN(8))
	w.calm.Store(true)
	calm()
	// Nothing is switched off before: trouble could switch it on again.
	trouble.Wait()
	for _, m := range w.members {
		m.apart.Store(false)
		m.alone.Store(false)
		m.lies.Store(false)
		if l := m.alive(); l != nil {
			l.disk.full.Store(false)
			l.disk.low.Store(false)
			l.disk.cut = 0
		}
	}
}

// trouble makes members lie, cuts them off, takes their power and their disks.
func (w *world) trouble(ctx context.Context) {
	r := w.dice.of("trouble")
	// In half of the runs one member lies, never two: the network promises nothing then.
	if liar := r.IntN(2 * size); liar < size {
		w.members[liar].lies.Store(true)
		w.note("a lying member")
	}
	for ctx.Err() == nil {
		sleep(ctx, time.Duration(r.IntN(40_000))*time.Millisecond)
		m := w.members[r.IntN(size)]
		l := m.alive()
		if l == nil || ctx.Err() != nil {
			continue
		}
		wait := time.Duration(r.IntN(50_000)) * time.Millisecond
		switch r.IntN(5) {
		case 0:
			l.powerLoss(r)
		case 1:
			w.note("a member cut off")
			m.apart.Store(true)
			w.later(wait, func() { m.apart.Store(false) })
		case 2:
			w.note("a member cut off from the others, not from people")
			m.alone.Store(true)
			w.later(3*wait, func() { m.alone.Store(false) })
		case 3:
			w.note("a disk full")
			l.disk.full.Store(true)
			w.later(wait, func() { l.disk.full.Store(false) })
		case 4:
			w.note("a disk nearly full")
			l.disk.low.Store(true)
			w.later(wait, func() { l.disk.low.Store(false) })
		}
	}
}

// found founds the network and starts its members.
func (w *world) found() {
	w.genesis = &wire.Genesis{Chain: "simulated", TimeMs: w.begin.UnixMilli(), Terms: new(wire.Terms)}
	ceremony := threshold.Ceremony{Chain: w.genesis.Chain, Epoch: 1, Threshold: threshold.ThresholdFor(size), Members: size}
	committee, shares, err := ceremony.Rehearse()
	w.must(err)
	w.genesis.Committee = &wire.Committee{
		Suite: wire.SuiteCommittee, Epoch: committee.Epoch, Threshold: uint32(committee.Threshold), Key: committee.Key, Shares: committee.Shares,
	}
	for i := range size {
		name := fmt.Sprintf("member %d", i)
		own := w.wallet(name, wallet.Organisation)
		w.genesis.Issuers = append(w.genesis.Issuers, own.Keyring().Signer().Public())
		m := &site{
			w: w, index: i, name: name, subject: own.Subject(), Identity: member.NewIdentity(name, "hospital", own.Keyring().KeyDocument()),
			share: shares[i], mem: vfs.NewCrashableMem(),
		}
		// Two seconds ahead or behind at most: no promise may need clocks that are alike.
		m.skew = time.Duration(w.dice.of("clock of %s", name).IntN(4000)-2000) * time.Millisecond
		founder := m.Identity.Genesis(uint32(i + 1))
		founder.Validator = validatorKey(i).PubKey().Bytes()
		w.genesis.Members = append(w.genesis.Members, founder)
		w.members = append(w.members, m)
		w.must(own.Close())
	}
	w.chain, err = newConsensus(w, w.genesis)
	w.must(err)
	w.document, err = w.chain.notary.genesis(w.genesis)
	w.must(err)
	for _, m := range w.members {
		w.must(m.start())
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// fail notes that a promise was broken.
func (w *world) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, fmt.Sprintf("at %v: ", time.Since(w.begin).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

// isBroken reports whether a promise was broken so far: what follows would only repeat it.
func (w *world) isBroken() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.broken) > 0
}

// tallied changes the tally; operations of several people count at once.
func (w *world) tallied(f func(*Tally)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w.tally)
}

// note counts a fault.
func (w *world) note(fault string) { w.tallied(func(t *Tally) { t.Faults[fault]++ }) }

// strike reports whether a fault happens that does once in n times, and counts
// it. It draws before it looks whether it is calm, so that calm changes nothing of what is drawn
// later.
func (w *world) strike(r *rand.Rand, n int, fault string) bool {
	if r.IntN(n) != 0 || w.calm.Load() {
		return false
	}
	w.note(fault)
	return true
}

// later does something after a while, unless the run is over by then. The run waits for it.
func (w *world) later(d time.Duration, f func()) {
	w.background.Go(func() {
		time.Sleep(d)
		if !w.over.Load() {
			f()
		}
	})
}

// votes reports whether a member takes part in consensus.
func (w *world) votes(i int) bool {
	m := w.members[i]
	return m.alive() != nil && !m.apart.Load() && !m.alone.Load()
}

// quorum reports whether more than two thirds of the members vote. With fewer no commit
// would hold, and no block is made.
func (w *world) quorum() bool {
	n := 0
	for i := range w.members {
		if w.votes(i) {
			n++
		}
	}
	return 3*n > 2*size
}

// cut reports whether a line is cut. A member that is alone still answers people, with a node that
// falls behind.
func (w *world) cut(n line) bool {
	between := n.life != nil && (n.to.alone.Load() || n.life.m.alone.Load() || n.life.m.apart.Load())
	return n.to.apart.Load() || between
}
