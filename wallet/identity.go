package wallet

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// KeysAhead is how many unused one-time keys a wallet keeps at its member's
// directory.
const KeysAhead = 64

// Join creates the wallet's subject on the ledger. Joining twice is no error. When
// too few members answer, it fails with KindUnknown; the next Join finds out. The subject's
// emergency slot says nothing at first; salt and document are in the wallet before it is out.
func (s *Session) Join(ctx context.Context) (stele.Subject, error) {
	if err := s.giving.enter(ctx); err != nil {
		return s.Subject(), err
	}
	defer s.giving.leave()
	drawn := len(s.State().Emergency.Salt) == 0
	before := func(c *book.Change, state *State) error {
		if drawn {
			state.Emergency = newSlot(nil)
		}
		return dropSent(c, SentJoining, stele.ID{}, true) // it is done now, or stands
	}
	if err := s.change(before); err != nil {
		return s.Subject(), err
	}
	slot, err := s.State().Emergency.Commitment()
	if err != nil {
		return s.Subject(), err
	}
	_, err = s.handKept(ctx, "whether you have joined the network", &wire.Transaction{Message: &wire.Transaction_CreateSubject{
		CreateSubject: &wire.CreateSubject{KeyDocument: s.Keyring().KeyDocument(), Emergency: slot},
	}}, s.Keyring().Signer())
	if stele.KindOf(err) == stele.KindExists {
		err = nil
		if drawn { // somebody joined before, with another slot or none
			err = s.update(func(state *State) error { state.Emergency = Slot{}; return nil })
		}
	}
	if err == nil {
		err = s.bringAgain(ctx, slotWait)
	}
	return s.Subject(), err
}

// Profile is what a card says of its holder.
type Profile struct {
	Role         string        // code: doctor, nurse, pharmacist, ...
	Organisation stele.Subject // that the holder acts for
	Facility     string        // code of the kind of facility
	Until        time.Time
}

// RequestCard makes the owner's card, signed by the owner; an issuer signs it
// too (Countersign) before it is worth anything.
func (s *Session) RequestCard(p Profile) *wire.Signed {
	subject, holder := s.Subject(), credential.KeyOf(&s.Keyring().CredentialKey().PublicKey)
	card := &wire.Card{
		Chain: s.Consortium().Chain, Subject: subject[:], Name: s.Name(), Kind: string(s.Kind()), Role: p.Role,
		Facility: p.Facility, SealKey: s.Keyring().SealKey().Public(), ExpiresMs: p.Until.UnixMilli(), HolderKey: holder[:],
	}
	if !p.Organisation.IsZero() {
		card.Organisation = p.Organisation[:]
	}
	return wire.Sign(wire.TagCard, card, s.Keyring().Signer())
}

// Countersign adds this wallet's signature to another's card: the word of an
// issuer that the card tells the truth.
func (s *Session) Countersign(card *wire.Signed) error {
	if _, err := wire.Check(wire.TagCard, card); err != nil {
		return err
	}
	mine := wire.SignBytes(wire.TagCard, card.Body, s.Keyring().Signer())
	card.Signatures = append(card.Signatures, mine.Signatures...)
	return nil
}

// Publish registers the owner's card and fresh one-time keys at a member's
// directory, so that patients can find the owner and give grants.
func (s *Session) Publish(ctx context.Context, at members.Member, card *wire.Signed) error {
	subject := s.Subject()
	request := &wire.RegisterRequest{Card: card}
	var first uint32
	if err := s.update(func(state *State) error { // before they are out: no key is ever published twice
		first = state.Published
		state.Published += KeysAhead
		state.Card, state.Home = wire.Marshal(card), at.Subject
		return nil
	}); err != nil {
		return err
	}
	for index := first; index < first+KeysAhead; index++ {
		request.Keys = append(request.Keys, wire.Sign(wire.TagOneTimeKey, &wire.OneTimeKey{
			Chain: s.Consortium().Chain, Subject: subject[:], Index: index, Key: s.Keyring().OneTime(index).Public(), Directory: at.Subject[:],
		}, s.Keyring().Signer()))
	}
	// The member's node may not have heard of the owner's subject yet.
	var err error
	_ = members.Retry(ctx, 50*time.Millisecond, members.Lag, func() bool {
		_, err = at.Directory.Register(ctx, request)
		return stele.KindOf(err) == stele.KindBusy || stele.KindOf(err) == stele.KindDenied
	}) // whoever stops waiting has what the directory said
	return err
}

