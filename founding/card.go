package founding

import (
	"fmt"
	"regexp"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/identity"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Card is a founder's card, checked.
type Card struct {
	Subject stele.Subject
	Name    string
	Founder *wire.Founder
	Address *wire.MemberAddress
	Issuer  *wire.PublicKey // the organisation's own key
	body    []byte
}

// Power is every member's number of votes. Nobody has more: who held a third could
// stop all blocks alone.
const Power = 10

// fitNetwork is what a network may be called; the chain id begins with it.
var fitNetwork = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}[a-z0-9]$`)

// CheckNetwork fails with KindUsage for what can't be a network's name.
func CheckNetwork(name string) error {
	if !fitNetwork.MatchString(name) {
		return stele.E("found network", stele.KindUsage, "a network's name has 2 to 32 small letters, digits and dashes", nil).
			WithHint("every founder gives the same one, for example: rhine-valley")
	}
	return nil
}

// NewCard signs a founder's card with its node's key and with its own.
func NewCard(f *wire.Founder, node, organisation wire.Signer) *wire.Signed {
	return wire.Sign(wire.TagFounder, f, node, organisation)
}

// ReadCard checks a founder's card: the signatures, and that every part is there
// and usable. It fails with KindInvalid or KindDenied.
func ReadCard(s *wire.Signed) (Card, error) {
	c := Card{Founder: new(wire.Founder), body: s.GetBody()}
	keys, err := wire.Open(wire.TagFounder, s, c.Founder)
	if err != nil {
		return c, stele.E("read member card", stele.KindOf(err), "a member card is not what its signers signed", err)
	}
	if err := c.check(keys); err != nil {
		kind := stele.KindInvalid
		if stele.KindOf(err) == stele.KindDenied {
			kind = stele.KindDenied
		}
		return c, stele.E("read member card", kind, "a member card is not usable: "+stele.TextOf(err), err).WithHint(stele.HintOf(err))
	}
	return c, nil
}

func (c *Card) check(signed []stele.PublicKey) error {
	bad := func(text string) error { return stele.E("", stele.KindInvalid, text, nil) }
	m := c.Founder.Member
	if err := CheckNetwork(c.Founder.Network); err != nil {
		return err
	}
	if !wire.Known(c.Founder) {
		return bad("it holds fields that this version does not know")
	}
	// What the ledger would refuse is refused here, where its author can be named:
	// after the ceremony no node would start.
	document, err := identity.ParseDocument(m.GetKeyDocument())
	if err != nil {
		return err
	}
	c.Subject, c.Issuer = stele.SubjectOf(m.KeyDocument), document.Devices[0].Signing
	for _, key := range []*wire.PublicKey{m.Node, m.Trustee, c.Issuer} {
		if err := wire.ValidKey(key); err != nil {
			return err
		}
	}
	if len(signed) != 2 || signed[0] != wire.Key(m.Node) || signed[1] != wire.Key(c.Issuer) {
		return bad("it is not signed by its node and its organisation")
	}
	if m.Share != 0 || m.Address != nil || wire.Opaque(m.Validator, 32, "a validator's key") != nil {
		return bad("share, address or validator key are wrong") // the address stands beside it, signed
	}
	if m.Power != Power {
		return stele.E("", stele.KindDenied, fmt.Sprintf("it asks for a vote of %d, and each member has %d", m.Power, Power), nil).
			WithHint("nobody founds a network with such a card; ask its sender why")
	}
	if err := stele.CheckMemberKind(m.Kind); err != nil {
		return err
	}
	if _, err := seal.NewRecipient(c.Founder.SealKey); err != nil {
		return err
	}
	if c.Address, err = netfile.ReadAddress(c.Founder.Address, m.Node); err != nil {
		return err
	}
	c.Name = c.Address.Name
	if string(c.Address.Subject) != string(c.Subject[:]) || c.Address.Kind != m.Kind {
		return bad("the address is another member's")
	}
	return nil
}
