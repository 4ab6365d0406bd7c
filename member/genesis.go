package member

import (
	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/proof"
)

// ownGenesis holds a genesis document against the consortium that a ledger was founded
// with, zero where there is no ledger yet. What is compared is all that the ledger knows of
// it: the hash of what it was founded with, and that the document's chain, time and validators
// are the ones which stand in that. It fails with KindInvalid.
func ownGenesis(document []byte, founded stele.Subject) (g proof.Genesis, err error) {
	if g, err = proof.ReadGenesis(document); err != nil {
		return g, err
	}
	if err := g.CheckMembers(); err != nil {
		return g, err
	}
	if g.Founding.TimeMs != g.Trusted.Time().UnixMilli() {
		return g, stele.E("read genesis", stele.KindInvalid, "the genesis in the network file names two times at which the network began", nil).
			WithHint("somebody changed the network file: get it again, and compare the fingerprint by voice")
	}
	if !founded.IsZero() && founded != stele.Subject(g.Consortium.Subject) {
		return g, stele.E("read genesis", stele.KindInvalid, "the ledger in the folder is another network's: it was founded with another genesis", nil).
			WithHint("is the network file the one that this member was founded with?")
	}
	return g, nil
}

// foundedWith is the consortium of a ledger, zero where it is empty.
func foundedWith(l *state.Ledger) (stele.Subject, error) {
	c, err := l.Consortium()
	if stele.KindOf(err) == stele.KindNotFound {
		return stele.Subject{}, nil
	}
	return c.Subject, err
}