// Replenish publishes fresh one-time keys when fewer than half of KeysAhead are
// left: each grant takes one.
func (s *Session) Replenish(ctx context.Context) error {
	home := s.Member(s.State().Home)
	if len(s.State().Card) == 0 || home == nil {
		return nil
	}
	card, _, err := s.Card()
	if err != nil {
		return err
	}
	attempt, cancel := context.WithTimeout(ctx, members.Silence)
	defer cancel()
	left, err := home.Directory.Register(attempt, &wire.RegisterRequest{Card: card})
	if err != nil || left.Keys >= KeysAhead/2 {
		return nil // a directory that is down is asked next time
	}
	return s.Publish(ctx, *home, card)
}

// Card returns the owner's own card.
func (w *Wallet) Card() (*wire.Signed, *wire.Card, error) {
	mine := w.State().Card
	if len(mine) == 0 {
		return nil, nil, stele.E("read card", stele.KindUsage, "this wallet has no card: nobody has said who its owner is", nil).
			WithHint("who acts for somebody gets one with: stele wallet join --at MEMBER; a practitioner's wallet is made with: stele wallet new NAME --practitioner --at MEMBER")
	}
	signed, card := new(wire.Signed), new(wire.Card)
	if err := wire.Decode(mine, signed); err != nil {
		return nil, nil, err
	}
	return signed, card, wire.Decode(signed.Body, card)
}

// Contact is somebody with a checked card, and the member who keeps their post.
type Contact struct {
	Card   *wire.Card
	Signed *wire.Signed
	Member members.Member

	keys []stele.PublicKey // the holder's, on the ledger
}

// Subject returns whose card it is.
func (c Contact) Subject() stele.Subject { return stele.Subject(c.Card.Subject) }

// CheckCard checks a card: signed by a current key of its holder, by an issuer
// of the consortium, and by the organisation that it names, unexpired. It fails
// with KindDenied, and with KindInvalid for what is no card.
func (n *Net) CheckCard(ctx context.Context, signed *wire.Signed) (*wire.Card, error) {
	card, _, err := n.checkCard(ctx, signed, members.Lag)
	return card, err
}

// checkCard also returns the holder's keys. The other signatures on a card say
// nothing about its holder: anybody can add one.
func (n *Net) checkCard(ctx context.Context, signed *wire.Signed, patience time.Duration) (*wire.Card, []stele.PublicKey, error) {
	if err := n.Current(ctx); err != nil {
		return nil, nil, err
	}
	cards := n.Cards(ctx, patience)
	card, err := cards.Read(signed)
	if err != nil {
		return nil, nil, err
	}
	if err := n.CheckName(card.Says); err != nil {
		return nil, nil, err
	}
	if card.Expired(n.Clock()) {
		return nil, nil, stele.E("check card", stele.KindDenied, "the card has expired", nil)
	}
	err = cards.CheckSigners(card)
	return card.Says, card.Holder, err
}

// Cards checks cards by the keys that the network tells within patience.
func (n *Net) Cards(ctx context.Context, patience time.Duration) asking.Cards {
	cards := asking.Cards{Chain: n.Consortium().Chain, Keys: func(of stele.Subject) ([]stele.PublicKey, error) {
		return n.signingWithin(ctx, of, patience)
	}}
	for _, k := range n.Consortium().Issuers {
		cards.Issuers = append(cards.Issuers, wire.Key(k))
	}
	return cards
}

// CheckName checks that a card bears no member's name but its own.
func (n *Net) CheckName(card *wire.Card) error {
	if stele.TakenName(n.memberNames(), card.Subject, card.Name) {
		return stele.E("check card", stele.KindDenied, "the card bears the name of a member, and is not its", nil)
	}
	return nil
}

// SigningKeys returns a subject's current signature keys.
func (n *Net) SigningKeys(ctx context.Context, subject stele.Subject) ([]stele.PublicKey, error) {
	return n.signingWithin(ctx, subject, members.Lag)
}

func (n *Net) signingWithin(ctx context.Context, subject stele.Subject, patience time.Duration) ([]stele.PublicKey, error) {
	devices, err := n.keysWithin(ctx, subject, patience)
	return signing(devices), err
}

// signing are the signature keys of devices.
func signing(devices []*wire.Device) (keys []stele.PublicKey) {
	for _, d := range devices {
		keys = append(keys, wire.Key(d.Signing))
	}
	return keys
}

// Contacts lists everybody that a query may mean, each once, with checked cards
// only.
func (s *Session) Contacts(ctx context.Context, query string) ([]Contact, error) {
	found, _, err := s.Lookup(ctx, query)
	return found, err
}

