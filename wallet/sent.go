package wallet

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// A transaction that was sent may be on the ledger although nobody answered. It is
// kept, sealed with the rest of what the wallet knows, until it is known what became
// of it. One that is the owner's own is handed in again while it is good, the same
// bytes, which happens once whatever happened before; afterwards the owner's complete
// log says whether it is there, and if it is not, it never will be. An opening, which
// would open anew, is asked for only. Deliveries have notes of their own (package
// delivery): many are on their way at once.

// SentKind says what a transaction was for.
type SentKind string

// What is kept until it is known, by the name that wire.Asks gives it.
const (
	SentGrant      SentKind = "grant"
	SentRevocation SentKind = "revocation"
	SentJoining    SentKind = "joining"        // of the network; it has no object
	SentSlot       SentKind = "emergency slot" // what the owner says of emergencies; it has no object
	SentOpening    SentKind = "opening"        // of somebody's chart; its object is the request
	SentDelivery   SentKind = "delivery"       // in notes; its object is the submission
)

// Sent is a transaction whose outcome is not known.
type Sent struct {
	Kind    SentKind  `json:"kind"`
	Object  stele.ID  `json:"object"` // the grant, if not said otherwise
	Raw     []byte    `json:"raw"`    // bytes of the wire.Signed
	Expires time.Time `json:"expires"`
}

// Settled is a transaction of which it is known now.
type Settled struct {
	Sent
	Happened bool
	Outcome  stele.Outcome // when it happened
}

// handKept hands in a transaction and keeps it, from before it goes out, for as long
// as its outcome is unknown. what is asked about it: "whether the grant holds". also is
// kept with it.
func (s *Session) handKept(ctx context.Context, what string, message *wire.Transaction, signer wire.Signer, also ...func(*book.Change) error) (stele.Outcome, error) {
	return s.handSigned(ctx, what, message, s.SignTransaction(message, signer), also...)
}

// handSigned is handKept of a transaction that is signed.
func (s *Session) handSigned(ctx context.Context, what string, message *wire.Transaction, raw []byte, also ...func(*book.Change) error) (stele.Outcome, error) {
	asks := message.Asks()
	kind := SentKind(asks.Name)
	object, _ := stele.IDFrom(asks.Object) // zero where it has none
	if err := s.learned.Change(func(c *book.Change) error {
		err := sentRows.Add(c, Sent{kind, object, raw, time.UnixMilli(message.ExpiresMs).UTC()})
		for _, f := range also {
			err = errors.Join(err, f(c))
		}
		return err
	}); err != nil {
		return stele.Outcome{}, err
	}
	outcome, err := s.SubmitSigned(ctx, raw)
	if stele.KindOf(err) == stele.KindUnknown {
		return outcome, stele.E(string(kind), stele.KindUnknown, "it is not known "+what+": it was sent, and too few members answer", err).
			WithHint("when they are up again, stele wallet log tells; or repeat the command: it does not happen twice")
	}
	if failed := s.change(func(c *book.Change, state *State) error {
		state.Wrote = s.written()
		settledSlot(state, kind, err == nil)
		return dropSent(c, kind, object, err == nil)
	}); err == nil {
		err = failed
	}
	return outcome, err
}

// KeepUnknown keeps a transaction whose outcome turned out to be unknown. Many may
// be on their way at once.
func (s *Session) KeepUnknown(t Sent) error {
	return s.learned.Change(func(c *book.Change) error { return sentRows.Add(c, t) })
}

// dropSent forgets a transaction of which it is known what became; a grant that was not
// given with it. One that is held and was given back is over.
func dropSent(c *book.Change, kind SentKind, object stele.ID, happened bool) error {
	err := sentRows.RemoveWhere(c, func(o Sent) bool { return o.Kind == kind && o.Object == object })
	if err != nil || kind != SentGrant && kind != SentRevocation || (kind == SentGrant) == happened {
		return err
	}
	given, err := book.Rows(givenRows.Find(c, givenByGrant, string(object[:])))
	switch {
	case err != nil:
		return err
	case kind == SentGrant:
		return givenRows.RemoveSome(c, given, func(Given) bool { return true })
	case len(given) > 0:
		return nil
	}
	return markReturned(c, object)
}

// SettleSent finds out what became of transactions whose outcome was unknown, but of
// deliveries, and returns those of which it is known now. What stays unknown stays kept. It fails
// with KindUnknown when that is a grant or a revocation, which would be done twice.
func (s *Session) SettleSent(ctx context.Context) (settled []Settled, err error) {
	if err := s.giving.enter(ctx); err != nil {
		return nil, err
	}
	defer s.giving.leave()
	settled, err = s.settleAll(ctx)
	if failed := s.bringAgain(ctx, slotAgain); err == nil {
		err = failed
	}
	return settled, err
}

