package api

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// onePage is a ledger, its proofs and its chain in memory: one subject's log,
// whose newest entry can be proved from the block after its own.
type onePage struct {
	stele.Ledger
	alice, auditor, member stele.Subject
	key, auditing          wire.Ed25519
	height                 atomic.Int64
	entryAt                int64
	light                  atomic.Int64 // newest header that the chain hands out
	tx                     stele.Digest
	size                   atomic.Uint64 // of alice's log
}

func newPage() *onePage {
	p := &onePage{
		alice: stele.SubjectOf([]byte("alice")), auditor: stele.SubjectOf([]byte("auditor")), member: stele.SubjectOf([]byte("member")),
		key: wire.NewEd25519(), auditing: wire.NewEd25519(), entryAt: 10, tx: stele.Digest{7},
	}
	p.height.Store(10)
	p.light.Store(10)
	return p
}

func (p *onePage) node() *Node {
	return NewNode(NodeConfig{Ledger: p, Prover: p, Chain: p, Network: "town-1", Member: p.member, Name: "Northside", Fingerprint: [32]byte{9}})
}

func (p *onePage) Newest() stele.Block {
	return stele.Block{Height: p.height.Load(), Time: time.UnixMilli(1_800_000_000_000)}
}

func (p *onePage) Subject(s stele.Subject) (stele.Keys, error) {
	switch s {
	case p.alice:
		return stele.Keys{Subject: s, Signing: []stele.PublicKey{wire.Key(p.key.Public())}, Seal: [][]byte{{1}, {2}}, Created: 3, Turn: 4}, nil
	case p.auditor:
		return stele.Keys{Subject: s, Signing: []stele.PublicKey{wire.Key(p.auditing.Public())}}, nil
	}
	return stele.Keys{}, stele.E("read", stele.KindNotFound, "no such subject", nil)
}

func (p *onePage) Consortium() (stele.Consortium, error) {
	return stele.Consortium{
		Chain: "town-1", Subject: stele.Subject{7, 7, 7}, Members: make([]stele.Member, 4), Auditors: []stele.Subject{p.auditor},
		Committee: stele.Committee{Threshold: 3, Shares: make([][]byte, 4)},
	}, nil
}

func (p *onePage) provable() int64 { return p.height.Load() - 1 }

func (p *onePage) ProveLog(s stele.Subject, first, _ uint64) (*wire.LogProof, error) {
	return &wire.LogProof{First: first, Head: &wire.HeadProof{Subject: s[:], Height: p.provable()}}, nil
}

func (p *onePage) Beside(stele.Subject) ([]stele.Subject, error) {
	return []stele.Subject{p.member}, nil
}

// Late knows that alice has died.
func (p *onePage) Late(subject stele.Subject, claim *wire.Signed) (bool, error) {
	if string(claim.Body) != "claim" {
		return false, stele.E("read", stele.KindDenied, "no claim", nil)
	}
	return subject == p.alice, nil
}

// Spoke knows one delivery, to the member's chart.
func (p *onePage) Spoke(source, chart stele.Subject, submission stele.ID) (*wire.Anchored, []stele.PublicKey, error) {
	if source != p.alice || chart != p.member || submission != (stele.ID{5}) {
		return nil, nil, stele.E("read", stele.KindNotFound, "no such anchor", nil)
	}
	return &wire.Anchored{Submission: submission[:], Root: []byte{6}}, []stele.PublicKey{wire.Key(p.auditing.Public())}, nil
}

func (p *onePage) LogSize(stele.Subject) uint64 { return p.size.Load() }

func (p *onePage) ProveEntry(tx stele.Digest) (*wire.EntryProof, error) {
	if tx != p.tx {
		return nil, stele.E("prove", stele.KindNotFound, "no such entry", nil)
	}
	if p.provable() < p.entryAt {
		return nil, stele.E("prove", stele.KindBusy, "to come", nil)
	}
	return &wire.EntryProof{Event: []byte("event"), Head: &wire.HeadProof{Height: p.provable()}}, nil
}

func (p *onePage) ProveBatch(stele.ID) (*wire.EntryProof, error) { return p.ProveEntry(p.tx) }
func (p *onePage) Counts() (uint64, uint64)                      { return 5, 50 }
func (p *onePage) Position() (int64, stele.Digest, error) {
	return p.height.Load(), stele.Digest{1}, nil
}

func (p *onePage) Submit(_ context.Context, tx []byte) (stele.Outcome, error) {
	var signed wire.Signed
	if err := wire.Decode(tx, &signed); err != nil {
		return stele.Outcome{}, err
	}
	return stele.Outcome{Subject: p.alice, Height: 11, Seq: 4, Time: time.UnixMilli(1_800_000_000_123).UTC(), Event: signed.Body}, nil
}

