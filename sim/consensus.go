package sim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// consensus orders parcels into blocks while more than two thirds of the members
// are up and together. What CometBFT itself does wrong is not looked for here.
// It executes every block itself, once on a plain ledger in memory and once on
// the model, which makes it the judge of what is true.
type consensus struct {
	w      *world
	notary *notary
	plain  *replica
	model  *ledgertest.Model

	mu      sync.Mutex
	pool    [][]byte // parcels that wait
	blocks  []final  // by height, from 1
	grown   chan struct{}
	grants  map[stele.ID]*grantTruth
	opened  map[stele.ID]*accessTruth
	byTx    map[string]uint64 // place of a transaction's event in its log, from 1
	pending chan struct{}     // holds a token while parcels wait
}

// final is a block with the header that validators signed for it.
type final struct {
	stele.Proposal
	light    *wire.LightBlock
	hash     stele.Digest // of the state after it
	verdicts []stele.Verdict
	made     time.Time // by simulated time; Time is what the header says
}

// grantTruth is what happened to a grant.
type grantTruth struct {
	*wire.GrantGiven
	subject stele.Subject
	revoked int64 // height; 0: never

	emergency bool // nobody gave it: a chart was opened in an emergency
}

// accessTruth is an opening and the height of its event.
type accessTruth struct {
	*wire.AccessPermitted
	height, ms int64
}

func newConsensus(w *world, g *wire.Genesis) (*consensus, error) {
	c := &consensus{
		w: w, notary: newNotary(g.Chain, len(g.Members)), grown: make(chan struct{}), pending: make(chan struct{}, 1),
		grants: map[stele.ID]*grantTruth{}, opened: map[stele.ID]*accessTruth{}, byTx: map[string]uint64{},
	}
	raw := wire.Marshal(g)
	var err error
	if c.plain, err = newReplica("the plain ledger", nil, wire.Check); err != nil {
		return nil, err
	}
	if _, err = c.plain.ledger.Found(raw); err != nil {
		return nil, err
	}
	c.model, err = ledgertest.NewModel(raw)
	return c, err
}

// offer puts a parcel where validators find it.
func (c *consensus) offer(parcel []byte) {
	c.mu.Lock()
	c.pool = append(c.pool, parcel)
	c.mu.Unlock()
	select {
	case c.pending <- struct{}{}:
	default:
	}
}

// heartbeat is how long there is no block at most: as a member's engine has it (chain.Heartbeat).
const heartbeat = 10 * time.Second

// run makes blocks until ctx ends.
func (c *consensus) run(ctx context.Context) {
	for height := int64(1); ctx.Err() == nil; height++ {
		due := time.NewTimer(c.untilDue())
		select {
		case <-ctx.Done():
		case <-c.pending:
		case <-due.C:
		}
		due.Stop()
		r := c.w.dice.of("block %d", height)
		sleep(ctx, time.Duration(5+r.IntN(60))*time.Millisecond)
		if r.IntN(10) == 0 && !c.w.calm.Load() {
			c.w.note("a slow block")
			sleep(ctx, time.Duration(r.IntN(4000))*time.Millisecond)
		}
		for ctx.Err() == nil && !c.w.quorum() {
			sleep(ctx, 250*time.Millisecond)
		}
		if ctx.Err() != nil {
			return
		}
		if err := c.make(height); err != nil {
			c.w.fail("block %d: %v", height, err)
			return
		}
	}
}

// untilDue is how long until somebody's ledger or the heartbeat wants a block.
func (c *consensus) untilDue() time.Duration {
	wait := heartbeat
	if at := c.plain.ledger.Deadline(); !at.IsZero() {
		wait = min(wait, max(time.Until(at), 20*time.Millisecond))
	}
	for _, m := range c.w.members {
		if l := m.alive(); l != nil {
			if at := l.ledger.Deadline(); !at.IsZero() {
				wait = min(wait, max(time.Until(at), 20*time.Millisecond))
			}
		}
	}
	return wait
}

