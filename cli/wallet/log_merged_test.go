package wallet

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestR45WhatAnotherDidWhileChartsWereMergedIsNotToldAsYours: Bob's chart was merged into Ann's by
// mistake, and her key spoke for it. What she did names her in his log, before and after they were parted;
// in hers, which speaks for both, it is her own.
func TestR45WhatAnotherDidWhileChartsWereMergedIsNotToldAsYours(t *testing.T) {
	ann, id := stele.SubjectOf([]byte("ann")), stele.NewID()
	c := make([]byte, 32)
	grant := &wire.Event{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{Grant: id[:], Action: 1}}}
	merged := &wire.Event{Event: &wire.Event_SubjectsMerged{SubjectsMerged: &wire.SubjectsMerged{Into: ann[:], Commitment: c}}}
	parted := &wire.Event{Event: &wire.Event_MergeUndone{MergeUndone: &wire.MergeUndone{Into: ann[:], Commitment: c}}}
	noted := &wire.Event{Event: &wire.Event_MergeNoted{MergeNoted: &wire.MergeNoted{From: ann[:], Turn: 1}}}
	death := &wire.Event{Event: &wire.Event_DeathUndone{DeathUndone: &wire.DeathUndone{Member: ann[:]}}}
	sealed := account.Line{Event: &wire.Event{Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{}}}, Telling: account.Telling{Card: &wire.Card{}}, Needed: 3, Released: 3}
	revoked := &wire.Event{Event: &wire.Event_GrantRevoked{GrantRevoked: &wire.GrantRevoked{Grant: id[:]}}}
	slot := &wire.Event{Event: &wire.Event_EmergencySet{EmergencySet: &wire.EmergencySet{Commitment: c}}}
	of := func(e *wire.Event) account.Line { return account.Line{Event: e} }
	for _, mine := range []stele.Subject{{}, ann} {
		v := logView{s: client.Of(wallet.NewSession(nil, &members.Network{}, nil)), mine: mine, other: !mine.IsZero()}
		for i, c := range []struct {
			line account.Line
			hers bool
		}{
			{of(grant), false}, {of(noted), false}, {of(grant), false}, {of(merged), false},
			{of(grant), true}, {of(revoked), true}, {of(slot), true}, {sealed, true}, {of(death), true}, {of(parted), true},
			{of(grant), false}, {sealed, false},
		} {
			told := v.tell(c.line)
			who := told.who
			if named := strings.Contains(who, "who holds the chart "+terminal.ShortDID(ann)); named != (c.hers && mine.IsZero()) || !named && !strings.HasSuffix(who, "you") && c.line.Event != noted {
				t.Errorf("%d: %q %q, Ann reads: %v", i, who, told.what, !mine.IsZero())
			}
		}
	}
}

// TestWhoOpenedAChartBeforeItWasMergedIsToldToTheKeysOfThen: who speaks for it now is not told so later, and it is not
// said that they will be, unless a trustee does not answer. Nor is who speaks for a chart by their own card its owner.
func TestWhoOpenedAChartBeforeItWasMergedIsToldToTheKeysOfThen(t *testing.T) {
	ann := stele.SubjectOf([]byte("ann"))
	merged := account.Line{Event: &wire.Event{Event: &wire.Event_SubjectsMerged{SubjectsMerged: &wire.SubjectsMerged{Into: ann[:], Commitment: make([]byte, 32)}}}}
	opened := &wire.Event{Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{}}}
	doubtful := account.Line{Event: opened, Telling: account.Telling{Card: &wire.Card{}, Doubt: "it is not hers"}, Needed: 3, Released: 3}
	hers := logView{s: client.Of(wallet.NewSession(nil, &members.Network{}, nil)), mine: ann, other: true}
	for i, c := range []struct {
		line account.Line
		want string
	}{
		{account.Line{Event: opened}, "somebody (told only to whoever held the keys then)"},
		{account.Line{Event: opened, Untold: 1}, untold},
		{merged, ""},
		{account.Line{Event: opened}, untold},
	} {
		if who := hers.tell(c.line).who; c.want != "" && who != c.want {
			t.Errorf("%d: %q, want %q", i, who, c.want)
		}
	}
	own := logView{s: hers.s}
	if who := own.tell(doubtful).who; who != nameless {
		t.Errorf("by a card that is not to be believed: %q", who)
	}
	own.tell(merged)
	if who := own.tell(doubtful).who; !strings.Contains(who, "who holds the chart "+terminal.ShortDID(ann)) {
		t.Errorf("by a card of who spoke for the chart: %q", who)
	}
}
