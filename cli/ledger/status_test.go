package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// TestStatusShowsWhoRunsTheNetworkNow, by the log of the member that is furthest: one that
// says otherwise than the log at its own height is named, and no other.
func TestStatusShowsWhoRunsTheNetworkNow(t *testing.T) {
	run := func(members, trustees int) *wire.Consortium {
		return &wire.Consortium{Members: make([]*wire.Member, members), Committee: &wire.Committee{Threshold: uint32(trustees), Shares: make([][]byte, trustees)}}
	}
	g := &proof.Genesis{Consortium: run(4, 4)}
	founded := g.History()
	later := append(founded[:1:1], proof.Era{From: 10, Consortium: run(5, 4)}, proof.Era{From: 20, Consortium: run(5, 5)})
	says := func(height int64, members, trustees uint32) *api.StatusResponse {
		return &api.StatusResponse{Height: height, Members: members, Trustees: trustees, Threshold: trustees, Fingerprint: g.Fingerprint[:]}
	}
	all := []standing{
		{says: says(9, 4, 4), history: founded, told: 8},     // is behind
		{says: says(25, 5, 5), history: later, told: 24},     // is not
		{says: says(25, 4, 4), history: founded, told: 9},    // holds back the end of the log
		{says: says(15, 5, 4), history: nil},                 // shows none
		{says: says(15, 5, 5), history: later[:2], told: 14}, // is ahead of itself
		{says: nil}, // is down
		{says: &api.StatusResponse{Chain: "other"}, history: nil}, // is of another network
	}
	own := known{genesis: g}
	history := own.history(all)
	if len(history) != 3 || len(history.Now().Members) != 5 || own.history(nil).Now() != g.Consortium || (known{}).history(all) != nil {
		t.Fatalf("%d eras", len(history))
	}
	want := []string{"", "", "members 4, not 5; trustees 4, not 5; threshold 4, not 5", "", "trustees 5, not 4; threshold 5, not 4", "", ""}
	for i := range all {
		all[i].compare(g, history)
		if got := strings.Join(all[i].differs, "; "); got != want[i] {
			t.Errorf("member %d: %q, want %q", i, got, want[i])
		}
	}
}

// TestStatusSaysThatTheLedgerStandsStill: with too few members up no block is made, and
// nobody reads that from the heights; nor that the newest block is old.
func TestStatusSaysThatTheLedgerStandsStill(t *testing.T) {
	for _, c := range []struct {
		answer, members, asked int
		age                    time.Duration
		want                   string
	}{
		{4, 4, 4, 10 * time.Second, ""},
		{3, 4, 4, stele.StaleAfter, ""},
		{2, 4, 4, time.Second, "2 of 4 members answer"},
		{2, 3, 3, time.Second, "2 of 3 members answer"},
		{1, 1, 1, time.Second, ""},
		{1, 4, 1, time.Second, ""}, // the others were not asked
		{4, 4, 4, 95*time.Second + time.Millisecond, "no block for 1m35s"},
		{1, 4, 1, time.Minute, "no block for 1m0s"},
	} {
		got := standsStill(c.answer, c.members, c.age, c.asked)
		if !strings.HasPrefix(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
