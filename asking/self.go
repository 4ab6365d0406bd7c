package asking

import (
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// A patient may open her own chart through the trustees, by a logged access as any other: for
// folios that were sealed before she had the key that she has now. The ledger says who she is, by
// her current keys, so nobody needs to vouch for her card; it opens no chart but her own, under a
// grant that she gave herself.

// selfKind is the kind on such a card; it has no name.
const selfKind = "patient"

// SelfCard is the card by which somebody asks for their own chart.
func SelfCard(chain string, subject stele.Subject, until time.Time, signer wire.Signer) *wire.Signed {
	return wire.Sign(wire.TagCard, &wire.Card{Chain: chain, Subject: subject[:], Kind: selfKind, ExpiresMs: until.UnixMilli()}, signer)
}

// Self reports whether nobody vouched for a card but its holder.
func (c *Card) Self() bool { return c.Issuer == (stele.PublicKey{}) }

// Self reads the card of somebody who asks for their own chart: signed by a current key of theirs
// and by nobody else, and naming nobody and nothing but them. nil where it is none.
func (c Cards) Self(signed *wire.Signed, patient stele.Keys) *Card {
	card := &Card{Says: new(wire.Card), Holder: patient.Signing}
	var err error
	if card.signers, err = wire.Open(wire.TagCard, signed, card.Says); err != nil || len(signed.Body) > stele.MaxCard {
		return nil
	}
	says := card.Says
	switch {
	case len(card.signers) != 1 || !slices.Contains(patient.Signing, card.signers[0]),
		says.Chain != c.Chain, string(says.Subject) != string(patient.Subject[:]),
		says.Name != "" || says.Kind != selfKind || says.Role != "" || says.Facility != "" || len(says.Organisation) != 0:
		return nil
	}
	return card
}

// stillHerself reports whether who asks by a card of her own has the key still that she signed with.
func (r *Reading) stillHerself() bool {
	if !r.Card.Self() {
		return true
	}
	now, err := r.judge.Ledger.Subject(r.Subject)
	return err == nil && ShareOne(r.Signers, now.Signing)
}
