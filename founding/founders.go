package founding

import (
	"bytes"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// Founders are all the members of a network to be, in the order of their
// subjects. Each founder has the same ones, or the chain ids differ.
type Founders struct {
	Chain string
	Cards []Card
}

// Gather puts the cards of all founders together. It fails with KindInvalid when
// they are for networks of other names or two of them share what must be a
// founder's own.
func Gather(cards []Card) (Founders, error) {
	const op = "gather cards"
	if len(cards) == 0 || len(cards) > threshold.MaxMembers {
		return Founders{}, stele.E(op, stele.KindInvalid, fmt.Sprintf("%d cards: a network has 1 to %d founders, each with a card", len(cards), threshold.MaxMembers), nil).
			WithHint("stele member init makes a card; name one of each founder")
	}
	f := Founders{Cards: slices.Clone(cards)}
	slices.SortFunc(f.Cards, func(a, b Card) int { return bytes.Compare(a.Subject[:], b.Subject[:]) })
	f.Cards = slices.CompactFunc(f.Cards, func(a, b Card) bool { return bytes.Equal(a.body, b.body) }) // the same card in two files is one
	bodies, owner := []byte(nil), map[string]string{}
	for _, c := range f.Cards {
		if c.Founder.Network != f.Cards[0].Founder.Network {
			return Founders{}, stele.E(op, stele.KindInvalid, fmt.Sprintf("%s wants to found %s, %s wants %s",
				f.Cards[0].Name, f.Cards[0].Founder.Network, c.Name, c.Founder.Network), nil).WithHint("agree on one name and make the cards again")
		}
		if c.Founder.Member.Power != f.Cards[0].Founder.Member.Power {
			return Founders{}, stele.E(op, stele.KindDenied, fmt.Sprintf("%s asks for a vote of %d, %s for %d, and all votes are equal",
				c.Name, c.Founder.Member.Power, f.Cards[0].Name, f.Cards[0].Founder.Member.Power), nil).WithHint("use the cards that stele member init makes")
		}
		if err := c.clash(owner); err != nil {
			return Founders{}, err
		}
		hash := wire.Hash(wire.TagFounder, c.body)
		bodies = append(bodies, hash[:]...)
	}
	hash := wire.Hash(wire.TagFounders, bodies)
	f.Chain = f.Cards[0].Founder.Network + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(hash[:5]))
	return f, nil
}

// clash notes what must be a founder's own, and fails when another has it.
func (c Card) clash(owner map[string]string) error {
	m := c.Founder.Member
	for _, own := range []struct{ what, value, hint string }{
		{"subject", string(c.Subject[:]), "these are two cards of one founder: give the newest of each, to all founders the same"},
		{"name", stele.NameKey(c.Name), "names that look or sound alike count as one; one of them makes a card with another name"},
		{"address", c.Address.Url, "each founder has an address of its own"},
		{"address for nodes", c.Address.Peer, "each founder has an address of its own"},
		{"node's key", string(m.Node.Key), "no two founders share a key: one of the cards was copied"},
		{"trustee's key", string(m.Trustee.Key), "no two founders share a key: one of the cards was copied"},
		{"validator's key", string(m.Validator), "no two founders share a key: one of the cards was copied"},
		{"key for dealings", string(c.Founder.SealKey), "no two founders share a key: one of the cards was copied"},
	} {
		other, taken := owner[own.what+" "+own.value]
		if own.what != "name" && own.what != "subject" && !taken {
			other, taken = owner[own.value]
		}
		switch {
		case taken && own.what == "subject":
			return stele.E("gather cards", stele.KindInvalid, "there are two different cards of "+c.Name, nil).WithHint(own.hint)
		case taken:
			return stele.E("gather cards", stele.KindInvalid, fmt.Sprintf("%s and %s have the same %s", other, c.Name, own.what), nil).WithHint(own.hint)
		}
		owner[own.what+" "+own.value] = c.Name
		if strings.HasSuffix(own.what, "key") || own.what == "key for dealings" {
			owner[own.value] = c.Name // a node's key is no trustee's either
		}
	}
	return nil
}

