package wallet_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// stuffed is a directory that lists more than it may.
type stuffed struct {
	members.Directory
	more []*wire.Signed
}

func (d stuffed) FindCards(ctx context.Context, in *wire.FindCardsRequest) (*wire.FindCardsResponse, error) {
	out, err := d.Directory.FindCards(ctx, in)
	if err == nil {
		out.Cards = append(out.Cards, d.more...)
	}
	return out, err
}

// TestR42AMembersNameIsItsOwn: a member vouches for a practitioner who bears another
// member's name. An honest directory refuses the card; one that lies is not believed,
// and --to "Northside" means Northside, as before.
func TestR42AMembersNameIsItsOwn(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, thief, at := w.NewPerson("Elena", wallet.Patient), w.NewPerson("Thief", wallet.Practitioner), w.Orgs["Lakeview"]
		for _, name := range []string{"Northside", "northside", "Nôrthside", "North-side", "N0rthside"} {
			subject, organisation := thief.Subject(), at.Subject()
			card := wire.Sign(wire.TagCard, &wire.Card{
				Chain: w.Chain, Subject: subject[:], Name: name, Kind: "practitioner", Role: "doctor", Organisation: organisation[:],
				SealKey: thief.Keyring().SealKey().Public(), ExpiresMs: time.Now().Add(time.Hour).UnixMilli(),
			}, thief.Keyring().Signer(), at.Keyring().Signer())
			_, err := at.Member(at.Subject()).Directory.Register(t.Context(), &wire.RegisterRequest{Card: card})
			w.Wants(err, stele.KindInvalid, "a card in the name "+name)
			for i := range p.Network.Members {
				p.Network.Members[i].Directory = stuffed{p.Network.Members[i].Directory, []*wire.Signed{card}}
			}
			found, err := p.Find(t.Context(), "Northside")
			if err != nil || found.Subject() != w.Orgs["Northside"].Subject() {
				t.Errorf("with a false %q about: %v", name, err)
			}
			if _, err := p.Find(t.Context(), thief.Subject().String()); stele.KindOf(err) != stele.KindNotFound {
				t.Errorf("the false %q is found by its DID: %v", name, err)
			}
		}
	})
}

// TestR43NoCardSaysWhatNoScreenMayShow: however a card came about, and whoever signed
// it, a name, a kind or a role that is not fit is refused where it is read.
func TestR43NoCardSaysWhatNoScreenMayShow(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d, at := w.NewPerson("Elena", wallet.Patient), w.NewPerson("Dr Okafor", wallet.Practitioner), w.Orgs["Lakeview"]
		for what, change := range map[string]func(*wire.Card){
			"a name of two lines":    func(c *wire.Card) { c.Name = "Dr Okafor\nDr Roe" },
			"a name that erases":     func(c *wire.Card) { c.Name = "Dr\x1b[2K" },
			"a name that turns":      func(c *wire.Card) { c.Name = "Dr \u202erofakO" },
			"a name that says where": func(c *wire.Card) { c.Name = "Dr Okafor at Northside" },
			"no name":                func(c *wire.Card) { c.Name = "" },
			"a role that erases":     func(c *wire.Card) { c.Role = "doctor\x1b[2K" },
			"a facility of words":    func(c *wire.Card) { c.Facility = "the best hospital" },
			"a kind of its own":      func(c *wire.Card) { c.Kind = "auditor" },
		} {
			subject, organisation := d.Subject(), at.Subject()
			card := &wire.Card{
				Chain: w.Chain, Subject: subject[:], Name: "Dr Okafor", Kind: "practitioner", Role: "doctor", Organisation: organisation[:],
				SealKey: d.Keyring().SealKey().Public(), ExpiresMs: time.Now().Add(time.Hour).UnixMilli(),
			}
			change(card)
			signed := wire.Sign(wire.TagCard, card, d.Keyring().Signer(), at.Keyring().Signer())
			if _, err := p.CheckCard(t.Context(), signed); stele.KindOf(err) != stele.KindInvalid {
				t.Errorf("%s: a wallet says %v", what, err)
			}
			if _, err := at.Member(at.Subject()).Directory.Register(t.Context(), &wire.RegisterRequest{Card: signed}); stele.KindOf(err) != stele.KindInvalid {
				t.Errorf("%s: a directory says %v", what, err)
			}
		}
	})
	for _, name := range []string{"", "Elena\x1b[2K", "Elena\nMarchetti", " Elena"} {
		if _, err := wallet.Create(filepath.Join(t.TempDir(), "x"+wallet.Suffix), town.Passphrase, pebblestore.Folders{}, wallet.Options{Kind: wallet.Patient, Name: name, WorkFactor: 2}); stele.KindOf(err) != stele.KindUsage {
			t.Errorf("a wallet of %q: %v", name, err)
		}
	}
}

