package chain

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/mempool"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// One bad transaction in a parcel is refused alone.
func TestBadTransactionTakesNoOtherWithIt(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	good, bad := net.tx("ok"), net.tx("late no")
	parcel := m.node.parcel([]*ticket{{raw: net.tx("ok")}, {raw: []byte("not protobuf")}, {raw: good}, {raw: bad}})
	events := m.node.Subscribe(t.Context())
	if m.node.broadcast(parcel) {
		t.Fatal("a parcel with a bad transaction was not taken")
	}
	for e := range events {
		if len(e.Executed.Verdicts) == 0 {
			continue
		}
		var refused []bool
		for _, v := range e.Executed.Verdicts {
			refused = append(refused, v.Err != nil)
		}
		if want := []bool{false, true, false, true}; !slices.Equal(refused, want) {
			t.Fatalf("refused %v, want %v", refused, want)
		}
		break
	}
	if o := m.must(good); o.Seq != 1 {
		t.Errorf("the good one counted as %d", o.Seq)
	}
}

// Many at once share parcels, and every one gets its own verdict.
func TestManyShareParcels(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	const n = 3000
	var wait sync.WaitGroup
	refusals, failures := make(chan error, n), make(chan error, n)
	start := time.Now()
	for i := range n {
		tx := net.tx(map[bool]string{true: "late no", false: "ok"}[i%10 == 0])
		wait.Go(func() {
			switch _, err := m.submit(tx); {
			case stele.KindOf(err) == stele.KindDenied && err != nil:
				refusals <- err
			case err != nil:
				failures <- err
			}
		})
	}
	wait.Wait()
	took := time.Since(start)
	if len(failures) > 0 {
		t.Fatalf("%d failed, the first with %v", len(failures), <-failures)
	}
	if len(refusals) != n/10 {
		t.Errorf("%d refused, want %d", len(refusals), n/10)
	}
	parcels := 0
	blocks, err := m.node.Blocks(0, maxSummaries)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		parcels += b.Parcels
	}
	t.Logf("%d in %s, %d parcels, %d blocks", n, took.Round(time.Millisecond), parcels, len(blocks))
	if parcels > n/3 {
		t.Errorf("%d parcels for %d transactions", parcels, n)
	}
}

// A parcel that is tampered with, of a stranger, for another chain or too large
// reaches no mempool, no proposal and no vote; an honest one passes all three.
func TestBadParcelsNeverEnterABlock(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	honest := m.node.parcel([]*ticket{{raw: net.tx("ok")}})
	tampered := slices.Clone(honest)
	tampered[len(tampered)/2] ^= 1
	stranger := &Node{config: m.config, chain: net.chain}
	stranger.config.Signer = wire.NewEd25519()
	elsewhere := &Node{config: m.config, chain: "elsewhere"}
	bad := map[string][]byte{
		"empty": {}, "noise": []byte("noise"), "tampered": tampered,
		"stranger":  stranger.parcel(nil),
		"elsewhere": elsewhere.parcel(nil),
		"large":     m.node.parcel([]*ticket{{raw: make([]byte, stele.MaxParcel)}}),
	}
	ctx := context.Background()
	process := func(txs ...[]byte) bool {
		r, err := m.node.abci.ProcessProposal(ctx, &abci.RequestProcessProposal{Height: 2, Txs: txs})
		if err != nil {
			t.Fatal(err)
		}
		return r.IsAccepted()
	}
	if !process(honest) {
		t.Error("votes against an honest parcel")
	}
	for name, parcel := range bad {
		taken := false
		err := m.node.engine.pool.CheckTx(parcel, func(r *abci.ResponseCheckTx) { taken = r.Code == 0 }, mempool.TxInfo{})
		if err == nil && taken {
			t.Errorf("%s: the mempool took it", name)
		}
		prepared, err := m.node.abci.PrepareProposal(ctx, &abci.RequestPrepareProposal{MaxTxBytes: maxBlock, Txs: [][]byte{parcel, honest}})
		if err != nil || len(prepared.Txs) != 1 || !slices.Equal(prepared.Txs[0], honest) {
			t.Errorf("%s: proposed %d parcels, %v", name, len(prepared.Txs), err)
		}
		if process(honest, parcel) {
			t.Errorf("%s: votes for a block with it", name)
		}
	}
}

