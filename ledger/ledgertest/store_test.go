package ledgertest_test

import (
	"testing"

	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
)

func TestMemory(t *testing.T) {
	ledgertest.TestStore(t, func(*testing.T) ledger.Store { return ledger.NewMemory() })
}

func TestMemoryRefusesAStaleBatch(t *testing.T) {
	s := ledger.NewMemory()
	first, second := s.Begin(0), s.Begin(0)
	first.Set([]byte("a"), []byte("1"))
	second.Set([]byte("b"), []byte("2"))
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	if second.Commit() == nil || first.Commit() == nil {
		t.Error("a batch over an older state, or a batch twice, was committed")
	}
}