// TestFindSaysWhoWasMeant: people are told apart by where they work, and a name that
// is nearly somebody's leads to them.
func TestFindSaysWhoWasMeant(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, lake, north := w.NewPerson("Elena", wallet.Patient), w.NewDoctor("Dr Lina Haddad", "Lakeview"), w.NewDoctor("Dr Lina Haddad", "Northside")
		w.NewDoctor("Dr Şule Işık", "Lakeview")
		for query, want := range map[string]stele.Subject{
			"Dr Lina Haddad at Lakeview": lake.Subject(), "haddad AT northside": north.Subject(), north.Subject().String(): north.Subject(),
		} {
			if found, err := p.Find(t.Context(), query); err != nil || found.Subject() != want {
				t.Errorf("%s: %v", query, err)
			}
		}
		_, err := p.Find(t.Context(), "Haddad")
		w.Wants(err, stele.KindUsage, "two of one name")
		for _, says := range []string{"Dr Lina Haddad at Lakeview (" + lake.Subject().String(), "Dr Lina Haddad at Northside (" + north.Subject().String()} {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%q does not name %q", err, says)
			}
		}
		_, err = p.Find(t.Context(), "Hadad")
		w.Wants(err, stele.KindNotFound, "a name misspelt")
		if hint := stele.HintOf(err); !strings.Contains(hint, "did you mean Dr Lina Haddad at ") {
			t.Errorf("the hint is %q", hint)
		}
		for _, query := range []string{"sule", "ISIK", "Işık"} {
			if found, err := p.Find(t.Context(), query); err != nil || found.Card.Name != "Dr Şule Işık" {
				t.Errorf("%s: %v", query, err)
			}
		}
		if found, err := p.Find(t.Context(), "lakeview"); err != nil || found.Subject() != w.Orgs["Lakeview"].Subject() {
			t.Errorf("a member by its name: %v", err)
		}
	})
}

// TestLookupNamesWhoDidNotAnswer: a list that may be short says whose people are
// missing.
func TestLookupNamesWhoDidNotAnswer(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPerson("Elena", wallet.Patient)
		found, silent, err := p.Lookup(t.Context(), "")
		if err != nil || len(found) != 4 || len(silent) != 0 {
			t.Errorf("%d found, %v silent, %v", len(found), silent, err)
		}
		w.Down["Elm"] = true
		found, silent, err = p.Lookup(t.Context(), "")
		if err != nil || len(found) != 3 || len(silent) != 1 || silent[0] != "Elm" {
			t.Errorf("with one down: %d found, %v silent, %v", len(found), silent, err)
		}
		if _, err := p.Find(t.Context(), "Elm"); stele.KindOf(err) != stele.KindUnreachable || !strings.Contains(err.Error(), "Elm did not") {
			t.Errorf("the one that is down: %v", err)
		}
	})
}

// TestR43NoChartOpensForACardThatMayNotBeShown: a doctor who holds a grant shows
// another card of theirs, signed by all who must, with a name that erases what stands
// before it. Neither vaults nor trustees take it: the patient would read it in her log.
func TestR43NoChartOpensForACardThatMayNotBeShown(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d, at := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview"), w.Orgs["Lakeview"]
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		subject, organisation := d.Subject(), at.Subject()
		for name, good := range map[string]bool{"Dr Okafor": true, "Dr Okafor\x1b[2K": false, "Dr\nOkafor": false, "Dr Okafor at Northside": false} {
			mine := wire.Marshal(wire.Sign(wire.TagCard, &wire.Card{
				Chain: w.Chain, Subject: subject[:], Name: name, Kind: "practitioner", Role: "doctor", Organisation: organisation[:], Facility: "hospital",
				SealKey: d.Keyring().SealKey().Public(), ExpiresMs: time.Now().Add(time.Hour).UnixMilli(),
			}, d.Keyring().Signer(), at.Keyring().Signer()))
			d.Edit(func(s *wallet.State) { s.Card = mine })
			_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			if (err == nil) != good || err != nil && stele.KindOf(err) != stele.KindDenied {
				t.Errorf("%q: %v", name, err)
			}
		}
	})
}
