package account

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// conclude puts what was told into the line.
func (r *reckoning) conclude(ctx context.Context, line *Line, told []*telling) {
	for _, t := range told {
		t.Doubt = r.doubt(ctx, t, line)
	}
	slices.SortStableFunc(told, better)
	switch {
	case len(told) == 0:
	case line.Event != nil && !told[0].logged: // nobody tells what the log commits to
		line.Others = tellings(told)
	default:
		line.Telling, line.Others = told[0].Telling, tellings(told[1:])
	}
}

func tellings(list []*telling) (out []Telling) {
	for _, t := range list {
		out = append(out, t.Telling)
	}
	return out
}

// better orders tellings of one asking: what the log commits to, then those with a
// card that is good, then what more trustees say.
func better(a, b *telling) int {
	for _, is := range []func(*telling) bool{
		func(t *telling) bool { return t.logged },
		func(t *telling) bool { return t.Card != nil && t.Doubt == "" },
	} {
		switch {
		case is(a) && !is(b):
			return -1
		case is(b) && !is(a):
			return 1
		}
	}
	if n, m := len(a.Members()), len(b.Members()); n != m {
		return m - n
	}
	return bytes.Compare(a.raw, b.raw) // the same in each run
}

// doubt says why whoever a telling names may not be who asked. A trustee keeps what
// carries a good card only: one that no issuer of the network signed, the trustee
// has made up or let pass, and is named for it. A holder may have changed keys since.
func (r *reckoning) doubt(ctx context.Context, t *telling, line *Line) string {
	doubt := r.doubtful(ctx, t)
	for _, kept := range t.Details {
		if t.logged && r.herself(t) { // the log commits to it
			continue
		}
		if err := r.forgery(t, kept.Detail); err != nil {
			r.report.gap(kept.Member, err)
		}
	}
	switch {
	case doubt != "":
		return doubt
	case t.Card.ExpiresMs <= line.Time.UnixMilli():
		return "the card had expired"
	case line.Grant != nil && !line.Grant.To.IsZero() && string(t.Card.Subject) != string(line.Grant.To[:]) && string(t.Card.Organisation) != string(line.Grant.To[:]):
		return "the card is not of whom you gave this grant to"
	}
	return ""
}

// doubtful says why a telling's card is not to be believed, nothing where it is.
func (r *reckoning) doubtful(ctx context.Context, t *telling) string {
	if t.Card == nil {
		return "there is no card"
	}
	sum := sha256.Sum256(wire.Marshal(t.Detail.Card))
	doubt, checked := r.cards[sum]
	if checked {
		return doubt
	}
	patience, start := members.Lag, time.Now()
	if r.waited > wallet.CardsTimeout { // for cards that one member alone knows
		patience = 0
	}
	doubt = r.teller.doubtCard(ctx, t.Detail.Card, patience)
	r.waited += time.Since(start)
	if len(r.cards) >= maxHandy {
		clear(r.cards)
	}
	r.cards[sum] = doubt
	return doubt
}

// forgery says why no trustee can have kept an asking with such a card when it says
// that it did, as whoever checks an export finds, too; nil where it can.
func (r *reckoning) forgery(t *telling, kept *wire.Detail) error {
	ms := r.judge.AskedMS(kept)
	if t.Card == nil {
		_, err := r.judge.Asker(t.raw, ms)
		return err
	}
	then := r.teller.w.History().Around(ms)
	a := shownCard{card: sha256.Sum256(wire.Marshal(t.Detail.Card)), eras: len(then)}
	if len(then) > 0 {
		a.from = then[0].From
	}
	err, checked := r.forged[a]
	if !checked {
		if _, err = r.judge.Asker(t.raw, ms); len(r.forged) >= maxHandy {
			clear(r.forged)
		}
		r.forged[a] = err
	}
	return err
}

// herself reports whether a card is the one by which the owner of the log asks for her own chart.
func (r *reckoning) herself(t *telling) bool {
	me := r.teller.w.Subject()
	return t.Card != nil && t.Card.Name == "" && string(t.Card.Subject) == string(me[:])
}

// doubtCard says why a card is not to be believed, nothing where it is.
func (t *Teller) doubtCard(ctx context.Context, signed *wire.Signed, patience time.Duration) string {
	cards := t.w.Cards(ctx, patience)
	me, says := t.w.Subject(), new(wire.Card)
	if wire.Decode(signed.GetBody(), says) == nil && says.Name == "" && string(says.Subject) == string(me[:]) {
		mine, err := cards.Keys(me)
		if err == nil && cards.Self(signed, stele.Keys{Subject: me, Signing: mine}) == nil {
			return "the card is not signed by a key that is yours today"
		}
		return stele.TextOf(err)
	}
	card, err := cards.Read(signed)
	if err == nil {
		err = t.w.CheckName(card.Says)
	}
	if err != nil {
		return stele.TextOf(err)
	}
	switch err := cards.CheckSigners(card); {
	case err == nil:
		return ""
	case stele.KindOf(err) == stele.KindDenied:
		return stele.TextOf(err) + ", by the keys of today"
	case stele.KindOf(err) == stele.KindNotFound:
		return "who the card names is not on the ledger"
	}
	return "the card could not be checked now"
}