// Index returns a founder's index, from 1. It fails with KindInvalid.
func (f Founders) Index(member stele.Subject) (int, error) {
	for i, c := range f.Cards {
		if c.Subject == member {
			return i + 1, nil
		}
	}
	return 0, stele.E("gather cards", stele.KindInvalid, "this member's own card is not among the cards", nil).
		WithHint("give the card of every founder, this one's too")
}

func (f Founders) ceremony() threshold.Ceremony {
	n := len(f.Cards)
	return threshold.Ceremony{Chain: f.Chain, Epoch: 1, Threshold: threshold.ThresholdFor(n), Members: n}
}

// subshareContext binds an envelope to the network, the dealer and the receiver.
func (f Founders) subshareContext(dealer, receiver int) []byte {
	return fmt.Appendf(nil, "%s\x00%d\x00%d", f.Chain, dealer, receiver)
}

// Deal makes a founder's dealing: everything in it is public or sealed.
func (f Founders) Deal(member stele.Subject, node wire.Signer, now time.Time) (*wire.Signed, error) {
	dealer, err := f.Index(member)
	if err != nil {
		return nil, err
	}
	dealing, subshares, err := f.ceremony().Deal(dealer)
	if err != nil {
		return nil, err
	}
	d := &wire.FounderDealing{Chain: f.Chain, Dealer: uint32(dealer), Dealing: dealing.Bytes(), MadeMs: now.UnixMilli()}
	for i, s := range subshares {
		sealed, err := seal.SealTo(f.Cards[i].Founder.SealKey, seal.TagSubshare, f.subshareContext(dealer, i+1), s.Bytes())
		s.Erase()
		if err != nil {
			return nil, err
		}
		d.Subshares = append(d.Subshares, sealed)
	}
	return wire.Sign(wire.TagDealing, d, node), nil
}

// Founded is what a founder has at the end.
type Founded struct {
	Network *wire.Network    // the same bytes at every founder
	Share   *threshold.Share // the founder's own
}

// Found checks every founder's dealing and sums the member's own share. key
// opens what was sealed to it. What does not hold fails with KindProof or
// KindDenied and names its dealer; a missing or doubled dealing with
// KindInvalid.
func (f Founders) Found(member stele.Subject, key *seal.SealKey, dealings []*wire.Signed, now time.Time) (Founded, error) {
	const op = "found network"
	me, err := f.Index(member)
	if err != nil {
		return Founded{}, err
	}
	n := len(f.Cards)
	public, mine, at := make([]*threshold.Dealing, n), make([]*threshold.Subshare, n), int64(0)
	bodies := map[uint32]string{}
	for _, s := range dealings {
		d, err := f.readDealing(s)
		if err != nil {
			return Founded{}, err
		}
		from := f.Cards[d.Dealer-1].Name
		if body, dealt := bodies[d.Dealer]; dealt && body == string(s.Body) {
			continue // the same dealing in two files is one
		} else if dealt {
			return Founded{}, stele.E(op, stele.KindInvalid, "there are two different dealings of "+from, nil).
				WithHint("give the newest one of each founder, to all founders the same")
		}
		bodies[d.Dealer] = string(s.Body)
		if time.UnixMilli(d.MadeMs).After(now.Add(10 * time.Second)) {
			return Founded{}, stele.E(op, stele.KindInvalid, "the dealing of "+from+" comes from the future", nil).WithHint("set the clocks right (NTP)")
		}
		at = max(at, d.MadeMs)
		if public[d.Dealer-1], mine[d.Dealer-1], err = f.open(d, me, key); err != nil {
			return Founded{}, stele.E(op, stele.KindOf(err), "the dealing of "+from+" does not hold", err).WithHint(sendAgain)
		}
	}
	for i, d := range public {
		if d == nil {
			return Founded{}, stele.E(op, stele.KindInvalid, "the dealing of "+f.Cards[i].Name+" is missing", nil).
				WithHint("they make it with: stele member deal CARD..., and send it to all")
		}
	}
	committee, share, err := f.ceremony().Sum(me, public, mine)
	if err != nil {
		if bad, ok := errors.AsType[threshold.BadMember](err); ok && bad.Index >= 1 && bad.Index <= n {
			return Founded{}, stele.E(op, stele.KindOf(err), "the dealing of "+f.Cards[bad.Index-1].Name+" does not hold", err).WithHint(sendAgain)
		}
		return Founded{}, err
	}
	network, err := f.network(committee, at)
	return Founded{network, share}, err
}

