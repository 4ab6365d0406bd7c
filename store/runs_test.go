package store_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// runLength is how many transactions a random run holds at least; grantors how
// many people grant in it.
const (
	runLength = 10_000
	grantors  = 30
)

// TestLaw8RandomRunsRestartsReplaysAndRestoresAgree writes long random runs on
// three ledgers: one that is restarted at random, one that is again and again
// restored from the first one's snapshot and follows from there, and one that
// replays all blocks at the end. All have the same app hash at every height, give
// every transaction the same answer, also to those sent before and refused as
// expired, and hold the same rows, byte for byte.
func TestLaw8RandomRunsRestartsReplaysAndRestoresAgree(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("4") // a run is long; -rapid.checks asks for more
		defer func() { _ = f.Value.Set(f.DefValue) }()
	}
	rapid.Check(t, func(r *rapid.T) {
		first := fresh(t)
		w := ledgertest.Found(t, 2, first, contracts(), believed)
		// rapid prefers small numbers; most transactions should make sense.
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0))
		run := &randomRun{r: r, dice: dice, w: w, subjects: people(w, grantors)}
		var second ledger.Store
		var follower *ledger.Ledger
		restores := 0
		for run.sent < runLength {
			p, verdicts := run.block(t)
			if follower != nil {
				done := ledgertest.Write(t, follower, p)
				if done.AppHash != w.Hashes[p.Height] {
					t.Fatalf("block %d has another app hash on the restored ledger", p.Height)
				}
				if diff := cmp.Diff(answers(verdicts), answers(done.Verdicts)); diff != "" {
					t.Fatalf("the restored ledger answers otherwise in block %d: %s", p.Height, diff)
				}
			}
			switch rapid.IntRange(0, 9).Draw(r, "then") {
			case 0: // restart
				w.Ledger.Close()
				w.Open(first, contracts(), believed)
			case 1: // restore, from a ledger that was restored itself the next time
				if follower != nil {
					sameRows(t, first, second)
					follower.Close()
				}
				restores++
				second = fresh(t)
				if err := ledger.Restore(second, contracts(), headOf(w), stream(w), nil); err != nil {
					t.Fatal(err)
				}
				sameRows(t, first, second)
				var err error
				if follower, err = ledger.New(second, contracts(), believed); err != nil {
					t.Fatal(err)
				}
			}
		}
		if follower != nil {
			sameRows(t, first, second)
			follower.Close()
		}
		replayed := fresh(t)
		l, err := ledger.New(replayed, contracts(), believed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Found(w.Genesis); err != nil {
			t.Fatal(err)
		}
		for _, p := range w.Blocks {
			if done := ledgertest.Write(t, l, p); done.AppHash != w.Hashes[p.Height] {
				t.Fatalf("block %d has another app hash when it is replayed", p.Height)
			}
		}
		sameRows(t, first, replayed)
		l.Close()
		w.Ledger.Close()
		if run.events < run.sent/5 {
			t.Fatalf("only %d events of %d transactions", run.events, run.sent)
		}
		t.Logf("%d transactions in %d blocks, %d of them sent again, %d events, %d restores", run.sent, w.Height, run.again, run.events, restores)
	})
}

// answers is what verdicts say to whoever sent the transactions.
func answers(verdicts []stele.Verdict) []string {
	out := make([]string, len(verdicts))
	for i, v := range verdicts {
		out[i] = fmt.Sprintf("%s %v %d/%d %x", v.Tx, stele.KindOf(v.Err), v.Outcome.Height, v.Outcome.Seq, v.Outcome.Event)
		if v.Err != nil {
			out[i] = fmt.Sprintf("%s %v", v.Tx, v.Err)
		}
	}
	return out
}

// randomRun makes the blocks of a run.
type randomRun struct {
	r                   *rapid.T
	dice                *rand.Rand
	w                   *ledgertest.Town
	old                 [][]byte // transactions of blocks before
	subjects            map[string]stele.Subject
	sent, again, events int
}

