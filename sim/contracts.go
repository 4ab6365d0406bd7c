package sim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// Contracts is one run of the contracts against the plain model: random blocks
// into three replicas, of which two lose their power and restart. At each block
// every verdict is the model's to the byte, and every app hash is the one that
// the model computes from all events by definition.
func Contracts(t testing.TB, seed uint64) *Tally {
	t.Helper()
	c := newCourt(t, seed)
	for range 8 + c.pen.IntN(16) {
		if err := c.block(); err != nil {
			t.Fatalf("block %d: %v", c.height, err)
		}
		if c.pen.one(5) {
			c.proveAll()
		}
	}
	c.proveAll()
	c.tables()
	c.late()
	return c.meter
}

// court is where the contracts are tried.
type court struct {
	testing.TB
	pen      *pen
	faults   *rand.Rand
	genesis  []byte
	trusted  proof.Trusted
	model    *ledgertest.Model
	notary   *notary
	replicas []*replica
	blocks   []stele.Proposal
	pack     []parcel           // all parcels so far
	headers  []*wire.LightBlock // by height
	hashes   []stele.Digest     // of the state, by height
	height   int64
	now      time.Time
	meter    *Tally
}

// newCourt founds a town of one to four members, with the model beside three replicas.
func newCourt(t testing.TB, seed uint64) *court {
	t.Helper()
	// Two sources: which faults happen does not change which transactions are drawn.
	c := &court{TB: t, faults: rand.New(rand.NewPCG(seed, 2)), now: ledgertest.Begin, meter: newTally()}
	c.pen = &pen{Rand: rand.New(rand.NewPCG(seed, 1)), chain: "town", signers: map[string]wire.Signer{}}
	c.pen.members = 1 + c.pen.IntN(4)
	g := ledgertest.Genesis(c.pen.chain, c.pen.members)
	c.genesis, c.notary = wire.Marshal(g), newNotary(c.pen.chain, 4)
	document, err := c.notary.genesis(g)
	c.must(err)
	read, err := proof.ReadGenesis(document)
	c.must(err)
	c.trusted = read.Trusted
	c.model, err = ledgertest.NewModel(c.genesis)
	c.must(err)
	c.pen.model = c.model
	check := remembering()
	for i, disk := range []*vfs.MemFS{nil, vfs.NewCrashableMem(), nil} {
		r, err := newReplica(fmt.Sprint("replica ", i), disk, check)
		c.must(err)
		hash, err := r.ledger.Found(c.genesis)
		c.must(err)
		if hash != c.model.AppHash() {
			t.Fatalf("%s: another app hash of the genesis than the model's", r.name)
		}
		c.replicas = append(c.replicas, r)
		t.Cleanup(func() { _ = r.close() })
	}
	c.headers, c.hashes = []*wire.LightBlock{nil}, []stele.Digest{c.model.AppHash()}
	return c
}

func (c *court) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// parcel is what goes into a block, and whether the ledger must look into it.
type parcel struct {
	raw  []byte
	good bool
	txs  []sent
}