// readDealing checks who dealt and for which network.
func (f Founders) readDealing(s *wire.Signed) (*wire.FounderDealing, error) {
	const op = "read dealing"
	d := new(wire.FounderDealing)
	keys, err := wire.Open(wire.TagDealing, s, d)
	switch {
	case err != nil:
		return nil, stele.E(op, stele.KindOf(err), "a dealing is not what its dealer signed", err).WithHint(sendAgain)
	case d.Chain != f.Chain:
		return nil, stele.E(op, stele.KindInvalid, "the dealing of "+f.dealer(keys)+" was made for other cards ("+d.Chain+", not "+f.Chain+")", nil).
			WithHint("every founder deals with the same cards, the newest of each; they deal anew with: stele member deal --again CARD...")
	case d.Dealer < 1 || int(d.Dealer) > len(f.Cards) || len(d.Subshares) != len(f.Cards):
		return nil, stele.E(op, stele.KindInvalid, "a dealing is of another shape", nil).WithHint(sendAgain)
	case len(keys) != 1 || keys[0] != wire.Key(f.Cards[d.Dealer-1].Founder.Member.Node):
		return nil, stele.E(op, stele.KindDenied, "a dealing is not signed by "+f.Cards[d.Dealer-1].Name, nil).WithHint(sendAgain)
	}
	return d, nil
}

// dealer is the name of the founder whose node signed a dealing.
func (f Founders) dealer(keys []stele.PublicKey) string {
	for _, c := range f.Cards {
		if slices.Contains(keys, wire.Key(c.Founder.Member.Node)) {
			return c.Name
		}
	}
	return "somebody whose card is not here"
}

// open reads the public part of a dealing and what in it is for me.
func (f Founders) open(d *wire.FounderDealing, me int, key *seal.SealKey) (*threshold.Dealing, *threshold.Subshare, error) {
	public, err := threshold.ParseDealing(d.Dealing)
	if err != nil {
		return nil, nil, err
	}
	if public.Dealer() != int(d.Dealer) {
		return nil, nil, stele.E("read dealing", stele.KindInvalid, "its dealer is another", nil)
	}
	raw, err := key.Open(seal.TagSubshare, f.subshareContext(int(d.Dealer), me), d.Subshares[me-1])
	if err != nil {
		return nil, nil, err
	}
	defer clear(raw)
	mine, err := threshold.ParseSubshare(raw)
	return public, mine, err
}

// network is the network file: genesis and signed addresses.
func (f Founders) network(committee stele.Committee, at int64) (*wire.Network, error) {
	g := &wire.Genesis{Chain: f.Chain, TimeMs: at, Committee: Committee(committee), Terms: new(wire.Terms)}
	n := &wire.Network{Chain: f.Chain}
	for i, c := range f.Cards {
		m, a := proto.CloneOf(c.Founder.Member), proto.CloneOf(c.Address)
		m.Share, m.SealKey, a.Signed = uint32(i+1), c.Founder.SealKey, c.Founder.Address
		m.Address = &wire.Address{Name: a.Name, Url: a.Url, Peer: a.Peer, Pin: a.Pin}
		g.Members, g.Issuers = append(g.Members, m), append(g.Issuers, c.Issuer)
		n.Members = append(n.Members, a)
	}
	var err error
	n.Genesis, err = Genesis(g)
	return n, err
}
