package sim

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// TestEachTransactionIsDrawnAndEachEventForetold: who adds one to wire is told here what
// the pen and the model lack. The model alone runs.
func TestEachTransactionIsDrawnAndEachEventForetold(t *testing.T) {
	p := &pen{Rand: rand.New(rand.NewPCG(1, 1)), chain: "town", members: 2, signers: map[string]wire.Signer{}, now: ledgertest.Begin}
	model, err := ledgertest.NewModel(wire.Marshal(ledgertest.Genesis(p.chain, p.members)))
	if err != nil {
		t.Fatal(err)
	}
	p.model = model
	drawn := map[string]bool{}
	for height := range int64(240) {
		p.now = p.now.Add(20 * time.Second)
		if height%30 == 29 { // an emergency ends, and its review is due
			p.now = p.now.Add(72 * time.Hour)
		}
		p.model.Begin(height+1, p.now.UnixMilli())
		for range 20 {
			s := p.next()
			p.model.Transact(s.raw, s.sound)
			var signed wire.Signed
			var tx wire.Transaction
			if s.sound && wire.Decode(s.raw, &signed) == nil && wire.Decode(signed.Body, &tx) == nil {
				drawn[ledgertest.Kind(&tx)] = true
			}
		}
	}
	for _, subject := range p.model.Subjects() {
		for _, raw := range p.model.Log(subject) {
			e := new(wire.Event)
			if err := wire.Decode(raw, e); err != nil {
				t.Fatal(err)
			}
			drawn[ledgertest.Kind(e)] = true
		}
	}
	for _, name := range ledgertest.Kinds(&wire.Transaction{}) {
		if !drawn[name] {
			t.Errorf("sim/draw.go draws no %s", name)
		}
	}
	for _, name := range ledgertest.Kinds(&wire.Event{}) {
		if !drawn[name] {
			t.Errorf("nothing that sim/draw.go draws makes the model (ledger/ledgertest) foretell %s", name)
		}
	}
}
