package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// BenchmarkLedger is what the ledger itself costs: the mix in blocks of 2,000 on a
// real store, without the engine and without checking signatures. An operation is a
// transaction; its parts are told in processor time, which whoever else uses the
// machine disturbs least. The store's merging is in the sum alone.
func BenchmarkLedger(b *testing.B) {
	unchecked := func(_ wire.Tag, s *wire.Signed) (keys []stele.PublicKey, _ error) {
		for _, sig := range s.Signatures {
			keys = append(keys, wire.Key(sig.Key))
		}
		return keys, nil
	}
	app, stop, err := realLedger(b.TempDir(), unchecked)
	if err != nil {
		b.Fatal(err)
	}
	defer stop()
	node, document := wire.NewEd25519(), wire.Marshal(&wire.KeyDocument{
		Devices: []*wire.Device{{Signing: wire.NewEd25519().Public()}}, Salt: random(16),
	})
	g := &wire.Genesis{Chain: "bench", TimeMs: time.Now().UnixMilli(), Members: []*wire.Member{{
		KeyDocument: document, Kind: "hospital", Node: node.Public(), Trustee: wire.NewEd25519().Public(), Share: 1,
	}}, Committee: &wire.Committee{Suite: wire.SuiteCommittee, Epoch: 1, Threshold: 1, Key: random(32), Shares: [][]byte{random(32)}}}
	if _, err := app.Found(wire.Marshal(g)); err != nil {
		b.Fatal(err)
	}
	member := stele.SubjectOf(document)
	var admit, execute, commit time.Duration
	height := int64(0)
	run := func(txs [][]byte) {
		for block := range slices.Chunk(txs, 2000) {
			height++
			var p stele.Proposal
			p.Height, p.Time = height, time.UnixMilli(g.TimeMs+100*height)
			start := processorTime()
			for _, tx := range block {
				if outcome, err := app.Admit(tx); outcome != nil || err != nil {
					b.Fatal(outcome, err)
				}
			}
			admit += processorTime() - start
			for txs := range slices.Chunk(block, 50) {
				p.Parcels = append(p.Parcels, wire.Marshal(wire.Sign(wire.TagParcel, &wire.Parcel{
					Chain: g.Chain, Member: member[:], Nonce: random(16), Transactions: txs}, node)))
			}
			start = processorTime()
			done, err := app.Execute(p)
			execute += processorTime() - start
			if err != nil || len(done.Verdicts) != len(block) {
				b.Fatal(len(done.Verdicts), err)
			}
			for _, v := range done.Verdicts {
				if v.Err != nil {
					b.Fatal(v.Err)
				}
			}
			start = processorTime()
			if err := app.Commit(); err != nil {
				b.Fatal(err)
			}
			commit += processorTime() - start
		}
	}
	m := newMix(g.Chain)
	run(m.arrivals(subjects))
	run(m.consents(subjects))
	run(m.spares(b.N))
	txs := m.transactions(b.N)
	admit, execute, commit = 0, 0, 0
	b.ReportAllocs()
	before := processorTime()
	b.ResetTimer()
	run(txs)
	b.StopTimer()
	for _, part := range []struct {
		what string
		cpu  time.Duration
	}{{"admit", admit}, {"execute", execute}, {"commit", commit}, {"all", processorTime() - before}} {
		b.ReportMetric(float64(part.cpu.Nanoseconds())/float64(b.N)/1000, part.what+"-cpu-µs")
	}
}
