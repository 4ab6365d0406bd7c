package wallet

import (
	"context"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// shelf is a directory with no cards, or one that does not answer.
type shelf struct {
	Directory
	down bool
}

func (s shelf) FindCards(context.Context, *wire.FindCardsRequest) (*wire.FindCardsResponse, error) {
	if s.down {
		return nil, stele.E("find cards", stele.KindUnreachable, "down", nil)
	}
	return &wire.FindCardsResponse{}, nil
}

// TestNobodyIsSaidToBeAbsentWhileAMemberIsSilent: who is not found at the
// members that answer may have a card at one that did not.
func TestNobodyIsSaidToBeAbsentWhileAMemberIsSilent(t *testing.T) {
	for _, c := range []struct {
		down []bool
		want stele.Kind
	}{
		{[]bool{false, false}, stele.KindNotFound}, {[]bool{false, true}, stele.KindUnreachable},
		{[]bool{true, false}, stele.KindUnreachable}, {[]bool{true, true}, stele.KindUnreachable},
	} {
		s := &Session{Network: &Network{}}
		for _, down := range c.down {
			s.Network.Members = append(s.Network.Members, Member{Directory: shelf{down: down}})
		}
		if _, err := s.Find(t.Context(), "Haddad"); stele.KindOf(err) != c.want {
			t.Errorf("directories down %v: %v, want %v", c.down, err, c.want)
		}
	}
}
