package wallet_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// shelf is a directory with no cards, or one that does not answer.
type shelf struct {
	members.Directory
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
		s := client.Of(wallet.NewSession(nil, &members.Network{}, nil))
		for _, down := range c.down {
			s.Network.Members = append(s.Network.Members, members.Member{Directory: shelf{down: down}})
		}
		if _, err := s.Find(t.Context(), "Haddad"); stele.KindOf(err) != c.want {
			t.Errorf("directories down %v: %v, want %v", c.down, err, c.want)
		}
	}
}

// inventive is a node that knows everybody whom others do not know.
type inventive struct {
	members.Ledger
	key *wire.Device
}

func (i inventive) Keys(ctx context.Context, s stele.Subject) ([]*wire.Device, error) {
	out, err := i.Ledger.Keys(ctx, s)
	if err != nil {
		return []*wire.Device{i.key}, nil
	}
	return out, err
}

// listing is a directory that lists more than it has.
type listing struct {
	members.Directory
	more []*wire.Signed
}

func (d listing) FindCards(ctx context.Context, in *wire.FindCardsRequest) (*wire.FindCardsResponse, error) {
	out, err := d.Directory.FindCards(ctx, in)
	if err == nil {
		out = &wire.FindCardsResponse{Cards: slices.Concat(d.more, out.Cards)}
	}
	return out, err
}

// One member's directory lists people who do not exist, and its node says that it knows
// them: whoever is looked for is found in a moment, and by DID nobody else is asked about.
func TestR44PeopleWhoDoNotExistDelayNobody(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Elm")
		var nobody []*wire.Signed
		key := wire.NewEd25519()
		for i := range 200 {
			subject := stele.Subject(append(make([]byte, 18), 1, byte(i)))
			nobody = append(nobody, wire.Sign(wire.TagCard, &wire.Card{
				Chain: w.Chain, Subject: subject[:], Name: fmt.Sprint("Dr Nobody ", i), Kind: "practitioner", Role: "doctor", ExpiresMs: time.Now().AddDate(1, 0, 0).UnixMilli(),
			}, w.Orgs["Elm"].Keyring().Signer(), key))
		}
		q := town.Bend(p, "Elm", func(m *members.Member) {
			m.Directory, m.Ledger = listing{m.Directory, nobody}, inventive{m.Ledger, &wire.Device{Signing: key.Public()}}
		})
		for _, name := range w.Names { // in whatever turn they are asked
			q.Network.NoteSilent(*q.Member(w.Orgs[name].Subject()))
			for query, most := range map[string]int64{d.Subject().String(): 20, "Dr Okafor": 2000} {
				before, start := w.Asked.Load(), time.Now()
				found, err := q.Find(t.Context(), query)
				if err != nil || found.Subject() != d.Subject() {
					t.Fatalf("%s: %v", query, err)
				}
				if took := time.Since(start); took > wallet.CardsTimeout {
					t.Errorf("%s was found after %v", query, took)
				}
				if asked := w.Asked.Load() - before; asked > most {
					t.Errorf("%s took %d questions", query, asked)
				}
			}
		}
	})
}

// While a directory is silent, nobody is chosen by a name whom it may know by the same;
// a member's name means that member.
func TestASilentDirectoryMakesNobodyOfAnotherOne(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena", "Northside")
		own, other := w.NewDoctor("Dr Amara Okafor", "Lakeview"), w.NewDoctor("Dr Amara Okafor", "Elm")
		w.NewDoctor("Lakeview Records Office", "Elm")
		if c, err := p.Find(t.Context(), "lakeview"); err != nil || c.Subject() != w.Orgs["Lakeview"].Subject() {
			t.Errorf("a member by its name: %v", err)
		}
		w.Down["Lakeview"] = true
		for _, query := range []string{"Dr Amara Okafor", "Lakeview", "Amara", "Dr Amara Okafor at Lakeview", "Lakeview Records Office"} {
			_, err := p.Find(t.Context(), query)
			w.Wants(err, stele.KindUnreachable, query)
		}
		for _, query := range []string{"Dr Amara Okafor at Elm", other.Subject().String()} {
			if c, err := p.Find(t.Context(), query); err != nil || c.Subject() != other.Subject() {
				t.Errorf("%s: %v", query, err)
			}
		}
		if c, err := p.Find(t.Context(), "Northside"); err != nil || c.Subject() != w.Orgs["Northside"].Subject() {
			t.Errorf("a member that answers: %v", err)
		}
		w.Down["Lakeview"] = false
		if c, err := p.Find(t.Context(), "Dr Amara Okafor at Lakeview"); err != nil || c.Subject() != own.Subject() {
			t.Errorf("and when it answers: %v", err)
		}
	})
}