// make makes the block of a height and judges what it did.
func (c *consensus) make(height int64) error {
	r := c.w.dice.of("contents of %d", height)
	before := final{Proposal: stele.Proposal{Time: c.w.begin}, made: c.w.begin}
	hash := c.model.AppHash()
	c.mu.Lock()
	if height > 1 {
		before = c.blocks[height-2]
	}
	var parcels, later [][]byte
	size := 0
	// In any order, and some of them later: a mempool promises neither.
	for _, i := range r.Perm(len(c.pool)) {
		if size += len(c.pool[i]); size > 2<<20 || r.IntN(12) == 0 && !c.w.calm.Load() {
			later = append(later, c.pool[i])
			continue
		}
		parcels = append(parcels, c.pool[i])
	}
	c.pool = later
	c.mu.Unlock()
	// A block's time is the median of the votes for the one before it.
	at := before.made
	if r.IntN(3) > 0 {
		at = time.Now().Add(-time.Duration(r.IntN(50)) * time.Millisecond)
	}
	if !at.After(before.Time) {
		at = before.Time.Add(time.Millisecond)
	}
	at = at.Truncate(time.Millisecond).UTC()
	// Signed before the block is executed: its header carries the hash of the state before it.
	light, err := c.notary.sign(height, at, hash, parcels, func(i int) bool { return !c.w.votes(i) })
	if err != nil {
		return err
	}
	b := final{Proposal: stele.Proposal{Height: height, Time: at, Parcels: parcels}, light: light, made: time.Now()}
	done, err := c.plain.ledger.Execute(b.Proposal)
	if err == nil {
		err = c.plain.ledger.Commit()
	}
	if err != nil {
		return err
	}
	b.hash, b.verdicts = done.AppHash, done.Verdicts
	// Judged before anybody is shown it: the court must know what is true when a member acts on it.
	if err := c.judge(&b); err != nil {
		return err
	}
	c.mu.Lock()
	c.blocks = append(c.blocks, b)
	close(c.grown)
	c.grown = make(chan struct{})
	waiting := len(c.pool) > 0
	c.mu.Unlock()
	if waiting {
		c.offerAgain()
	}
	c.w.tallied(func(t *Tally) { t.Blocks++ })
	return nil
}

// offerAgain wakes run for the parcels that this block left over.
func (c *consensus) offerAgain() {
	select {
	case c.pending <- struct{}{}:
	default:
	}
}

// judge holds a block against the model and remembers what grants and accesses
// it made.
func (c *consensus) judge(b *final) error {
	c.model.Begin(b.Height, b.Time.UnixMilli())
	i := 0
	for _, raw := range b.Parcels {
		signed, parcel := new(wire.Signed), new(wire.Parcel)
		if wire.Decode(raw, signed) != nil || wire.Decode(signed.Body, parcel) != nil {
			continue
		}
		for _, tx := range parcel.Transactions {
			want := c.model.Transact(tx, sound(tx))
			if i >= len(b.verdicts) {
				return fmt.Errorf("%d verdicts only", i)
			}
			if err := want.Agrees(b.verdicts[i]); err != nil {
				return fmt.Errorf("transaction %d: %w", i, err)
			}
			if v := b.verdicts[i]; v.Err == nil && v.Outcome.Height == b.Height {
				c.remember(v)
			}
			i++
		}
	}
	if c.model.AppHash() != b.hash {
		return fmt.Errorf("the model's app hash is another one")
	}
	return nil
}

// sound reports whether a transaction's signatures check. The model takes that as given: it checks
// what follows.
func sound(tx []byte) bool {
	signed := new(wire.Signed)
	if proto.Unmarshal(tx, signed) != nil {
		return false
	}
	_, err := wire.Check(wire.TagTransaction, signed)
	return err == nil
}

// remember keeps what a verdict made true, for the court, and holds law 8: sent however often, a
// transaction makes one event.
func (c *consensus) remember(v stele.Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch place := c.byTx[string(v.Tx[:])]; place {
	case v.Outcome.Seq + 1:
		return // twice in one block: the first answer
	case 0:
		c.byTx[string(v.Tx[:])] = v.Outcome.Seq + 1
	default:
		c.w.fail("law 8: a transaction made two events, %d and %d", place-1, v.Outcome.Seq)
	}
	var e wire.Event
	if wire.Decode(v.Outcome.Event, &e) != nil {
		return
	}
	switch m := e.Event.(type) {
	case *wire.Event_GrantGiven:
		c.grants[stele.ID(m.GrantGiven.Grant)] = &grantTruth{GrantGiven: m.GrantGiven, subject: v.Outcome.Subject}
	case *wire.Event_GrantRevoked:
		c.grants[stele.ID(m.GrantRevoked.Grant)].revoked = e.Height
	case *wire.Event_GlassBroken:
		g := m.GlassBroken
		c.grants[stele.ID(g.Activation)] = &grantTruth{GrantGiven: &wire.GrantGiven{Grant: g.Activation, EndMs: g.UntilMs}, subject: v.Outcome.Subject, emergency: true}
	case *wire.Event_EmergencyEnded:
		c.grants[stele.ID(m.EmergencyEnded.Activation)].revoked = e.Height
	case *wire.Event_AccessPermitted:
		c.opened[stele.ID(m.AccessPermitted.Request)] = &accessTruth{m.AccessPermitted, e.Height, e.TimeMs}
	}
}

// at returns a final block, and what to wait for when it is not there yet.
func (c *consensus) at(height int64) (b final, ok bool, grown <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if height < 1 || height > int64(len(c.blocks)) {
		return final{}, false, c.grown
	}
	return c.blocks[height-1], true, nil
}

func (c *consensus) height() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.blocks))
}

// sleep sleeps, or less when ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
