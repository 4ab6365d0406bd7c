package founding

import (
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/contract/consortium"
	"github.com/stele-health/stele/wire"
)

// Committee writes a committee as the genesis carries it.
func Committee(c stele.Committee) *wire.Committee {
	return &wire.Committee{Suite: wire.SuiteCommittee, Epoch: c.Epoch, Threshold: uint32(c.Threshold), Key: c.Key, Shares: c.Shares}
}

// Genesis returns the genesis document of a network whose members all vote. It
// fails with KindInvalid.
func Genesis(g *wire.Genesis) ([]byte, error) {
	if err := consortium.Validate(g); err != nil {
		return nil, err
	}
	validators := make([]chain.Validator, len(g.Members))
	for i, m := range g.Members {
		validators[i] = chain.Validator{Key: m.Validator, Power: m.Power}
	}
	return chain.Genesis(g.Chain, time.UnixMilli(g.TimeMs), validators, wire.Marshal(g))
}
