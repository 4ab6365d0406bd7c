package wallet

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestTheLogSaysWhoActedForWhom: somebody whom the owner let act, somebody whom they let act in
// turn, and what the owner did themselves.
func TestTheLogSaysWhoActedForWhom(t *testing.T) {
	s := client.Of(wallet.NewSession(nil, &members.Network{}, nil))
	delegation, other := stele.NewID(), stele.NewID()
	maria := &wallet.Given{Grant: delegation, ToName: "Maria", Action: stele.ActionDelegate}
	given := func(under []byte) *wire.Event {
		return &wire.Event{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{Grant: other[:], Action: 1, Delegation: under}}}
	}
	opened := func(grant stele.ID) *wire.Event {
		return &wire.Event{Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{Grant: grant[:]}}}
	}
	card := &wire.Card{Name: "Dr Kind"}
	for want, line := range map[string]account.Line{
		"you":                    {Event: given(nil)},
		"Maria (acting for you)": {Event: given(delegation[:]), Delegate: maria},
		"somebody (by the word of Maria, who acts for you)": {Event: given(other[:]), Delegate: maria},
		"somebody who acts for you":                         {Event: given(other[:])},
		"Dr Kind":                                           {Event: opened(other), Telling: account.Telling{Card: card}},
		"Dr Kind (acting for you)":                          {Event: opened(delegation), Telling: account.Telling{Card: card}, Delegate: maria},
		"Dr Kind (let in by Maria, who acts for you)":       {Event: opened(other), Telling: account.Telling{Card: card}, Delegate: maria},
	} {
		if got := tell(s, line).who; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
