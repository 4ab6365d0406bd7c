package proof

import (
	"slices"
	"testing"

	"github.com/stele-health/stele/wire"
)

// TestHistoryIsFoldedFromEvents: what an event says holds from its height on, and
// what was said before is judged by who ran the network then.
func TestHistoryIsFoldedFromEvents(t *testing.T) {
	founded := func(height int64, epoch uint64) *wire.Event {
		return &wire.Event{Height: height, Event: &wire.Event_ConsortiumFounded{ConsortiumFounded: &wire.ConsortiumFounded{
			Genesis: &wire.Genesis{Chain: "c", Committee: &wire.Committee{Epoch: epoch}}}}}
	}
	var h History
	if h.Now().GetChain() != "" || h.At(5).GetCommittee() != nil {
		t.Error("nothing is something")
	}
	before := h.Apply(founded(0, 1))
	h = before.Apply(founded(7, 2)).Apply(&wire.Event{Height: 8}).Apply(founded(9, 3)).Apply(founded(9, 4))
	for height, want := range map[int64]uint64{-1: 1, 0: 1, 6: 1, 7: 2, 8: 2, 9: 4, 100: 4} {
		if got := h.At(height).Committee.Epoch; got != want {
			t.Errorf("at %d: epoch %d, want %d", height, got, want)
		}
	}
	if len(h) != 3 || len(before) != 1 || before.Now().Committee.Epoch != 1 {
		t.Errorf("%d eras, and %d before", len(h), len(before))
	}
}

// TestR26TheHistoryTellsWhoMightIssueThen: an era that an issuer's admission or dismissal
// makes shares all else with the one before, and no era changes afterwards.
func TestR26TheHistoryTellsWhoMightIssueThen(t *testing.T) {
	founding := &wire.Genesis{Chain: "c", Members: []*wire.Member{{Kind: "hospital"}}, Committee: &wire.Committee{Epoch: 1}}
	issuer := func(subject byte, kinds uint32) *wire.CredentialIssuer {
		return &wire.CredentialIssuer{Subject: []byte{subject}, Certificate: []byte{9}, Kinds: kinds, Jurisdictions: []string{"GB"}}
	}
	admit := func(height int64, i *wire.CredentialIssuer) *wire.Event {
		return &wire.Event{Height: height, Event: &wire.Event_IssuerAdmitted{IssuerAdmitted: &wire.IssuerAdmitted{Issuer: i}}}
	}
	dismiss := func(height int64, subject byte) *wire.Event {
		return &wire.Event{Height: height, Event: &wire.Event_IssuerDismissed{IssuerDismissed: &wire.IssuerDismissed{Subject: []byte{subject}, Certificate: []byte{9}}}}
	}
	var h History
	for _, e := range []*wire.Event{
		wire.Founded(nil, founding), admit(5, issuer(1, 1)), admit(5, issuer(2, 1)), admit(7, issuer(1, 3)), dismiss(9, 7), dismiss(10, 1), admit(11, issuer(1, 2)),
	} {
		h = h.Apply(e)
	}
	for height, want := range map[int64][]uint32{0: nil, 4: nil, 5: {1, 1}, 6: {1, 1}, 7: {3, 1}, 9: {3, 1}, 10: {1}, 11: {1, 2}} {
		var got []uint32
		for _, i := range h.At(height).CredentialIssuers {
			got = append(got, i.Kinds)
		}
		if !slices.Equal(got, want) {
			t.Errorf("at %d: kinds %v, want %v", height, got, want)
		}
	}
	if len(h) != 5 || &h[0].Consortium.Members[0] != &h[4].Consortium.Members[0] {
		t.Errorf("%d eras, each with members of its own", len(h))
	}
	if h.Apply(wire.Founded(nil, &wire.Genesis{Chain: "other"})).Now().CredentialIssuers != nil {
		t.Error("a founding says who may issue")
	}
}