func (p *onePage) Light(height int64) (*wire.LightBlock, error) {
	if height > p.light.Load() {
		return nil, stele.E("light", stele.KindNotFound, "no such block", nil)
	}
	return &wire.LightBlock{SignedHeader: []byte{byte(height)}}, nil
}

func (p *onePage) Blocks(before int64, limit int) ([]*Block, error) {
	return make([]*Block, limit), nil
}

func (p *onePage) Watch(_ context.Context, each func(*Block) error) error {
	return each(&Block{Height: 11})
}

func (p *onePage) own(subject stele.Subject, key wire.Signer) *LogRequest {
	nonce := stele.NewID()
	return &LogRequest{Request: wire.Sign(wire.TagOwn, &wire.OwnRequest{
		Chain: "town-1", Audience: p.member[:], Subject: subject[:], AtMs: time.Now().UnixMilli(), Nonce: nonce[:], Since: 2,
	}, key)}
}

func TestLogsAreForTheirSubjectAndAuditors(t *testing.T) {
	p := newPage()
	n := p.node()
	ctx := context.Background()
	for name, r := range map[string]*LogRequest{"subject": p.own(p.alice, p.key), "auditor": p.own(p.alice, p.auditing)} {
		res, err := n.Log(ctx, r)
		if err != nil || res.Proof.First != 2 || string(res.Proof.Head.Subject) != string(p.alice[:]) {
			t.Fatalf("%s: %v, %v", name, res, err)
		}
		if got := res.Proof.Light.SignedHeader[0]; got != 10 {
			t.Errorf("%s: proved by header %d, want 10", name, got)
		}
		if _, err := n.Log(ctx, r); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: answered twice", name)
		}
	}
	for name, r := range map[string]*LogRequest{
		"stranger": p.own(p.alice, wire.NewEd25519()), "alice asks for the auditor's": p.own(p.auditor, p.key),
	} {
		if _, err := n.Log(ctx, r); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheConsortiumsLogIsOpenToEveryone: who runs the network is no secret, and whoever
// follows it asks nobody's leave.
func TestTheConsortiumsLogIsOpenToEveryone(t *testing.T) {
	p := newPage()
	n := p.node()
	res, err := n.Log(context.Background(), &LogRequest{Since: 3})
	if err != nil || res.Proof.First != 3 || stele.Subject(res.Proof.Head.Subject) != (stele.Subject{7, 7, 7}) {
		t.Errorf("%v, %v", res, err)
	}
}

func TestEntryWaitsForTheBlockThatProvesIt(t *testing.T) {
	p := newPage()
	n := p.node()
	time.AfterFunc(30*time.Millisecond, func() { p.height.Store(11) })
	time.AfterFunc(60*time.Millisecond, func() { p.light.Store(11) }) // the chain tells of it later
	start := time.Now()
	res, err := n.Entry(context.Background(), &EntryRequest{Transaction: p.tx[:]})
	if err != nil || res.Proof.Light.SignedHeader[0] != 11 {
		t.Fatalf("%v, %v", res, err)
	}
	if took := time.Since(start); took < 60*time.Millisecond || took > time.Second {
		t.Errorf("took %v", took)
	}
	unknown := stele.Digest{1}
	if _, err := n.Entry(context.Background(), &EntryRequest{Transaction: unknown[:]}); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("an unknown entry: %v", err)
	}
	p.height.Store(10)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if _, err := n.Posting(ctx, stele.NewID()); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("a block that does not come: %v", err)
	}
}

