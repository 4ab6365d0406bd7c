package wallet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// This file finds out who asked. Each trustee tells what it kept of an asking; one
// that lies tells of somebody else. What says the very same is put together, what
// differs stands beside it, and a card is believed as at an opening: for its
// signatures.

// askers gathers what trustees kept.
type askers struct {
	s        *Session
	report   *Report
	judge    *proof.Account
	lines    map[stele.ID]int // of the entries, by request
	order    []*asked
	attempts map[stele.ID]*asked
	cards    map[string]*known // checked once each
}

// asked is one asking with all that is told of it.
type asked struct {
	request  stele.ID
	time     time.Time
	tellings []*telling
}

// telling is a Telling in the making.
type telling struct {
	Telling
	raw    []byte // of the AccessDetail
	logged bool   // the log commits to it
}

// known is what is known of a card.
type known struct {
	doubt  string
	forged bool // no trustee can have believed it
}

// heardOf takes what a member's trustee kept of an asking.
func (a *askers) heardOf(m Member, d *wire.Detail) {
	told, err := a.judge.Detail(d)
	if errors.Is(err, proof.ErrAhead) {
		a.report.ahead(d.Receipt)
		return
	}
	if err == nil && len(d.ProtoReflect().GetUnknown()) > 0 {
		err = stele.E("check detail", stele.KindProof, "kept something that can't be read", nil)
	}
	if err == nil && string(d.Member) != string(m.Subject[:]) {
		err = stele.E("check detail", stele.KindProof, "handed out what another trustee kept", nil)
	}
	if err != nil {
		a.report.gap(m.Name, err)
		a.report.Wrong = append(a.report.Wrong, Kept{m.Name, d})
		return
	}
	request, _ := stele.IDFrom(d.Request) // an asking without a grant may have none
	at := a.attempts[request]
	if at == nil {
		at = &asked{request: request, time: time.UnixMilli(d.TimeMs).UTC()}
		a.attempts[request], a.order = at, append(a.order, at)
	}
	for _, t := range at.tellings {
		if bytes.Equal(t.raw, d.Detail) {
			t.Details = append(t.Details, Kept{m.Name, d})
			return
		}
	}
	t := &telling{raw: d.Detail, logged: told == proof.AsLogged}
	t.Details = []Kept{{m.Name, d}}
	detail, card := new(wire.AccessDetail), new(wire.Card)
	if wire.Decode(d.Detail, detail) == nil && detail.Card != nil && wire.Decode(detail.Card.GetBody(), card) == nil {
		t.Detail, t.Card = detail, card
	}
	at.tellings = append(at.tellings, t)
}

// conclude puts what was told into the lines: into those of the log, and a line of
// its own for each attempt that left the ledger silent.
func (a *askers) conclude(ctx context.Context) {
	for _, at := range a.order {
		if a.report.Ahead[at.request] {
			continue // who was refused by one and let in by others did not ask without a grant
		}
		line, i := &Line{Time: at.time}, -1
		if place, logged := a.lines[at.request]; logged {
			i, line = place, &a.report.Lines[place]
		}
		for _, t := range at.tellings {
			t.Doubt = a.doubt(ctx, t, line)
		}
		slices.SortStableFunc(at.tellings, better)
		if i >= 0 && !at.tellings[0].logged { // nobody tells what the log commits to
			line.Others = tellings(at.tellings)
			continue
		}
		line.Telling, line.Others = at.tellings[0].Telling, tellings(at.tellings[1:])
		if i < 0 {
			a.report.Lines = append(a.report.Lines, *line)
		}
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
func (a *askers) doubt(ctx context.Context, t *telling, line *Line) string {
	if t.Card == nil {
		for _, m := range t.Members() {
			a.report.say(m + ": kept an asking without a card, which no trustee does")
		}
		return "there is no card"
	}
	sum := sha256.Sum256(wire.Marshal(t.Detail.Card))
	k := a.cards[string(sum[:])]
	if k == nil {
		k = a.s.doubtCard(ctx, t.Detail.Card)
		a.cards[string(sum[:])] = k
	}
	if k.forged {
		for _, m := range t.Members() {
			a.report.say(m + ": kept an asking with a card that no trustee can have believed: " + k.doubt)
		}
	}
	switch {
	case k.doubt != "":
		return k.doubt
	case t.Card.ExpiresMs <= line.Time.UnixMilli():
		return "the card had expired"
	case line.Grant != nil && !line.Grant.To.IsZero() && string(t.Card.Subject) != string(line.Grant.To[:]) && string(t.Card.Organisation) != string(line.Grant.To[:]):
		return "the card is not of whom you gave this grant to"
	}
	return ""
}

func (s *Session) doubtCard(ctx context.Context, signed *wire.Signed) *known {
	card, keys, err := s.readCard(signed)
	if err != nil {
		return &known{sentence(err), true}
	}
	if err := s.checkWords(card); err != nil {
		return &known{sentence(err), false}
	}
	switch _, err := s.checkHolder(ctx, card, keys); {
	case err == nil:
		return &known{}
	case stele.KindOf(err) == stele.KindDenied:
		return &known{sentence(err) + ", by the keys of today", false}
	case stele.KindOf(err) == stele.KindNotFound:
		return &known{"who the card names is not on the ledger", false}
	}
	return &known{"the card could not be checked now", false}
}
