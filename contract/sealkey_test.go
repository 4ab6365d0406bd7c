package contract_test

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/consortium"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// TestAMembersSealKeyIsOneAndItsOwn where the genesis names one: networks of before do not.
func TestAMembersSealKeyIsOneAndItsOwn(t *testing.T) {
	for what, c := range map[string]struct {
		good   bool
		change func(m []*wire.Member)
	}{
		"as it should be":       {true, func([]*wire.Member) {}},
		"none, as before":       {true, func(m []*wire.Member) { m[0].SealKey, m[1].SealKey = nil, nil }},
		"one of another length": {false, func(m []*wire.Member) { m[0].SealKey = m[0].SealKey[1:] }},
		"one of small order":    {false, func(m []*wire.Member) { clear(m[0].SealKey[len(m[0].SealKey)-32:]) }},
		"one of two members":    {false, func(m []*wire.Member) { m[1].SealKey = m[0].SealKey }},
	} {
		g := ledgertest.Genesis("town", 2)
		c.change(g.Members)
		if err := consortium.Validate(g); (err == nil) != c.good || err != nil && stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}