func (s *Session) settleAll(ctx context.Context) (settled []Settled, err error) {
	sent, err := book.Values(sentRows.All(s.learned))
	if err != nil {
		return nil, err
	}
	var open error
	for _, t := range sent {
		done, err := s.settleSent(ctx, t)
		switch {
		case err != nil && t.Kind != SentGrant && t.Kind != SentRevocation:
			continue
		case err != nil:
			open = stele.E("find out", stele.KindUnknown, "it is still not known what became of a "+string(t.Kind)+" that was sent before", err).
				WithHint("nothing was done now; try again when more members are up: stele ledger status")
			continue
		}
		settled = append(settled, done)
	}
	if len(settled) > 0 {
		if err := s.change(func(c *book.Change, state *State) error {
			state.Wrote = s.written()
			for _, done := range settled {
				settledSlot(state, done.Kind, done.Happened)
				if err := dropSent(c, done.Kind, done.Object, done.Happened); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return settled, err
		}
	}
	return settled, open
}

// Unanswered lists the transactions whose outcome is not known.
func (w *Wallet) Unanswered() ([]Sent, error) { return book.Values(sentRows.All(w.learned)) }

func (s *Session) settleSent(ctx context.Context, t Sent) (Settled, error) {
	switch t.Kind {
	case SentJoining:
		return s.settleJoining(ctx, t)
	case SentOpening:
		return s.settleOpening(ctx, t)
	}
	given, known, err := s.GivenGrant(t.Object[:])
	if err != nil {
		return Settled{}, err
	}
	if known && !given.For.IsZero() {
		asked, err := given.onLedger()
		if err != nil {
			return Settled{}, err
		}
		return s.settleAbout(ctx, t, asked, false)
	}
	held, holds, err := s.HeldGrant(t.Object)
	if err != nil {
		return Settled{}, err
	}
	if holds && !known && held.Subject != s.Subject() { // given back
		return s.settleAbout(ctx, t, s.AsGiven(held), true)
	}
	if s.Clock().Before(t.Expires) {
		outcome, err := s.SubmitSigned(ctx, t.Raw)
		if err == nil {
			return Settled{t, true, outcome}, nil
		}
		switch kind := stele.KindOf(err); {
		case members.Transient(err):
			return Settled{}, err
		case kind == stele.KindDenied || kind == stele.KindExists:
			// What the ledger has taken it answers as it did first, and this it will
			// never take.
			return Settled{Sent: t}, nil
		}
		// It has expired by block time, or there are too many just now: the first
		// copy may still be on its way.
	}
	signed := new(wire.Signed)
	if err := wire.Decode(t.Raw, signed); err != nil {
		return Settled{}, err
	}
	account, err := s.Log(ctx)
	if err != nil {
		return Settled{}, err
	}
	id := wire.TransactionID(signed)
	for e, err := range account.Events() {
		if err != nil {
			return Settled{}, err
		}
		if bytes.Equal(e.Event.Tx, id[:]) {
			return Settled{t, true, s.outcomeOf(e)}, nil
		}
	}
	if !account.Header.Time.After(t.Expires) {
		return Settled{}, stele.E("find out", stele.KindUnknown, "the log does not reach to where it is certain", nil)
	}
	return Settled{Sent: t}, nil
}

// settleJoining joins again while the transaction is good, and asks who knows the
// subject once it is not.
func (s *Session) settleJoining(ctx context.Context, t Sent) (Settled, error) {
	if s.Clock().Before(t.Expires) {
		switch outcome, err := s.SubmitSigned(ctx, t.Raw); {
		case err == nil:
			return Settled{t, true, outcome}, nil
		case members.Transient(err):
			return Settled{}, err
		}
	}
	switch _, err := s.Keys(ctx, s.Subject()); {
	case err == nil:
		return Settled{Sent: t, Happened: true}, nil
	case stele.KindOf(err) != stele.KindNotFound || !s.Clock().After(t.Expires.Add(LogGrace)):
		return Settled{}, err
	}
	return Settled{Sent: t}, nil
}

// settleOpening finds out whether an opening stands in its patient's log, which its
// reader can't read: a request is for one opening, so the ledger refuses another one
// under it; this one, which names nothing else, it refuses in any case.
func (s *Session) settleOpening(ctx context.Context, t Sent) (Settled, error) {
	signed, sent := new(wire.Signed), new(wire.Transaction)
	if err := errors.Join(wire.Decode(t.Raw, signed), wire.Decode(signed.GetBody(), sent)); err != nil {
		return Settled{}, err
	}
	asks := sent.Asks()
	signer, err := s.opener(asks.Owner)
	if err != nil {
		return Settled{}, err
	}
	probe := &wire.OpenAccess{Request: asks.Object, Grant: asks.Owner}
	_, err = s.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: probe}}, signer)
	switch kind := stele.KindOf(err); {
	case err == nil || kind == stele.KindExists:
		return Settled{Sent: t, Happened: true}, nil
	case kind != stele.KindInvalid && kind != stele.KindDenied:
		return Settled{}, err
	}
	return s.settleLapsed(ctx, t)
}

