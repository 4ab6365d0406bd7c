package asking

import (
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Cards checks cards: the papers by which a practitioner or an organisation says
// who it is.
type Cards struct {
	Chain   string
	Issuers []stele.PublicKey // who may vouch for people: the network's members

	// Keys returns the signature keys that a subject has now.
	Keys func(stele.Subject) ([]stele.PublicKey, error)
}

// Card is a card that was read.
type Card struct {
	Says   *wire.Card
	Issuer stele.PublicKey   // the first issuer who signed it
	Holder []stele.PublicKey // the holder's keys, once they were looked up

	signers []stele.PublicKey
}

// Subject returns whose card it is.
func (c *Card) Subject() stele.Subject { return stele.Subject(c.Says.Subject) }

// Organisation returns for whom its holder acts, zero for nobody.
func (c *Card) Organisation() stele.Subject {
	organisation, _ := stele.SubjectFrom(c.Says.Organisation)
	return organisation
}

// Expired reports whether the card is no good any more.
func (c *Card) Expired(now time.Time) bool { return !time.UnixMilli(c.Says.ExpiresMs).After(now) }

// Read checks of a card what is true for ever: form and size, the network, its
// words, and that an issuer signed it. It fails with KindInvalid or KindDenied.
func (c Cards) Read(signed *wire.Signed) (*Card, error) {
	const op = "check card"
	card := &Card{Says: new(wire.Card)}
	var err error
	if card.signers, err = wire.Open(wire.TagCard, signed, card.Says); err != nil {
		return nil, err
	}
	says := card.Says
	if _, err := stele.SubjectFrom(says.Subject); err != nil {
		return nil, err
	}
	if _, err := stele.SubjectFrom(says.Organisation); err != nil && len(says.Organisation) > 0 {
		return nil, err
	}
	if len(signed.Body) > stele.MaxCard {
		return nil, stele.E(op, stele.KindInvalid, "the card is too large", nil)
	}
	if says.Chain != c.Chain {
		return nil, stele.E(op, stele.KindInvalid, "the card is of another network", nil)
	}
	if err := stele.CheckCard(says.Name, says.Kind, says.Role, says.Facility); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(card.signers, func(k stele.PublicKey) bool { return slices.Contains(c.Issuers, k) })
	if i < 0 {
		return nil, stele.E(op, stele.KindDenied, "the card is not signed by an issuer of the network", nil).
			WithHint("have the card countersigned by an organisation of the consortium")
	}
	card.Issuer = card.signers[i]
	return card, nil
}

// Check reads a card and checks that its holder and the organisation that it names
// signed it, with keys that they have now: an issuer speaks for its own people, not
// for another member's. Whether the card has expired is for the caller to ask. It
// fails with KindInvalid, KindDenied, and with what Keys fails with.
func (c Cards) Check(signed *wire.Signed) (*Card, error) {
	card, err := c.Read(signed)
	if err != nil {
		return nil, err
	}
	return card, c.CheckSigners(card)
}

// CheckSigners is the second half of Check.
func (c Cards) CheckSigners(card *Card) (err error) {
	const op = "check card"
	if card.Holder, err = c.Keys(card.Subject()); err != nil {
		return err
	}
	if !ShareOne(card.signers, card.Holder) {
		return stele.E(op, stele.KindDenied, "the card is not signed by its holder", nil)
	}
	if len(card.Says.Organisation) == 0 {
		return nil
	}
	keys, err := c.Keys(card.Organisation())
	if err != nil {
		return err
	}
	if !ShareOne(card.signers, keys) {
		return stele.E(op, stele.KindDenied, "the card is not signed by the organisation that it names", nil)
	}
	return nil
}

// ShareOne reports whether two lists have a key in common.
func ShareOne(a, b []stele.PublicKey) bool {
	return slices.ContainsFunc(a, func(k stele.PublicKey) bool { return slices.Contains(b, k) })
}