// block writes a block of random transactions.
func (run *randomRun) block(t *testing.T) (stele.Proposal, []stele.Verdict) {
	wait := time.Duration(rapid.OneOf(rapid.IntRange(1, 20_000), rapid.IntRange(1, 900_000)).Draw(run.r, "wait")) * time.Millisecond
	var parcels [][]byte
	for range rapid.IntRange(0, 4).Draw(run.r, "parcels") {
		var txs [][]byte
		for range rapid.IntRange(0, 200).Draw(run.r, "transactions") {
			txs = append(txs, run.transaction(wait))
		}
		run.sent += len(txs)
		parcels = append(parcels, run.w.Parcel(txs...))
	}
	done := run.w.Block(wait, parcels...)
	run.events += done.Events
	return run.w.Blocks[len(run.w.Blocks)-1], done.Verdicts
}

// transaction makes a random transaction, most of them sensible, or sends an
// earlier one again.
func (run *randomRun) transaction(wait time.Duration) []byte {
	pick := run.dice.IntN
	kind := pick(20)
	if kind < 4 && len(run.old) > 0 {
		run.again++
		return run.old[len(run.old)-1-pick(min(len(run.old), 1+pick(3000)))]
	}
	now := run.w.Time.Add(wait)
	pool := 50 + run.sent/4 // of names: now and then one is used twice
	name, number := fmt.Sprint(pick(pool)), pick(pool)
	grant, owner := fmt.Sprintf("grant %d", number), fmt.Sprintf("p%d", number%grantors)
	subject := run.subjects[owner]
	id := ledgertest.IDOf(grant, subject[:])
	tx := &wire.Transaction{ExpiresMs: now.Add(time.Duration(1+pick(600)) * time.Second).UnixMilli()}
	by := []wire.Signer{signer(owner)}
	switch {
	case kind < 8:
		tx.Message = &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
			Grant: id, Subject: subject[:], Action: uint32(1 + pick(2)), Grantee: signer("of " + grant).Public(),
			EndMs: now.Add(time.Duration(1+pick(20_000)) * time.Second).UnixMilli(), MaxUses: uint32(pick(9)), Commitment: ledgertest.Bytes(grant, 32),
		}}
	case kind < 9:
		tx.Message = &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: id}}
	case kind < 10:
		device := "device " + name
		tx.Message = &wire.Transaction_AddDevice{AddDevice: &wire.AddDevice{Subject: subject[:], Device: &wire.Device{Signing: signer(device).Public()}}}
		by = append(by, signer(device))
	case kind < 11:
		tx.Message = &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: wire.Marshal(&wire.KeyDocument{
			Devices: []*wire.Device{{Signing: signer(name).Public()}}, Salt: ledgertest.Bytes("salt "+name, 16),
		}), Emergency: ledgertest.Bytes("slot "+name, 32)}}
		by = []wire.Signer{signer(name)}
	case kind < 13:
		tx.Message = &wire.Transaction_MakeAnchor{MakeAnchor: &wire.MakeAnchor{
			Submission: ledgertest.IDOf(name, id), Grant: id, Root: ledgertest.Bytes("root"+name, 32),
			SourceCommitment: ledgertest.Bytes("source"+name, 32), CountCommitment: ledgertest.Bytes("count"+name, 32),
		}}
		by = []wire.Signer{signer("of " + grant)}
	default:
		tx.Message = &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
			Request: ledgertest.IDOf("request "+name, id), Grant: id,
			DetailCommitment: ledgertest.Bytes("detail"+name, 32), ReaderKeyHash: ledgertest.Bytes("reader"+name, 32), WindowMs: 300_000,
		}}
		by = []wire.Signer{signer("of " + grant)}
	}
	raw := run.w.Tx(tx, by...)
	run.old = append(run.old, raw)
	return raw
}
