package contract_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// These tests ask whoever adds an event for what is easily forgotten: its rule in the
// model and in the second implementation, and its draw in the random runs. (Room sim's
// draws are asked for there.)

// modelOf is the model, with all that a town has done.
func modelOf(t *testing.T, w *ledgertest.Town) *ledgertest.Model {
	t.Helper()
	m, err := ledgertest.NewModel(w.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range w.Blocks {
		m.Begin(b.Height, b.Time.UnixMilli())
		for _, raw := range b.Parcels {
			var parcel wire.Parcel
			if _, err := wire.Open(wire.TagParcel, read(t, raw), &parcel); err != nil {
				t.Fatal(err)
			}
			for _, tx := range parcel.Transactions {
				m.Transact(tx, true)
			}
		}
	}
	return m
}

func read(t *testing.T, raw []byte) *wire.Signed {
	t.Helper()
	signed := new(wire.Signed)
	if err := wire.Decode(raw, signed); err != nil {
		t.Fatal(err)
	}
	return signed
}

// TestTheModelHasARuleForEachTransaction: it foretells the event of a good one to the byte.
func TestTheModelHasARuleForEachTransaction(t *testing.T) {
	for _, kind := range ledgertest.Kinds(&wire.Transaction{}) {
		s, all := everything(t)
		good, ok := all[kind]
		if !ok {
			continue // TestR9NoFieldOfATransactionHoldsText asks for it
		}
		m := modelOf(t, s.town)
		raw := s.town.Tx(good.message(), good.by...)
		done := s.town.Block(time.Second, s.town.Parcel(raw))
		m.Begin(s.town.Height, s.town.Time.UnixMilli())
		if err := m.Transact(raw, true).Agrees(done.Verdicts[0]); err != nil {
			t.Errorf("ledger/ledgertest/model_transact.go has no rule for %s, or another than its contract: %v", kind, err)
		}
	}
}

// TestRandomRunsDrawEachTransaction.
func TestRandomRunsDrawEachTransaction(t *testing.T) {
	s, drawn := found(t, 1), map[string]bool{}
	steps := rapid.Custom(func(r *rapid.T) string { return step(r, time.Hour, 0) })
	for seed := range 400 {
		raw := s.transaction(parse(steps.Example(seed)), ledgertest.Begin, 0)
		var tx wire.Transaction
		if err := wire.Decode(read(t, raw).Body, &tx); err != nil {
			t.Fatal(err)
		}
		drawn[ledgertest.Kind(&tx)] = true
	}
	for _, kind := range ledgertest.Kinds(&wire.Transaction{}) {
		if !drawn[kind] {
			t.Errorf("step in contract/model_test.go draws no %s", kind)
		}
	}
}

// TestTheSecondImplementationHasARuleForEachMessage: one that decides on each transaction,
// and one that folds each event.
func TestTheSecondImplementationHasARuleForEachMessage(t *testing.T) {
	raw, err := os.ReadFile("../second/ledger.mjs")
	if err != nil {
		t.Fatal(err)
	}
	for rule, m := range map[string]proto.Message{"\n  %(m, signedBy) {": &wire.Transaction{}, "case '%':": &wire.Event{}} {
		for _, kind := range ledgertest.Kinds(m) {
			if text := strings.ReplaceAll(rule, "%", kind); !strings.Contains(string(raw), text) {
				t.Errorf("second/ledger.mjs has no rule for %s: %q", kind, strings.TrimSpace(text))
			}
		}
	}
}