// settleLapsed settles what has not happened: it never will once the ledger is past where it could have, which
// the own log tells by its time.
func (s *Session) settleLapsed(ctx context.Context, t Sent) (Settled, error) {
	account, err := s.Log(ctx)
	if err != nil {
		return Settled{}, err
	}
	if !account.Header.Time.After(t.Expires) {
		return Settled{}, stele.E("find out", stele.KindUnknown, "it may still happen", nil)
	}
	return Settled{Sent: t}, nil
}

// opener is the key of a grant or an activation that the owner holds.
func (s *Session) opener(grant []byte) (wire.Signer, error) {
	id, _ := stele.IDFrom(grant) // of another length none is
	held, known, err := s.HeldGrant(id)
	if err != nil {
		return nil, err
	}
	if known {
		return s.Keyring().OneTime(held.KeyIndex), nil
	}
	activations, err := s.Activations()
	if slices.ContainsFunc(activations, func(a Activation) bool { return a.ID == id }) {
		return s.ActivationKey(id), nil
	}
	if err != nil {
		return nil, err
	}
	return nil, stele.E("find out", stele.KindUnknown, "the grant is not known any more", nil)
}

// givenBefore finds out about grants that were sent before, and returns the one that
// holds, of which nobody ever heard that it does, and which is the same as is to be
// given now; or nil. Whoever asks for it again means that one, also when another
// command has found out meanwhile.
func (s *Session) givenBefore(ctx context.Context, to Contact, t Terms) (*Given, stele.Outcome, error) {
	if _, err := s.settleAll(ctx); err != nil {
		return nil, stele.Outcome{}, err
	}
	unheard, err := book.Values(givenRows.Find(s.learned, givenByUnheard, stillOpen))
	if err != nil {
		return nil, stele.Outcome{}, err
	}
	for _, g := range unheard {
		if !g.For.IsZero() || !s.same(g, to, t) {
			continue
		}
		outcome, stands, err := s.standing(ctx, g.Grant)
		if err != nil {
			return nil, stele.Outcome{}, err
		}
		if g.Unanswered = false; stands {
			return &g, outcome, s.heard(nil, &g)
		}
	}
	return nil, stele.Outcome{}, nil
}

// standing looks up in the own log where a grant was given, and whether it was neither
// taken back nor has ended since.
func (s *Session) standing(ctx context.Context, grant stele.ID) (given stele.Outcome, stands bool, err error) {
	account, err := s.Log(ctx)
	if err != nil {
		return given, false, err
	}
	for e, err := range account.Events() {
		if err != nil {
			return given, false, err
		}
		about := e.Event.About()
		if about.Place == wire.PlaceMerge && len(about.Commitment) > 0 && !about.Merged {
			stands = false // parted: what was given meanwhile is over
		}
		if about.Place != wire.PlaceGrant || string(about.Grant) != string(grant[:]) {
			continue
		}
		if stands = about.Status == stele.GrantActive; stands {
			given = s.outcomeOf(e)
		}
	}
	return given, stands, nil
}

// outcomeOf is what the ledger answered to the transaction of an event of the own log.
func (s *Session) outcomeOf(e proof.Event) stele.Outcome {
	return stele.Outcome{Subject: s.Subject(), Height: e.Event.Height, Seq: e.Seq, Time: time.UnixMilli(e.Event.TimeMs).UTC(), Event: e.Raw}
}

// alike is how far the ends of two grants may be apart that are one, asked for twice.
const alike = 2 * validFor

// same reports whether a grant is to the same for the same: until the same moment, or
// for as long, which begins anew each time; and more than half of what is asked for is
// left of it. What begins later is not what begins at once.
func (s *Session) same(g Given, to Contact, t Terms) bool {
	had, err := consent.Parse(g.Document)
	if err != nil || g.To != to.Subject() {
		return false
	}
	now, was := t.grant(), had
	was.ID, was.Patient, was.Actor, was.Grantee, was.Signed = now.ID, now.Patient, now.Actor, now.Grantee, now.Signed
	was.NotBefore, was.End = now.NotBefore, now.End // judged below: they begin anew
	if !reflect.DeepEqual(now.Normal(), was.Normal()) {
		return false
	}
	atOnce := !had.NotBefore.After(g.Made) && !t.NotBefore.After(s.Clock())
	if !atOnce && t.NotBefore.Sub(had.NotBefore).Abs() > alike {
		return false
	}
	lasts, left, asked := had.End.Sub(g.Made), had.End.Sub(s.Clock()), t.End.Sub(s.Clock())
	return left > asked/2 && ((asked-left).Abs() <= alike || (asked-lasts).Abs() <= alike)
}

func orNone(g *Given) Given {
	if g == nil {
		return Given{}
	}
	return *g
}
