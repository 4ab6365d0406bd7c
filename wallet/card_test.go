package wallet_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestR26CardIsWorthItsSignatures: a card counts when its holder, an issuer and the
// organisation that it names have signed it, on this network, until it expires.
func TestR26CardIsWorthItsSignatures(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPerson("Elena", wallet.Patient), w.NewPerson("Dr Okafor", wallet.Practitioner)
		at, other := w.Orgs["Lakeview"], w.Orgs["Northside"]
		clinic := w.NewPerson("A practice", wallet.Organisation) // no issuer
		signed := func(change func(*wire.Card), signers ...*client.Session) *wire.Signed {
			subject, organisation := d.Subject(), at.Subject()
			card := &wire.Card{
				Chain: w.Chain, Subject: subject[:], Name: "Dr Okafor", Kind: "practitioner", Role: "doctor", Organisation: organisation[:],
				SealKey: d.Keyring().SealKey().Public(), ExpiresMs: time.Now().Add(time.Hour).UnixMilli(),
			}
			if change != nil {
				change(card)
			}
			var keys []wire.Signer
			for _, s := range signers {
				keys = append(keys, s.Keyring().Signer())
			}
			return wire.Sign(wire.TagCard, card, keys...)
		}
		ofClinic := func(c *wire.Card) { s := clinic.Subject(); c.Organisation = s[:] }
		alone := func(c *wire.Card) { c.Organisation = nil }
		for what, c := range map[string]struct {
			card *wire.Signed
			good bool
		}{
			"a good card":                          {signed(nil, d, at), true},
			"of nobody's people":                   {signed(alone, d, other), true},
			"of an organisation that is no issuer": {signed(ofClinic, d, clinic, other), true},
			"expired":                              {signed(func(c *wire.Card) { c.ExpiresMs = time.Now().UnixMilli() }, d, at), false},
			"of another network":                   {signed(func(c *wire.Card) { c.Chain = "village" }, d, at), false},
			"not signed by its holder":             {signed(nil, at), false},
			"signed by another holder":             {signed(nil, p, at), false},
			"without an issuer":                    {signed(alone, d), false},
			"its organisation is no issuer":        {signed(ofClinic, d, clinic), false},
			"its organisation did not vouch":       {signed(nil, d, other), false},
			"of an organisation that is nobody":    {signed(func(c *wire.Card) { c.Organisation = make([]byte, 20) }, d, at), false},
		} {
			_, err := p.CheckCard(t.Context(), c.card)
			if (err == nil) != c.good {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// TestR26TwoOfOneNameAreNotChosenBetween: a grant to "the" holder of a name that
// two have is given to neither.
func TestR26TwoOfOneNameAreNotChosenBetween(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPerson("Elena", wallet.Patient), w.NewDoctor("Dr Double", "Lakeview")
		found, err := p.Find(t.Context(), "dr double")
		if err != nil || found.Subject() != d.Subject() {
			t.Errorf("the only one of that name: %v", err)
		}
		w.NewDoctor("Dr Double", "Northside")
		_, err = p.Find(t.Context(), "Dr Double")
		w.Wants(err, stele.KindUsage, "two of one name")
		found, err = p.Find(t.Context(), d.Subject().String())
		if err != nil || found.Subject() != d.Subject() {
			t.Errorf("by DID: %v", err)
		}
	})
}

// repeating is a directory that hands out its first key some times more, as one does
// that was put back from a backup.
type repeating struct {
	members.Directory
	times int
	first *wire.TakeKeyResponse
}

func (r *repeating) TakeKey(ctx context.Context, in *wire.TakeKeyRequest) (*wire.TakeKeyResponse, error) {
	if r.first != nil && r.times > 0 {
		r.times--
		return r.first, nil
	}
	out, err := r.Directory.TakeKey(ctx, in)
	if r.first == nil {
		r.first = out
	}
	return out, err
}

// TestR10AWalletGivesNoTwoGrantsUnderOneKey: the ledger takes a key that it knows; a
// wallet passes over one that it has had, and says who repeats them.
func TestR10AWalletGivesNoTwoGrantsUnderOneKey(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		d := w.NewDoctor("Dr Okafor", "Lakeview")
		for times, fails := range map[int]bool{wallet.KeyTries - 1: false, 100: true} {
			p := w.NewPatient("Elena", "Northside")
			to := w.ContactOf(p, d)
			to.Member.Directory = &repeating{Directory: to.Member.Directory, times: times}
			first, _, err := p.Give(t.Context(), to, town.Terms(stele.Allergies))
			w.Must(err)
			second, _, err := p.Give(t.Context(), to, town.Terms(stele.Medications))
			switch {
			case fails:
				w.Wants(err, stele.KindProof, "a directory that repeats one key for ever")
				if err != nil && !strings.Contains(err.Error(), "Lakeview") {
					t.Errorf("who repeats keys is not said: %v", err)
				}
			case err != nil || first.KeyIndex == second.KeyIndex:
				t.Errorf("%v; keys %d and %d", err, first.KeyIndex, second.KeyIndex)
			}
		}
	})
}