// block draws a block and has every replica execute it.
func (c *court) block() error {
	c.height++
	c.tick()
	var parcels []parcel
	for range c.pen.IntN(4) {
		parcels = append(parcels, c.draw())
	}
	p := stele.Proposal{Height: c.height, Time: c.now}
	for _, one := range parcels {
		p.Parcels = append(p.Parcels, one.raw)
	}
	header, err := c.notary.sign(c.height, c.now, c.hashes[c.height-1], p.Parcels, nil)
	if err != nil {
		return err
	}
	c.headers, c.blocks = append(c.headers, header), append(c.blocks, p)
	want := c.foretell(parcels)
	c.hashes = append(c.hashes, c.model.AppHash())
	c.meter.Blocks++
	for _, r := range c.replicas {
		done, err := r.write(p, c.faults, c.meter.Faults)
		if err == nil {
			err = c.compare(r, done, want)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

// tick moves block time: by nothing, by seconds, and in jumps.
func (c *court) tick() {
	switch {
	case c.pen.one(4):
	case c.pen.one(12):
		c.meter.Faults["a jump of block time"]++
		c.now = c.now.Add(time.Duration(c.pen.IntN(72)) * time.Hour)
	default:
		c.now = c.now.Add(time.Duration(c.pen.IntN(40_000)) * time.Millisecond)
	}
	c.pen.now = c.now
}

// draw makes a parcel: of a member, or of somebody who is none.
func (c *court) draw() parcel {
	if len(c.pack) > 0 && c.pen.one(15) {
		c.meter.Faults["a parcel replayed"]++
		return c.pack[c.pen.IntN(len(c.pack))]
	}
	n := c.pen.IntN(16)
	if c.pen.one(100) {
		c.meter.Faults["a parcel of hundreds"]++
		n = 300
	}
	member := c.pen.IntN(c.pen.members)
	name := fmt.Sprintf("member%d", member+1)
	subject := ledgertest.Subject(name)
	p := &wire.Parcel{Chain: c.pen.chain, Member: subject[:], Nonce: ledgertest.ID(fmt.Sprint("parcel ", c.pen.Uint64()))}
	out := parcel{good: true}
	for range n {
		s := c.pen.next()
		out.txs = append(out.txs, s)
		p.Transactions = append(p.Transactions, s.raw)
	}
	by, tag := c.pen.signer(name+"'s node"), wire.TagParcel
	if c.pen.one(12) {
		c.meter.Faults["a bad parcel"]++
		out.good = false
		switch c.pen.IntN(4) {
		case 0:
			by = c.pen.signer("stranger0")
		case 1:
			nobody := ledgertest.Subject("nobody")
			p.Member = nobody[:]
		case 2:
			p.Chain = "another town"
		case 3:
			tag = wire.TagTransaction
		}
	}
	out.raw = wire.Marshal(wire.Sign(tag, p, by))
	// Longer than a parcel may be: nobody looks into it.
	if out.good && len(out.raw) > 256<<10 {
		out.good = false
	}
	c.pack = append(c.pack, out)
	return out
}

// foretell has the model judge the parcels that the ledger must look into; of others it must take
// nothing.
func (c *court) foretell(parcels []parcel) (want []ledgertest.Foretold) {
	c.model.Begin(c.height, c.now.UnixMilli())
	for _, p := range parcels {
		if !p.good {
			continue
		}
		for _, s := range p.txs {
			want = append(want, c.model.Transact(s.raw, s.sound))
		}
	}
	for _, f := range want {
		c.meter.Operations++
		if f.Event != nil {
			c.meter.Done["taken"]++
		} else {
			c.meter.Done["refused"]++
		}
	}
	return want
}

// compare holds what a replica did against what was foretold, to the byte.
func (c *court) compare(r *replica, done stele.Executed, want []ledgertest.Foretold) error {
	if len(done.Verdicts) != len(want) {
		return fmt.Errorf("%d verdicts, want %d", len(done.Verdicts), len(want))
	}
	for i, v := range done.Verdicts {
		if err := want[i].Agrees(v); err != nil {
			return fmt.Errorf("transaction %d: %w", i, err)
		}
	}
	if done.Events != c.model.Events() {
		return fmt.Errorf("%d events, want %d", done.Events, c.model.Events())
	}
	if done.AppHash != c.hashes[c.height] {
		return fmt.Errorf("app hash %v, the model computes %v", done.AppHash, c.hashes[c.height])
	}
	return nil
}

// proveAll has each replica prove every log, and checks it as a wallet does: the
// events are those of the model, and all of them at the proved height.
func (c *court) proveAll() {
	c.Helper()
	r := c.replicas[c.faults.IntN(len(c.replicas))]
	for _, subject := range c.model.Subjects() {
		p, err := r.ledger.ProveLog(subject, 0, 0)
		if kind := stele.KindOf(err); err != nil && (kind == stele.KindBusy || kind == stele.KindNotFound) {
			continue // just opened, or begun by the newest block
		}
		c.must(err)
		// The state of a height stands in the next header.
		p.Light = c.headers[p.Head.Height+1]
		log, err := proof.CheckLog(c.trusted, subject, proof.Kept{}, p)
		if err != nil {
			c.Fatalf("%s: log of %v at %d: %v", r.name, subject, p.Head.Height, err)
		}
		var want [][]byte
		for _, raw := range c.model.Log(subject) {
			if heightOf(raw) <= p.Head.Height {
				want = append(want, raw)
			}
		}
		if !log.Whole() || len(log.Events) != len(want) || len(p.Events) != len(want) {
			c.Fatalf("%s: the log of %v is proved complete with %d events, the model has %d", r.name, subject, len(log.Events), len(want))
		}
		for i := range want {
			if !bytes.Equal(p.Events[i], want[i]) {
				c.Fatalf("%s: event %d of %v is not the model's", r.name, i, subject)
			}
		}
		c.meter.Done["logs proved complete"]++
		if len(want) > 1 && c.faults.IntN(3) == 0 { // and none less is
			short := p
			at := c.faults.IntN(len(want))
			short.Events = append(append([][]byte(nil), p.Events[:at]...), p.Events[at+1:]...)
			if _, err := proof.CheckLog(c.trusted, subject, proof.Kept{}, short); err == nil {
				c.Fatalf("a log without its event %d passes as complete", at)
			}
		}
	}
}

func heightOf(event []byte) int64 {
	var e wire.Event
	if wire.Decode(event, &e) != nil {
		return -1
	}
	return e.Height
}

// tables compares what a trustee would see of every grant. The app hash is over events: it does not
// tell whether what is folded from them is right.
func (c *court) tables() {
	c.Helper()
	for _, r := range c.replicas {
		for _, g := range c.pen.grants {
			id, err := stele.IDFrom(g.id)
			if err != nil {
				continue
			}
			status, uses, ok := c.model.Grant(id)
			got, err := r.ledger.Grant(id)
			if ok != (err == nil) || ok && (got.Status != status || got.Uses != uses) {
				c.Fatalf("%s: grant %v is %v with %d uses (%v), want %v with %d", r.name, id, got.Status, got.Uses, err, status, uses)
			}
		}
	}
}

// late has a replica that was never there execute all blocks. What the others went through, and it
// did not, must not show in the state.
func (c *court) late() {
	c.Helper()
	r, err := newReplica("a late replica", nil, remembering())
	c.must(err)
	defer r.close()
	_, err = r.ledger.Found(c.genesis)
	c.must(err)
	for _, p := range c.blocks {
		done, err := r.ledger.Execute(p)
		c.must(err)
		c.must(r.ledger.Commit())
		if done.AppHash != c.hashes[p.Height] {
			c.Fatalf("a late replica has another app hash at %d", p.Height)
		}
	}
}