// Lookup is Contacts, and says which members' directories did not answer: their
// people may be missing.
func (s *Session) Lookup(ctx context.Context, query string) (found []Contact, silent []string, err error) {
	if err := s.Current(ctx); err != nil {
		return nil, nil, err
	}
	wanted, notDID := stele.ParseSubject(query)
	byDID := notDID == nil          // then nobody else's card will do, whatever a directory answers
	seen := map[stele.Subject]int{} // place in found
	answers, last := s.findCards(ctx, query)
	for _, m := range s.Network.All() {
		if answers[m.Subject] == nil {
			silent = append(silent, m.Name)
		}
		listed := answers[m.Subject].GetCards()
		if byDID {
			listed = slices.DeleteFunc(slices.Clone(listed), func(c *wire.Signed) bool { return !names(c, wanted) })
		}
		for _, c := range s.checkCards(ctx, listed) {
			card, signed, keys := c.Card, c.Signed, c.keys
			subject := stele.Subject(card.Subject)
			if i, ok := seen[subject]; !ok {
				seen[subject] = len(found)
				found = append(found, Contact{card, signed, m, keys})
			} else if home := m.Subject; home == subject || string(home[:]) == string(card.Organisation) {
				found[i] = Contact{card, signed, m, keys} // a holder's own member keeps their post
			}
		}
	}
	switch {
	case len(answers) == 0:
		return nil, silent, stele.E("find", stele.KindUnreachable, "no member's directory answered", last).
			WithHint("try again; stele ledger status shows who is up")
	case len(found) == 0 && last != nil:
		// A card lies at its holder's own member: one that is silent may have it.
		return nil, silent, stele.E("find", stele.KindUnreachable, "nobody of that name has a card at the members that answered; "+strings.Join(silent, ", ")+" did not", last).
			WithHint("try again when they are up: stele ledger status")
	}
	return found, silent, nil
}

// names reports whether a card says that it is a subject's, before anything is checked.
func names(signed *wire.Signed, subject stele.Subject) bool {
	card := new(wire.Card)
	return wire.Decode(signed.GetBody(), card) == nil && string(card.Subject) == string(subject[:])
}

const (
	// cardsAtOnce is how many cards are checked at a time.
	cardsAtOnce = 16
	// CardsTimeout is how long those that one directory lists may take together.
	CardsTimeout = members.Silence + members.Lag
)

// checkCards checks cards that a directory lists and returns those that are good, in
// its order. All are asked about once; then those of which members say different
// things are waited for, together and no longer than for one.
func (s *Session) checkCards(ctx context.Context, listed []*wire.Signed) (good []Contact) {
	ctx, cancel := context.WithTimeout(ctx, CardsTimeout)
	defer cancel()
	found, again := make([]*Contact, len(listed)), make([]bool, len(listed))
	for _, patience := range []time.Duration{0, members.Lag} {
		work := new(errgroup.Group)
		if work.SetLimit(cardsAtOnce); patience > 0 {
			work.SetLimit(-1)
		}
		waited := 0
		for i, signed := range listed {
			if patience > 0 {
				if !again[i] || waited == cardsAtOnce {
					continue
				}
				waited++
			}
			work.Go(func() error {
				card, keys, err := s.checkCard(ctx, signed, patience)
				if err == nil {
					found[i] = &Contact{Card: card, Signed: signed, keys: keys}
				}
				again[i] = stele.KindOf(err) == stele.KindUnreachable
				return nil
			})
		}
		_ = work.Wait()
	}
	for _, c := range found {
		if c != nil {
			good = append(good, *c)
		}
	}
	return good
}

// findCards asks all members' directories at once. All are waited for: of two who
// bear one name, one must not be missing for an answer that came late.
func (s *Session) findCards(ctx context.Context, query string) (map[stele.Subject]*wire.FindCardsResponse, error) {
	answers := map[stele.Subject]*wire.FindCardsResponse{}
	var last error
	for r := range members.All(ctx, s.Network, func(ctx context.Context, m members.Member) (*wire.FindCardsResponse, error) {
		return m.Directory.FindCards(ctx, &wire.FindCardsRequest{Query: query})
	}) {
		if r.Err != nil {
			last = r.Err
		} else {
			answers[r.Member.Subject] = r.Answer
		}
	}
	return answers, last
}

// Enlist gives this wallet's owner a card that an issuer's wallet vouches for,
// and publishes it at the issuer's own member.
func (s *Session) Enlist(ctx context.Context, issuer *Session, p Profile) error {
	card := s.RequestCard(p)
	if issuer.Subject() != s.Subject() {
		if err := issuer.Countersign(card); err != nil {
			return err
		}
	}
	home := s.Member(issuer.Subject())
	if home == nil {
		return stele.E("publish card", stele.KindDenied, "the issuer is no member of the network", nil).
			WithHint("cards are published at the members: act with the wallet of one, as stele member init makes it")
	}
	return s.Publish(ctx, *home, card)
}
