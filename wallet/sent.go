package wallet

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wire"
)

// A transaction that was sent may be on the ledger although nobody answered. It is
// kept, sealed with the rest of what the wallet knows, until it is known what became
// of it: the same bytes are handed in again while they are good, which happens once
// whatever happened before; afterwards the owner's own complete log says whether it
// is there, and if it is not, it never will be. (Deliveries have notes of their own,
// pending.go: many are on their way at once.)

// SentKind says what a transaction was for.
type SentKind string

// What is kept until it is known.
const (
	SentGrant      SentKind = "grant"
	SentRevocation SentKind = "revocation"
)

// Sent is a transaction whose outcome is not known.
type Sent struct {
	Kind    SentKind  `json:"kind"`
	Object  stele.ID  `json:"object"` // the grant
	Raw     []byte    `json:"raw"`    // bytes of the wire.Signed
	Expires time.Time `json:"expires"`
}

// Settled is a transaction of which it is known now.
type Settled struct {
	Sent
	Happened bool
	Outcome  stele.Outcome // when it happened
}

func (s *Session) sent(kind SentKind, object stele.ID) *Sent {
	i := slices.IndexFunc(s.State.Sent, func(o Sent) bool { return o.Kind == kind && o.Object == object })
	if i < 0 {
		return nil
	}
	return &s.State.Sent[i]
}

// handKept hands in a transaction and keeps it, from before it goes out, for as long
// as its outcome is unknown. what is asked about it: "whether the grant holds".
func (s *Session) handKept(ctx context.Context, kind SentKind, object stele.ID, what string, message *wire.Transaction, signer wire.Signer) (stele.Outcome, error) {
	raw := s.sign(message, signer)
	s.State.Sent = append(s.State.Sent, Sent{kind, object, raw, time.UnixMilli(message.ExpiresMs).UTC()})
	if err := s.Save(); err != nil {
		return stele.Outcome{}, err
	}
	outcome, err := s.hand(ctx, raw)
	if stele.KindOf(err) == stele.KindUnknown {
		return outcome, stele.E(string(kind), stele.KindUnknown, "it is not known "+what+": it was sent, and too few members answer", err).
			WithHint("when they are up again, stele wallet log tells; or repeat the command: it does not happen twice")
	}
	s.drop(kind, object, err == nil)
	s.keepWritten()
	if failed := s.Save(); err == nil {
		err = failed
	}
	return outcome, err
}

// drop forgets a transaction of which it is known what became; a grant that was not
// given with it.
func (s *Session) drop(kind SentKind, object stele.ID, happened bool) {
	s.State.Sent = slices.DeleteFunc(s.State.Sent, func(o Sent) bool { return o.Kind == kind && o.Object == object })
	if kind == SentGrant && !happened {
		s.State.Given = slices.DeleteFunc(s.State.Given, func(g Given) bool { return g.Grant == object })
	}
}

// Settle finds out what became of transactions whose outcome was unknown, and
// returns those of which it is known now. What stays unknown stays kept. It fails
// with KindUnknown when some do.
func (s *Session) Settle(ctx context.Context) (settled []Settled, err error) {
	var open error
	for _, t := range slices.Clone(s.State.Sent) {
		done, err := s.settleSent(ctx, t)
		if err != nil {
			open = stele.E("find out", stele.KindUnknown, "it is still not known what became of a "+string(t.Kind)+" that was sent before", err).
				WithHint("nothing was done now; try again when more members are up: stele ledger status")
			continue
		}
		s.drop(t.Kind, t.Object, done.Happened)
		settled = append(settled, done)
	}
	if len(settled) > 0 {
		s.keepWritten()
		if err := s.Save(); err != nil {
			return settled, err
		}
	}
	return settled, open
}

func (s *Session) settleSent(ctx context.Context, t Sent) (Settled, error) {
	if s.Clock().Before(t.Expires) {
		outcome, err := s.hand(ctx, t.Raw)
		if err == nil {
			return Settled{t, true, outcome}, nil
		}
		switch kind := stele.KindOf(err); {
		case transient(err):
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
	id, subject := wire.TransactionID(signed), s.Subject()
	for e, err := range account.Events() {
		if err != nil {
			return Settled{}, err
		}
		if bytes.Equal(e.Event.Tx, id[:]) {
			return Settled{t, true, stele.Outcome{Subject: subject, Height: e.Event.Height, Seq: e.Seq, Time: time.UnixMilli(e.Event.TimeMs).UTC(), Event: e.Raw}}, nil
		}
	}
	if !account.Header.Time.After(t.Expires) {
		return Settled{}, stele.E("find out", stele.KindUnknown, "the log does not reach to where it is certain", nil)
	}
	return Settled{Sent: t}, nil
}

// givenBefore finds out about grants that were sent before, and returns the one of
// them that holds and is the same as is to be given now, or nil.
func (s *Session) givenBefore(ctx context.Context, to Contact, t Terms) (*Given, stele.Outcome, error) {
	if len(s.State.Sent) == 0 {
		return nil, stele.Outcome{}, nil
	}
	settled, err := s.Settle(ctx)
	if err != nil {
		return nil, stele.Outcome{}, err
	}
	for _, done := range settled {
		g := s.given(done.Object[:])
		if done.Kind == SentGrant && done.Happened && g != nil && s.same(*g, to, t) {
			return g, done.Outcome, nil
		}
	}
	return nil, stele.Outcome{}, nil
}

// alike is how far the ends of two grants may be apart that are one, asked for twice:
// "for 24 hours" begins anew each time.
const alike = 2 * validFor

// same reports whether a grant is to the same for the same.
func (s *Session) same(g Given, to Contact, t Terms) bool {
	had, err := consent.Parse(g.Document)
	if err != nil || g.To != to.Subject() {
		return false
	}
	now := consent.Grant{
		Action: t.Action, Purposes: t.Purposes, Categories: t.Categories, Sensitivity: t.Sensitivity, From: t.From, To: t.To,
		Sources: t.Sources, MaxUses: t.MaxUses, Unclassified: t.Unclassified,
	}.Normal()
	was := consent.Grant{
		Action: had.Action, Purposes: had.Purposes, Categories: had.Categories, Sensitivity: had.Sensitivity, From: had.From, To: had.To,
		Sources: had.Sources, MaxUses: had.MaxUses, Unclassified: had.Unclassified,
	}.Normal()
	return reflect.DeepEqual(now, was) && t.End.Sub(had.End).Abs() <= alike
}

func orNone(g *Given) Given {
	if g == nil {
		return Given{}
	}
	return *g
}