// The same bytes submitted at the same time by many are one transaction, one
// admission, one answer; the same body under a wrong signature is not the same.
func TestDuplicatesShareTheAnswer(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	var mu sync.Mutex
	admitted := 0
	m.app.admits = func() { mu.Lock(); admitted++; mu.Unlock(); time.Sleep(20 * time.Millisecond) }
	body := net.body("ok")
	tx := wire.Marshal(wire.Sign(wire.TagTransaction, body, client))
	forged := wire.Sign(wire.TagTransaction, body, client)
	forged.Signatures[0].Signature[3] ^= 1
	var wait sync.WaitGroup
	outcomes := make([]stele.Outcome, 50)
	for i := range outcomes {
		wait.Go(func() {
			if i%10 == 9 {
				if _, err := m.submit(wire.Marshal(forged)); stele.KindOf(err) != stele.KindDenied {
					t.Errorf("forged: %v", err)
				}
				return
			}
			var err error
			if outcomes[i], err = m.submit(tx); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for i, o := range outcomes {
		if i%10 != 9 && (o.Height != outcomes[0].Height || o.Seq != 0) {
			t.Errorf("answer %d is %+v", i, o)
		}
	}
	if admitted != 1 {
		t.Errorf("admitted %d times", admitted)
	}
	if n := len(m.node.counter.byKey); n != 0 {
		t.Errorf("%d tickets left", n)
	}
}

// A refusal of the same body under a foreign signature, put into a block by
// another member, is not taken for the verdict of ours.
func TestForeignRefusalIsNotOurs(t *testing.T) {
	t.Parallel()
	c := newCounter()
	body := &wire.Transaction{Nonce: []byte("n"), ExpiresMs: time.Now().Add(time.Hour).UnixMilli()}
	tk, _, err := c.take(wire.Marshal(wire.Sign(wire.TagTransaction, body, client)), stele.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := []byte("our parcel"), []byte("their parcel")
	c.sent([]*ticket{tk}, digest(ours))
	refusal := stele.Verdict{Tx: tk.id, Err: stele.E("x", stele.KindDenied, "", nil)}
	block := Event{Block: stele.Block{Height: 1, Time: time.Now()}}
	block.Executed.Verdicts = []stele.Verdict{refusal}
	c.decided([][]byte{theirs}, block)
	select {
	case <-tk.done:
		t.Fatal("settled by another member's parcel")
	default:
	}
	block.Executed.Verdicts = []stele.Verdict{refusal, {Tx: tk.id, Outcome: stele.Outcome{Height: 1}}}
	c.decided([][]byte{theirs, ours}, block)
	<-tk.done
	if tk.err != nil || tk.outcome.Height != 1 {
		t.Fatalf("%+v, %v", tk.outcome, tk.err)
	}
}

// TestWhatHasItsVerdictIsNotSentAgain: a block may settle what was overdue while the
// mempool, which is shut meanwhile, is asked what waits there.
func TestWhatHasItsVerdictIsNotSentAgain(t *testing.T) {
	t.Parallel()
	c, net := newCounter(), &network{t: t, chain: "c"}
	var sent []*ticket
	for _, what := range []string{"decided meanwhile", "waits", "lost"} {
		tk, _, err := c.take(net.tx(what), stele.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, tk)
		c.sent([]*ticket{tk}, digest([]byte(what)))
	}
	overdue := c.overdue(time.Now().Add(2 * resendAfter))
	if len(overdue) != len(sent) {
		t.Fatalf("%d are overdue", len(overdue))
	}
	c.settle(sent[0], stele.Outcome{Height: 1}, nil)
	again := c.lost(overdue, map[stele.Digest]bool{digest([]byte("waits")): true})
	if len(again) != 1 || again[0] != sent[2] {
		t.Errorf("%d are sent again", len(again))
	}
}

// A parcel that the mempool lost is made again.
func TestLostParcelIsSentAgain(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	tk, _, err := m.node.counter.take(net.tx("ok"), stele.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	m.node.counter.sent([]*ticket{tk}, digest([]byte("a parcel that never arrived")))
	m.node.counter.mu.Lock()
	tk.resend = time.Now()
	m.node.counter.mu.Unlock()
	select {
	case <-tk.done:
		if tk.err != nil {
			t.Fatal(tk.err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("not sent again")
	}
}

// When nobody writes, a deadline of the application still gets the blocks it
// takes to act, soon.
func TestDeadlineMakesBlocks(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 4} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			net := newNetwork(t, n)
			net.start()
			due := time.Now().Add(1500 * time.Millisecond)
			net.members[0].must(net.tx("by" + string(binary.BigEndian.AppendUint64(nil, uint64(due.UnixMilli())))))
			height := net.members[0].node.Newest().Height
			for time.Since(due) < 5*time.Second {
				if s := net.members[n-1].app.now(); len(s.Passed) == 1 {
					late := time.Since(due)
					t.Logf("%d validators: acted %s after the deadline, %d blocks", n, late.Round(time.Millisecond), s.Height-height)
					if s.Passed[0] < due.UnixMilli() {
						t.Error("acted before the deadline")
					}
					if s.Height-height > 12 {
						t.Errorf("it took %d blocks", s.Height-height)
					}
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Fatal("the deadline never acted")
		})
	}
}

// Block time does not stand still when nobody writes.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	m.must(net.tx("ok"))
	time.Sleep(300 * time.Millisecond) // the block that proves the last one
	quiet := m.node.Newest()
	start := time.Now()
	next := m.wait(quiet.Height + 1)
	if took := time.Since(start); took < Heartbeat/2 || took > Heartbeat+3*time.Second {
		t.Errorf("the heartbeat came after %s, block %+v", took, next)
	}
}
