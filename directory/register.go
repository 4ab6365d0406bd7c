package directory

import (
	"bytes"
	"context"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/time/rate"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/wire"
)

// Register lists a card and adds one-time keys. The card is signed by a current
// key of its holder, by an issuer, and by the organisation that it names, if it
// names one; each key by the holder. A key that was
// registered before is passed over, so that registering again is safe. It fails
// with KindDenied for a signature that does not hold, with KindInvalid for what
// is malformed or bears a name that is not fit or another member's, with KindBusy when more than 1,000 keys would be unused or the issuer's cards
// take too much, and
// with KindExists when another card is listed that expires as late or later. The
// listed card registered once more stays as it is. Nothing is registered in part.
func (d *Directory) Register(_ context.Context, in *wire.RegisterRequest) (*wire.RegisterResponse, error) {
	const op = "register card"
	card, err := d.checkCard(in.GetCard())
	if err != nil {
		return nil, err
	}
	if len(in.Keys) > MaxKeys {
		return nil, stele.E(op, stele.KindInvalid, "too many one-time keys", nil)
	}
	for _, k := range in.Keys {
		if err := d.checkKey(k, card.Subject(), card.Holder); err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	signed := in.Card
	if old, ok := d.cards[card.Subject()]; ok && old.expires >= card.Says.ExpiresMs {
		if _, err := d.checkCard(old.signed); err == nil {
			if !bytes.Equal(old.signed.Body, signed.Body) {
				return nil, stele.E(op, stele.KindExists, "a card as new or newer is registered", nil).WithHint("register the card that expires last")
			}
			signed = old.signed // anybody may register a public card again, and changes nothing
		}
	}
	shown := listing(signed, card.Says, d.issuers())
	if room, err := d.affords(shown); err != nil {
		return nil, d.fault(op, err)
	} else if !room {
		return nil, stele.E(op, stele.KindBusy, "this directory has no more room for cards of this issuer", nil).
			WithHint("register at the issuer's own member; what expires makes room")
	}
	held, err := d.addKeys(op, signed, in.Keys, card.Subject())
	if err != nil {
		return nil, err
	}
	d.show(shown)
	return &wire.RegisterResponse{Keys: uint32(held)}, nil
}

// addKeys writes card and keys in one durable step and returns how many unused
// keys there are. Those of the last release, which name no directory, go: nobody is
// handed them any more, and their holder is to hear that new ones are needed.
func (d *Directory) addKeys(op string, card *wire.Signed, keys []*wire.Signed, subject stele.Subject) (int, error) {
	held, last := 0, uint64(0)
	b := d.db.NewBatch()
	defer b.Close()
	if err := d.scan(rowOf(rowKey, subject), func(key, value []byte) bool {
		last = number(key)
		if earlierKey(value) {
			b.Delete(key, nil)
		} else {
			held++
		}
		return true
	}); err != nil {
		return 0, d.fault(op, err)
	}
	b.Set(rowOf(rowCard, subject), wire.Marshal(card), nil)
	now := map[string]bool{}
	for _, k := range keys {
		seen := append(rowOf(rowSeen, subject), fingerprint(k)...)
		was, err := database.Get(d.db, seen)
		if err != nil {
			return 0, d.fault(op, err)
		}
		if was != nil || now[string(seen)] {
			continue
		}
		now[string(seen)] = true
		held, last = held+1, last+1
		b.Set(numbered(rowKey, subject, last), wire.Marshal(k), nil)
		b.Set(seen, nil, nil)
	}
	if held > MaxKeys {
		return 0, stele.E(op, stele.KindBusy, "a thousand unused one-time keys are enough", nil)
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return 0, d.fault(op, err)
	}
	return held, nil
}

// earlierKey reports whether a stored one-time key is of the last release.
func earlierKey(stored []byte) bool {
	signed, k := new(wire.Signed), new(wire.OneTimeKey)
	return wire.Decode(slices.Clone(stored), signed) == nil && wire.Decode(signed.Body, k) == nil && len(k.Directory) == 0
}

// fingerprint tells one-time keys apart by the key itself: the same one under
// another index must not go out twice.
func fingerprint(signed *wire.Signed) []byte {
	var k wire.OneTimeKey
	_ = wire.Decode(signed.Body, &k) // checked before
	hash := wire.Hash(wire.TagOneTimeKey, []byte{byte(k.Key.GetSuite())}, k.Key.GetKey())
	return hash[:16]
}

// checkCard checks a card as everybody does, and that it bears no other member's name.
func (d *Directory) checkCard(signed *wire.Signed) (*asking.Card, error) {
	const op = "check card"
	consortium, err := d.cfg.Ledger.Consortium()
	if err != nil {
		return nil, err
	}
	cards := asking.Cards{Chain: d.cfg.Chain, Issuers: consortium.Issuers, Keys: d.keys}
	card, err := cards.Check(signed)
	if err != nil {
		return nil, err
	}
	if card.Expired(d.cfg.Clock()) {
		return nil, stele.E(op, stele.KindInvalid, "the card has expired", nil)
	}
	if stele.TakenName(d.cfg.Names(), card.Says.Subject, card.Says.Name) {
		return nil, stele.E(op, stele.KindInvalid, "the name on the card is a member's, or looks like it", nil).
			WithHint("a member's name is its own; write the person's name as in their passport")
	}
	return card, nil
}

// keys returns a subject's current keys. A node that has just started knows the
// ledger a moment later.
func (d *Directory) keys(subject stele.Subject) ([]stele.PublicKey, error) {
	keys, err := d.cfg.Ledger.Subject(subject)
	if err != nil {
		return nil, stele.E("check card", stele.KindBusy, "this member's node does not know whom the card names yet", err).
			WithHint("try again in a few seconds; if it stays so, join first: stele wallet join")
	}
	return keys.Signing, nil
}

func (d *Directory) checkKey(signed *wire.Signed, subject stele.Subject, holder []stele.PublicKey) error {
	const op = "check one-time key"
	var k wire.OneTimeKey
	keys, err := wire.Open(wire.TagOneTimeKey, signed, &k)
	if err != nil {
		return err
	}
	if len(signed.Body) > maxKeyBody {
		return stele.E(op, stele.KindInvalid, "the one-time key is too large", nil)
	}
	if k.Chain != d.cfg.Chain || string(k.Subject) != string(subject[:]) {
		return stele.E(op, stele.KindInvalid, "the one-time key is another holder's or another network's", nil)
	}
	if string(k.Directory) != string(d.cfg.Member[:]) {
		// Else whoever was handed it at one directory could have it handed out again at
		// another, and two grants would show that they are one grantee's.
		return stele.E(op, stele.KindInvalid, "the one-time key is for another member's directory", nil)
	}
	if len(keys) != 1 || !asking.ShareOne(keys, holder) {
		return stele.E(op, stele.KindDenied, "the one-time key is not signed by its holder", nil)
	}
	return wire.ValidKey(k.Key)
}

// TakeKey hands out a holder's card and one of their one-time keys, which is
// gone from disk before the answer leaves. It fails with KindNotFound when
// there is no such card or no key is left, and with KindBusy when keys of this
// holder are taken too fast, by one address or by all.
func (d *Directory) TakeKey(ctx context.Context, in *wire.TakeKeyRequest) (*wire.TakeKeyResponse, error) {
	const op = "take one-time key"
	subject, err := stele.SubjectFrom(in.Subject)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	card, ok := d.cards[subject]
	now := d.cfg.Clock()
	if !ok || card.expires <= now.UnixMilli() {
		return nil, stele.E(op, stele.KindNotFound, "no such card", nil)
	}
	if caller := stele.CallerOf(ctx); caller != (stele.Caller{}) && !d.takes.Allow(now, 1, caller[:], subject[:]) {
		return nil, stele.E(op, stele.KindBusy, "this holder's keys are being taken too fast from this address", nil).WithHint("try again in a minute")
	}
	if d.pace[subject] == nil {
		d.pace[subject] = rate.NewLimiter(rate.Every(takeEvery), takeBurst)
	}
	if !d.pace[subject].AllowN(now, 1) {
		return nil, stele.E(op, stele.KindBusy, "this holder's keys are being taken too fast", nil).WithHint("try again in a minute")
	}
	for {
		place, key, err := d.firstKey(subject)
		if err != nil {
			return nil, d.fault(op, err)
		}
		if key == nil {
			return nil, stele.E(op, stele.KindNotFound, "the holder has no one-time key left", nil).
				WithHint("ask the holder to publish new ones")
		}
		if err := d.db.Delete(place, pebble.Sync); err != nil {
			return nil, d.fault(op, err)
		}
		// A key signed by a device that was since removed is of no use.
		if holder, err := d.cfg.Ledger.Subject(subject); err == nil && d.checkKey(key, subject, holder.Signing) == nil {
			return &wire.TakeKeyResponse{Card: card.signed, Key: key}, nil
		}
	}
}

func (d *Directory) firstKey(subject stele.Subject) (place []byte, key *wire.Signed, err error) {
	var broken error
	err = d.scan(rowOf(rowKey, subject), func(k, value []byte) bool {
		place, key = slices.Clone(k), new(wire.Signed)
		broken = wire.Decode(slices.Clone(value), key)
		return false
	})
	if err == nil {
		err = broken
	}
	return place, key, err
}
