package account

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// TestLaw6ACardIsJudgedByTheIssuersOfThen: the same card may be shown in one era and not in
// another, and what was found of it in the one says nothing of the other.
func TestLaw6ACardIsJudgedByTheIssuersOfThen(t *testing.T) {
	w := wallettest.NewWallet(t)
	subject := w.Subject()
	before, after := wire.NewEd25519(), wire.NewEd25519()
	run := func(by wire.Signer) *wire.Consortium {
		return &wire.Consortium{Chain: "town", Issuers: []*wire.PublicKey{by.Public()}}
	}
	history := proof.History{{Consortium: run(before)}, {From: 5, TimeMS: time.Hour.Milliseconds(), Consortium: run(after)}}
	s := teller(wallet.NewSession(w, &members.Network{}, history))
	r := reckoning{teller: s, judge: proof.NewAccount(history, subject), forged: map[shownCard]error{}}
	for range 2 { // the second time from what was found before
		for _, c := range []struct {
			by    wire.Signer
			at    time.Duration
			fails bool
		}{
			{before, 30 * time.Minute, false}, {before, 90 * time.Minute, true}, {before, 62 * time.Minute, false},
			{after, 30 * time.Minute, true}, {after, 90 * time.Minute, false}, {after, 58 * time.Minute, false},
		} {
			card := wire.Sign(wire.TagCard, &wire.Card{Chain: "town", Subject: subject[:], Name: "Elena", Kind: "patient"}, c.by)
			kept := &wire.Detail{TimeMs: c.at.Milliseconds(), Detail: wire.Marshal(&wire.AccessDetail{Card: card})}
			told := heardOf(nil, members.Member{Name: "Elm"}, kept, proof.Attempt)[0]
			if err := r.forgery(told, kept); (err != nil) != c.fails || err != nil && stele.KindOf(err) != stele.KindProof {
				t.Errorf("after %v: %v, want a failure: %v", c.at, err, c.fails)
			}
		}
	}
}
