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

// TestR16ASlotHasOneHonestHolderForEachMember: one hands it to all the others, but where there are more than 16 members.
func TestR16ASlotHasOneHonestHolderForEachMember(t *testing.T) {
	for members, want := range map[int]int{1: 1, 4: 2, 7: 3, 16: 6, 17: 12, 30: 21} {
		all := make([]*wire.Member, members)
		for i := range all {
			all[i] = &wire.Member{SealKey: []byte{1}}
		}
		s := NewSession(nil, nil, proof.History{{Consortium: &wire.Consortium{Members: all}}})
		if got := s.slotHolders(); got != want {
			t.Errorf("of %d members %d must have a slot, want %d", members, got, want)
		}
	}
}
