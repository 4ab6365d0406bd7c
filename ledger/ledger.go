package ledger

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// Limits of a block and its parts.
const (
	MaxValidity   = 10 * time.Minute // from a block's time to a transaction's expiry
	MaxDue        = 1000             // events that a block emits by itself
	keptSnapshots = 2                // states: the newest, and the one before it, which can be proved
	maxOpened     = 2 << 20          // bytes of transactions of each generation that stay decoded: some blocks of a busy node
)

// CheckSignatures is wire.Check, or a cache in front of it that answers alike.
type CheckSignatures func(wire.Tag, *wire.Signed) ([]stele.PublicKey, error)

// Ledger executes blocks and answers questions about the state. Execute and
// Commit are called by one goroutine in turn; everything else may be called at
// any time and sees the newest committed block.
type Ledger struct {
	store     Store
	contracts []Contract
	check     CheckSignatures
	rows      *rows
	opened    *memo[*Tx] // by their bytes

	pending *block // executed, not yet committed

	written  *written // of the block that is being executed; the next one's is the same memory
	verdicts int      // of the last block, and about those of the next

	mu        sync.Mutex
	snapshots []*frozen // newest last, at most keptSnapshots
	readers   sync.WaitGroup
}

// New returns the ledger over a store. check may be wire.Check.
func New(store Store, contracts []Contract, check CheckSignatures) (_ *Ledger, err error) {
	defer guard(&err)
	s := store.Snapshot()
	defer s.Close()
	l := &Ledger{store: store, contracts: contracts, check: check, rows: newRows(s), opened: newMemo[*Tx](maxOpened), written: newWritten()}
	l.freeze()
	return l, nil
}

// Close waits for whoever is reading and lets go of the state. The store stays
// open.
func (l *Ledger) Close() {
	l.pending = nil
	l.mu.Lock()
	for _, f := range l.snapshots {
		l.release(f)
	}
	l.snapshots = nil
	l.mu.Unlock()
	l.readers.Wait()
}

// Position returns the newest committed height and its app hash; height 0 and
// the hash of genesis after Found, zero before.
func (l *Ledger) Position() (int64, stele.Digest, error) {
	at := l.newest()
	return at.height, at.appHash, nil
}

// Found writes the genesis, the bytes of a wire.Genesis: the consortium's own
// log, and one for each member. It returns the app hash. It fails with
// KindInvalid, and with KindExists when there is a ledger already.
func (l *Ledger) Found(genesis []byte) (hash stele.Digest, err error) {
	defer guard(&err)
	const op = "found the ledger"
	if l.newest().leaves != 0 {
		return hash, stele.E(op, stele.KindExists, "there is a ledger already", nil)
	}
	var g wire.Genesis
	if err := wire.DecodeKnown(genesis, &g); err != nil {
		return hash, err
	}
	b := l.begin(Moment{Height: 0, TimeMS: g.TimeMs})
	for _, c := range l.contracts {
		founder, ok := c.(Founder)
		if !ok {
			continue
		}
		events, err := founder.Found(genesis, &g)
		if err != nil {
			return hash, err
		}
		for _, e := range events {
			b.emit(e, stele.Digest{})
		}
	}
	b.seal()
	return b.at.appHash, l.commit(b)
}

// Execute runs the next block on the newest committed state. Nothing is durable
// before Commit; a block executed again replaces the one before.
func (l *Ledger) Execute(p stele.Proposal) (done stele.Executed, err error) {
	defer guard(&err)
	l.pending = nil
	if at := l.newest(); p.Height != at.height+1 || p.Time.UnixMilli() < at.timeMS {
		return done, stele.E("execute block", stele.KindOther, fmt.Sprintf("block %d does not follow block %d", p.Height, at.height), nil)
	}
	b := l.begin(Moment{Height: p.Height, TimeMS: p.Time.UnixMilli()})
	for _, d := range dueBy(b.state, b.now.TimeMS, MaxDue) {
		b.due(d)
	}
	done.Verdicts = make([]stele.Verdict, 0, l.verdicts+l.verdicts/8)
	for _, parcel := range p.Parcels {
		done.Verdicts = b.parcel(done.Verdicts, parcel)
	}
	b.seal()
	l.pending, l.verdicts = b, len(done.Verdicts)
	done.AppHash, done.Events = b.at.appHash, int(b.index)
	return done, nil
}

// Commit makes the executed block durable.
func (l *Ledger) Commit() error {
	b := l.pending
	if b == nil {
		return stele.E("commit block", stele.KindOther, "no block was executed", nil)
	}
	l.pending = nil
	return l.commit(b)
}

func (l *Ledger) commit(b *block) (err error) {
	defer guard(&err)
	if err := b.state.commit(l.store); err != nil {
		return stele.E("commit block", stele.KindOther, "the store did not take the block", err)
	}
	l.rows.committed(b.state)
	l.freeze()
	l.rows.ids.learn(l.last().state)
	return nil
}

// Deadline returns when a contract wants the next block by itself; zero when
// nothing is due. A ledger that has just been opened wants a block at once: it
// holds no state yet whose app hash stands in a header, and can prove nothing.
func (l *Ledger) Deadline() (t time.Time) {
	l.mu.Lock()
	opened := len(l.snapshots) == 1 && l.snapshots[0].at.height > 0
	l.mu.Unlock()
	if opened {
		return moment(l.newest().timeMS)
	}
	_ = l.read(func(s Reader, _ position) error {
		s.Scan([]byte{prefixDue}, []byte{prefixDue + 1}, func(key, _ []byte) bool {
			t = moment(int64(binary.BigEndian.Uint64(key[1:])))
			return false
		})
		return nil
	})
	return t
}

