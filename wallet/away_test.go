package wallet_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/light"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestLaw6AWalletThatWasAwayForLongAsksSomebody: after a year it believes no header on the
// word of who signed before, and says what to do; the newest block, named by somebody whom
// the person trusts, lets it go on, and need not be named again.
func TestLaw6AWalletThatWasAwayForLongAsksSomebody(t *testing.T) { town.In(t, awayForLong) }

func awayForLong(t *testing.T, w *town.Town) {
	p := w.NewPerson("Ana", wallet.Patient)
	_, err := p.Log(t.Context())
	w.Must(err)
	w.Must(p.Follow(t.Context()))
	w.Still = true
	away := func(days int) func() time.Time {
		return func() time.Time { return time.Now().AddDate(0, 0, days) }
	}
	p.Clock = away(364)
	w.Must(p.Follow(t.Context()))
	p.Clock = away(366)
	err = p.Follow(t.Context())
	if w.Wants(err, stele.KindProof, "who was away"); !strings.Contains(stele.TextOf(err), "last looked at on") || !strings.Contains(stele.HintOf(err), "--block") {
		t.Errorf("%v; %s", err, stele.HintOf(err))
	}

	newest, err := w.LightOf(0)
	w.Must(err)
	_, header, err := proof.TrustBlock(w.Chain, newest)
	w.Must(err)
	again := func(begin light.Start) {
		w.Must(p.Reopen())
		p = w.Session(p.Wallet)
		p.Clock, p.Session.Begin = away(366), begin
	}
	again(light.Start{Height: header.Height, Hash: header.Hash})
	w.Wants(p.Follow(t.Context()), stele.KindProof, "a block that is as old")

	w.Ahead = 366 * 24 * time.Hour // meanwhile the network went on
	w.WriteBlock()
	w.WriteBlock()
	again(light.Start{})
	w.Wants(p.Follow(t.Context()), stele.KindProof, "who was away, and the network was not")
	newest, err = w.LightOf(0)
	w.Must(err)
	_, header, err = proof.TrustBlock(w.Chain, newest)
	w.Must(err)
	again(light.Start{Height: header.Height, Hash: stele.Digest{1}})
	w.Wants(p.Follow(t.Context()), stele.KindProof, "another block than the network's")
	again(light.Start{Height: header.Height, Hash: header.Hash})
	w.Must(p.Follow(t.Context()))
	at := p.State().Consortium.Head.Height
	w.WriteBlock()
	again(light.Start{})
	p.Edit(func(s *wallet.State) { s.Consortium.Asked = time.Time{} })
	w.Must(p.Follow(t.Context()))
	if now := p.State().Consortium.Head.Height; now <= at {
		t.Errorf("it goes on from %d to %d", at, now)
	}
}

// TestLaw6OneLyingMemberKeepsNobodyFromGoingOn: asked first for the block that somebody named,
// it shows another. What an honest member shows is believed by its own headers.
func TestLaw6OneLyingMemberKeepsNobodyFromGoingOn(t *testing.T) { town.In(t, goesOnBesideALiar) }

func goesOnBesideALiar(t *testing.T, w *town.Town) {
	p := w.NewPerson("Ana", wallet.Patient)
	for range 3 {
		w.WriteBlock()
	}
	raw, err := w.LightOf(3)
	w.Must(err)
	_, header, err := proof.TrustBlock(w.Chain, raw)
	w.Must(err)
	for what, shows := range map[string]int64{"another block": 2, "none": 1000} {
		p.Edit(func(s *wallet.State) { s.Light, s.Consortium = nil, wallet.Followed{} })
		w.Must(p.Reopen())
		p = w.Session(p.Wallet)
		p.Session.Begin = light.Start{Height: header.Height, Hash: header.Hash}
		p.Network.Members[0].Ledger = headerTeller{p.Network.Members[0].Ledger, shows}
		if err := p.Follow(t.Context()); err != nil {
			t.Errorf("one member shows %s: %v", what, err)
		}
	}
}

// headerTeller shows the block of one height whatever is asked for.
type headerTeller struct {
	members.Ledger
	height int64
}

func (h headerTeller) Light(ctx context.Context, _ int64) (*wire.LightBlock, error) {
	return h.Ledger.Light(ctx, h.height)
}
