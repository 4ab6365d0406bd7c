package wallet

import (
	"testing"

	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// TestR42AQuorumHoldsOneHonestMember: so many members must say the same that one of them
// is honest, whatever the size of the consortium, and two wherever there are two.
func TestR42AQuorumHoldsOneHonestMember(t *testing.T) {
	for members, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 2, 5: 2, 6: 2, 7: 3, 9: 3, 10: 4, 13: 5} {
		s := NewSession(nil, nil, proof.History{{Consortium: &wire.Consortium{Members: make([]*wire.Member, members)}}})
		if got := s.Quorum(); got != want {
			t.Errorf("of %d members %d must say the same, want %d", members, got, want)
		}
		if faulty := (members - 1) / 3; s.Quorum() <= faulty {
			t.Errorf("of %d members %d may lie, and %d are believed", members, faulty, s.Quorum())
		}
	}
}