// block is one block being executed.
type block struct {
	ledger *Ledger
	state  *changes
	now    Moment
	at     position
	index  uint32                     // of the next event in the block
	logs   map[stele.Subject]*growing // logs that this block wrote

	consortium *wire.Consortium // who may hand in parcels; read once a block
}

// growing is a log with its events of this block.
type growing struct {
	subject  stele.Subject
	leaf     uint64
	frontier merkle.Frontier
}

func (l *Ledger) begin(now Moment) *block {
	l.written.empty()
	state := newChanges(l.rows.at(l.last()), l.written)
	b := &block{ledger: l, state: state, now: now, logs: make(map[stele.Subject]*growing, l.verdicts)}
	b.at = readPosition(b.state)
	b.consortium = Consortium.Get(b.state, nil)
	return b
}

// emit stamps an event and folds it. It returns where the event stands.
func (b *block) emit(e *wire.Event, tx stele.Digest) stele.Outcome {
	e.Version, e.Height, e.Index, e.TimeMs = wire.EventVersion, b.now.Height, b.index, b.now.TimeMS
	if tx != (stele.Digest{}) {
		e.Tx = tx[:]
	}
	if leaf := e.About().Leaf; leaf != nil {
		*leaf = b.at.leaves // the next log's place in the tree of heads
	}
	b.index++
	return b.fold(e, wire.EventBytes(e))
}

// fold folds a stamped event, with its bytes, into the state and appends it to
// its log. All state comes from here and from seal, so that whoever folds the same
// events has the same state, byte for byte, and of the order in which they
// happened only that within each log matters.
func (b *block) fold(e *wire.Event, raw []byte) stele.Outcome {
	for _, c := range b.ledger.contracts {
		c.Apply(b.state, e)
	}
	log := b.log(e)
	ref := &EventRef{Leaf: log.leaf, Seq: log.frontier.Size}
	row := slices.Clip(raw)
	for _, n := range log.frontier.Append(merkle.LeafHash(raw)) {
		if n.Level > 0 {
			row = append(row, n.Hash[:]...)
		}
	}
	b.state.Set(numbers(prefixEvent, ref.Leaf, ref.Seq), row)
	place := wire.Marshal(ref)
	b.state.Set(numbers(prefixBlock, uint64(e.Height), uint64(e.Index)), place)
	if len(e.Tx) != 0 {
		b.remember(e, place)
	}
	if log.leaf == 0 { // the consortium's own log
		b.consortium = Consortium.Get(b.state, nil)
	}
	b.at.events++
	return stele.Outcome{Subject: log.subject, Height: e.Height, Seq: ref.Seq, Time: moment(e.TimeMs), Event: raw}
}

// log returns the log that an event goes to, a new one when the event creates
// its subject.
func (b *block) log(e *wire.Event) *growing {
	subject := stele.Subject(e.Subject)
	if g := b.logs[subject]; g != nil {
		return g
	}
	g := &growing{subject: subject}
	if row := heads.Get(b.state, e.Subject); row != nil {
		g.leaf, g.frontier = row.Leaf, frontier(row)
	} else {
		if !e.About().Begins {
			panic("ledger: a contract wrote an event for a subject that does not exist")
		}
		g.leaf = b.at.leaves
		b.at.leaves++
	}
	b.logs[subject] = g
	return g
}

// due lets the contracts answer a deadline. The event takes it out of the time
// index, when it is applied: nothing else would tell a node that has only the
// events.
func (b *block) due(d Deadline) {
	for _, c := range b.ledger.contracts {
		if b.state.Get(d.key()) == nil {
			return // an event of this block has cleared it
		}
		if e := c.Due(b.now, b.state, d); e != nil {
			b.emit(e, stele.Digest{})
		}
	}
	if b.state.Get(d.key()) != nil {
		panic("ledger: a deadline has passed and no event cleared it")
	}
}

// remember notes that a transaction is done, for as long as it can come again, and
// drops those of ages that have passed. What is forgotten when depends on events
// alone, and not on their order.
func (b *block) remember(e *wire.Event, place []byte) {
	now, newest := age(e.TimeMs), uint64(0)
	if raw := b.state.Get([]byte{prefixAge}); len(raw) == 8 {
		newest = binary.BigEndian.Uint64(raw)
	}
	if now > newest {
		newest = now
		b.state.Set([]byte{prefixAge}, binary.BigEndian.AppendUint64(nil, now))
		b.state.DeleteRange([]byte(done.prefix), doneKey(now-1, nil))
	}
	if now+1 >= newest {
		b.state.Set(doneKey(now, e.Tx), place)
	}
}

// seal writes the heads of the logs that grew, the tree over them, and the new
// position with its app hash.
func (b *block) seal() {
	before := readPosition(b.state).leaves
	leaves := make([]merkle.Leaf, 0, len(b.logs))
	for _, g := range b.logs {
		heads.Set(b.state, g.subject[:], headRow(g))
		leaves = append(leaves, merkle.Leaf{Index: g.leaf, Hash: headLeaf(g.subject, g.frontier)})
	}
	slices.SortFunc(leaves, func(a, b merkle.Leaf) int { return cmp.Compare(a.Index, b.Index) })
	nodes, size, err := merkle.UpdateMany(headTree{b.state}, before, leaves)
	if err != nil {
		Fail(err)
	}
	setNodes(b.state, nodes)
	root, err := merkle.RootAt(headTree{b.state}, size)
	if err != nil {
		Fail(err)
	}
	b.at.height, b.at.timeMS = b.now.Height, b.now.TimeMS
	b.at.leaves, b.at.appHash = size, wire.AppHash(size, root)
	b.at.write(b.state)
}
