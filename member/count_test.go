package member

import (
	"testing"

	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/wire"
)

// TestLaw6SoManyMustAgreeAsTheMembersOfTodayAsk: one of those who say as much is honest,
// by who runs the network now and not by who founded it.
func TestLaw6SoManyMustAgreeAsTheMembersOfTodayAsk(t *testing.T) {
	var from []source
	for _, height := range []int64{900, 800, 100, 99} { // two lie about how far they are
		from = append(from, source{status: &api.StatusResponse{Height: height}})
	}
	for members, want := range map[int]int64{1: 900, 3: 900, 4: 800, 6: 800, 7: 100, 10: 99, 40: 99} {
		run := &wire.Consortium{Members: make([]*wire.Member, members)}
		if got := agreed(run, from, func(s *api.StatusResponse) int64 { return s.Height }); got != want {
			t.Errorf("of %d members: %d, want %d", members, got, want)
		}
	}
}