func TestDirectSpeaksForWallets(t *testing.T) {
	p := newPage()
	c := dial(t, serve(t, Rooms{Ledger: p.node()}))
	d, ctx := Direct{c.Ledger}, context.Background()
	o, err := d.Submit(ctx, wire.Marshal(&wire.Signed{Body: []byte("body")}))
	if err != nil || o.Subject != p.alice || o.Height != 11 || o.Seq != 4 || string(o.Event) != "body" || o.Time.UnixMilli() != 1_800_000_000_123 {
		t.Errorf("submitted: %+v, %v", o, err)
	}
	if h, err := d.Height(ctx); err != nil || h != 10 {
		t.Errorf("height %d, %v", h, err)
	}
	if keys, err := d.Keys(ctx, p.alice); err != nil || len(keys) != 2 || wire.Key(keys[0].Signing) != wire.Key(p.key.Public()) || len(keys[1].SealKey) != 1 {
		t.Errorf("keys %v, %v", keys, err)
	}
	if _, err := d.Keys(ctx, p.member); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("keys of nobody: %v", err)
	}
	if turn, err := d.Turn(ctx, p.alice); err != nil || turn != 4 {
		t.Errorf("turn %d, %v", turn, err)
	}
	if anchor, then, err := d.Spoke(ctx, p.alice, p.member, stele.ID{5}); err != nil || len(then) != 1 || wire.Key(then[0].Signing) != wire.Key(p.auditing.Public()) || anchor.Root[0] != 6 {
		t.Errorf("who spoke: %v, %v, %v", anchor, then, err)
	}
	for _, c := range []struct {
		source, chart stele.Subject
		submission    stele.ID
	}{{p.member, p.member, stele.ID{5}}, {p.alice, p.alice, stele.ID{5}}, {p.alice, p.member, stele.ID{6}}} {
		if _, _, err := d.Spoke(ctx, c.source, c.chart, c.submission); stele.KindOf(err) != stele.KindNotFound {
			t.Errorf("who spoke for nothing: %v", err)
		}
	}
	if died, err := d.Late(ctx, p.alice, &wire.Signed{Body: []byte("claim")}); err != nil || !died {
		t.Errorf("a claim after the death: %v, %v", died, err)
	}
	if died, err := d.Late(ctx, p.alice, &wire.Signed{Body: []byte("another")}); stele.KindOf(err) != stele.KindDenied || died {
		t.Errorf("what is no claim: %v, %v", died, err)
	}
	if r, err := c.Ledger.Subject(ctx, &SubjectRequest{Did: p.alice.String()}); err != nil || r.Died {
		t.Errorf("who shows no claim is told of a death: %v", err)
	}
	for _, q := range []*SubjectRequest{{Did: p.alice.String(), Chart: []byte{1}, Submission: make([]byte, 16)}, {Did: p.alice.String(), Chart: p.member[:], Submission: []byte{1}}} {
		if _, err := c.Ledger.Subject(ctx, q); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("of what has no name: %v", err)
		}
	}
	if l, err := d.Light(ctx, 0); err != nil || l.SignedHeader[0] != 10 {
		t.Errorf("the newest header: %v, %v", l, err)
	}
	if proof, err := d.Log(ctx, p.own(p.alice, p.key).Request); err != nil || proof.First != 2 {
		t.Errorf("log %v, %v", proof, err)
	}
	p.height.Store(11)
	p.light.Store(11)
	if proof, err := d.Entry(ctx, p.tx); err != nil || string(proof.Event) != "event" {
		t.Errorf("entry %v, %v", proof, err)
	}
	s, err := c.Ledger.Status(ctx, &StatusRequest{})
	if err != nil || s.Chain != "town-1" || s.Subjects != 5 || s.Events != 50 || s.Threshold != 3 || s.Trustees != 4 || s.Validators != 4 || s.Member != p.member.String() {
		t.Errorf("status %v, %v", s, err)
	}
	if b, err := c.Ledger.Blocks(ctx, &BlocksRequest{Limit: 4_000}); err != nil || len(b.Blocks) != maxBlocks {
		t.Errorf("%d blocks, %v", len(b.GetBlocks()), err)
	}
}

// knowing knows one grant.
type knowing struct {
	*onePage
	grant stele.Grant
}

func (k knowing) Grant(id stele.ID) (stele.Grant, error) {
	if id != k.grant.ID {
		return stele.Grant{}, stele.E("read", stele.KindNotFound, "no such grant", nil)
	}
	return k.grant, nil
}

// Where a grant stands hears who knows all of it. Whoever knows less hears what those
// hear who made it up.
func TestAGrantIsToldToWhoKnowsIt(t *testing.T) {
	p := newPage()
	known := stele.Grant{
		ID: stele.NewID(), Subject: p.alice, Action: stele.ActionRead, Grantee: wire.Key(p.key.Public()), Commitment: stele.Digest{3}, Status: stele.GrantRevoked, Returned: true,
	}
	d := Direct{NewNode(NodeConfig{Ledger: knowing{p, known}, Prover: p})}
	if status, err := d.Grant(t.Context(), known); err != nil || status.Status != stele.GrantRevoked {
		t.Errorf("%v, %v", status, err)
	}
	asked := known
	asked.Returned = false
	if is, err := d.Grant(t.Context(), asked); err != nil || !is.Returned {
		t.Errorf("that its holder gave it back is not told: %v, %v", is, err)
	}
	for name, change := range map[string]func(*stele.Grant){
		"another id":         func(g *stele.Grant) { g.ID = stele.NewID() },
		"another's":          func(g *stele.Grant) { g.Subject = p.auditor },
		"to write":           func(g *stele.Grant) { g.Action = stele.ActionWrite },
		"another key":        func(g *stele.Grant) { g.Grantee = wire.Key(p.auditing.Public()) },
		"another commitment": func(g *stele.Grant) { g.Commitment[31]++ },
	} {
		asked := known
		change(&asked)
		if _, err := d.Grant(t.Context(), asked); stele.KindOf(err) != stele.KindNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.Ledger.Grant(t.Context(), &GrantRequest{Grant: known.ID[:]}); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("nothing but the id: %v", err)
	}
}

// TestR13WhoWasTurnedOutHearsNothingMoreOfThePerson: neither which other charts are theirs nor that they died. Whose
// emergency a death ended hears of that.
func TestR13WhoWasTurnedOutHearsNothingMoreOfThePerson(t *testing.T) {
	p := newPage()
	for _, c := range []struct {
		status       stele.GrantStatus
		emergency    bool
		beside, died bool
	}{
		{stele.GrantActive, false, true, true}, {stele.GrantUsedUp, false, true, true}, {stele.GrantRevoked, false, false, false}, {stele.GrantEnded, false, false, false},
		{stele.GrantActive, true, true, true}, {stele.GrantRevoked, true, false, false}, {stele.GrantEnded, true, false, true},
	} {
		g := stele.Grant{
			ID: stele.NewID(), Subject: p.alice, Action: stele.ActionRead, Grantee: wire.Key(p.key.Public()), Status: c.status, Emergency: c.emergency, Died: true,
		}
		is, err := Direct{NewNode(NodeConfig{Ledger: knowing{p, g}, Prover: p})}.Grant(t.Context(), g)
		if err != nil || is.Died != c.died || (len(is.Beside) > 0) != c.beside {
			t.Errorf("%v, emergency %v: died %v, beside %v, %v", c.status, c.emergency, is.Died, is.Beside, err)
		}
	}
}

// TestR25HowOftenAChartWasOpenedInAnEmergencyIsTold: to who knows the activation; of a grant its holder and the patient know.
func TestR25HowOftenAChartWasOpenedInAnEmergencyIsTold(t *testing.T) {
	p := newPage()
	for emergency, want := range map[bool]uint32{true: 7, false: 0} {
		g := stele.Grant{ID: stele.NewID(), Subject: p.alice, Action: stele.ActionRead, Grantee: wire.Key(p.key.Public()), Status: stele.GrantActive, Emergency: emergency, Uses: 7}
		asked := g
		asked.Uses = 0
		if is, err := (Direct{NewNode(NodeConfig{Ledger: knowing{p, g}, Prover: p})}).Grant(t.Context(), asked); err != nil || is.Uses != want {
			t.Errorf("emergency %v: %d uses, %v", emergency, is.Uses, err)
		}
	}
}

// TestR13OnlyTheOwnerWatchesALog: whoever proves that a log is theirs is told how long it is,
// and as it grows, and nobody else, an auditor neither.
func TestR13OnlyTheOwnerWatchesALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPage()
		p.size.Store(3)
		n := p.node()
		var told []uint64
		watch := func(r *LogRequest) error {
			told = nil
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			time.AfterFunc(30*time.Second+1, func() { p.size.Store(5) })
			return n.WatchLog(ctx, &WatchLogRequest{Request: r.GetRequest()}, func(g *LogGrown) error { told = append(told, g.Size); return nil })
		}
		if err := watch(p.own(p.alice, p.key)); !errors.Is(err, context.DeadlineExceeded) || !slices.Equal(told, []uint64{3, 3, 3, 3, 5, 5, 5}) {
			t.Errorf("%v, %v", told, err)
		}
		for name, r := range map[string]*LogRequest{
			"stranger": p.own(p.alice, wire.NewEd25519()), "auditor": p.own(p.alice, p.auditing), "nobody": {},
		} {
			if err := watch(r); stele.KindOf(err) != stele.KindDenied || len(told) != 0 {
				t.Errorf("%s: %v, %v", name, told, err)
			}
		}
	})
}

// TestR44NobodyHoldsAllStreams: one subject has eight, whatever the address, and all together
// so many as there is memory for; a stream that ends makes room.
func TestR44NobodyHoldsAllStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPage()
		n := p.node()
		ctx, stop := context.WithCancel(t.Context())
		busy := make(chan error, 100)
		open := func(ctx context.Context) {
			go func() {
				if err := n.WatchLog(ctx, &WatchLogRequest{Request: p.own(p.alice, p.key).Request}, func(*LogGrown) error { return nil }); ctx.Err() == nil {
					busy <- err
				}
			}()
			synctest.Wait()
		}
		for range maxWatchersOf {
			open(ctx)
		}
		if len(busy) != 0 {
			t.Fatal(<-busy)
		}
		open(ctx)
		if len(busy) != 1 || stele.KindOf(<-busy) != stele.KindBusy {
			t.Error("a ninth stream is let in")
		}
		stop()
		synctest.Wait()
		if n.watching.all != 0 || len(n.watching.of) != 0 {
			t.Errorf("%d streams are counted when none is open", n.watching.all)
		}
		n.watching.all = maxWatchers
		if open(t.Context()); len(busy) != 1 || stele.KindOf(<-busy) != stele.KindBusy {
			t.Error("more streams than there is room for")
		}
	})
}
