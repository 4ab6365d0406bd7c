package wallet

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// Who runs the network stands in the consortium's own log, which every member shows
// to everyone. The genesis is its first event; the wallet reads on from there as it
// reads its own log, under headers that it has followed, and keeps what comes of it.

// Followed is the consortium's log as far as a wallet has read it.
type Followed struct {
	Head   Head      `json:"head"`
	Events [][]byte  `json:"events,omitempty"` // that changed something, but the founding, as they stand in the log
	Asked  time.Time `json:"asked,omitzero"`   // as of when: an old log that somebody shows is no newer for it
}

// followEvery is how old what is known of the consortium may be before its log is
// asked for again. Changes are votes of members, days in the making.
const followEvery = time.Hour

// Consortium returns who runs the network, by the newest event that was followed.
func (n *Net) Consortium() *wire.Consortium { return n.History().Now() }

// History returns who ran the network when, as far as the wallet has followed it.
func (n *Net) History() proof.History {
	n.past.RLock()
	defer n.past.RUnlock()
	return n.history
}

// followedSince is the history that the wallet has kept since a genesis.
func (w *Wallet) followedSince(g proof.Genesis) (proof.History, error) {
	history := g.History()
	for _, raw := range w.State().Consortium.Events {
		e := new(wire.Event)
		if err := wire.Decode(raw, e); err != nil {
			return nil, stele.E("open wallet", stele.KindInvalid, "what the wallet knows of the consortium can't be read", err)
		}
		history = history.Apply(e)
	}
	return history, nil
}

// Follow reads on in the consortium's log, where that was not done within the hour. It
// fails with KindUnreachable when no member answers: what was known before still
// holds, as far as anybody can tell. It fails with KindProof when the log is not the
// one that was followed before.
func (n *Net) Follow(ctx context.Context) error {
	return n.follow(ctx, n.ofLate, 0)
}

// ofLate reports whether what is known of the consortium is of the last hour.
func (n *Net) ofLate(kept Followed) bool {
	age := n.Clock().Sub(kept.Asked)
	return 0 <= age && age < followEvery
}

// Current is Follow, before anything is judged, sealed or counted by who runs the network:
// whoever reads, delivers or looks somebody up need not remember it. Where no member
// answers, or what they show is old, what is known holds, and is not asked about for a
// minute. It fails with KindProof as Follow does.
func (n *Net) Current(ctx context.Context) error {
	if len(n.Consortium().GetSubject()) == 0 { // nothing is known of the network, as in tests
		return nil
	}
	if n.Clock().Sub(time.Unix(0, n.vain.Load())).Abs() < vainFor {
		return nil
	}
	err := n.Follow(ctx)
	switch {
	case stele.KindOf(err) == stele.KindProof || ctx.Err() != nil:
		return err
	case err != nil || !n.ofLate(n.w.State().Consortium):
		n.vain.Store(n.Clock().UnixNano())
	}
	return nil
}

// vainFor is how long nobody is asked again who did not answer, or had nothing new.
const vainFor = time.Minute

// FollowNow is Follow, whenever it was last done: something is about to be refused that may
// be newer than what is known.
func (n *Net) FollowNow(ctx context.Context) error {
	return n.follow(ctx, func(Followed) bool { return false }, 0)
}

// FollowTo is Follow up to a height at least, whenever it was last done: what was said
// there is about to be judged. It returns how far the wallet has followed; that is less
// where no member has come as far, or none answers.
func (n *Net) FollowTo(ctx context.Context, height int64) (int64, error) {
	err := n.follow(ctx, func(kept Followed) bool { return kept.Head.Height >= height }, height)
	if stele.KindOf(err) != stele.KindProof {
		err = ctx.Err()
	}
	return n.w.State().Consortium.Head.Height, err
}

// follow reads on unless what is kept will do.
func (n *Net) follow(ctx context.Context, willDo func(Followed) bool, height int64) error {
	if err := n.w.following.enter(ctx); err != nil {
		return err
	}
	defer n.w.following.leave()
	kept := n.w.State().Consortium
	if willDo(kept) {
		return nil
	}
	from := n.consortiumLog()
	page, err := from.newest(ctx, kept.Head, kept.Head, height)
	if errors.Is(err, errBehind) {
		return nil // nobody has come as far as this wallet
	}
	if err != nil {
		return err
	}
	history, log := n.History(), page.log
	for err == nil {
		for _, e := range log.Events {
			before := history.Now()
			if history = history.Apply(e.Event); history.Now() != before {
				kept.Events = append(slices.Clip(kept.Events), e.Raw)
			}
		}
		if log.Whole() {
			if kept.Asked = n.Clock(); log.Header.Time.Before(kept.Asked) {
				kept.Asked = log.Header.Time
			}
			break
		}
		log, err = from.next(ctx, log)
	}
	kept.Head = headOf(log)
	if saved := n.followed(history, kept); err == nil { // what came before an error holds
		err = saved
	}
	return err
}

// followed keeps how far the consortium's log was read, and what it tells.
func (n *Net) followed(history proof.History, now Followed) error {
	if err := n.w.update(func(state *State) error { state.Consortium = now; return nil }); err != nil {
		return err
	}
	if !proto.Equal(history.Now(), n.Consortium()) {
		if err := n.Network.Follow(history.Now()); err != nil {
			return err
		}
	}
	n.past.Lock()
	defer n.past.Unlock()
	n.history = history
	return nil
}

// ConsortiumLog reads the consortium's whole log, to hand it on with a proof of its head
// at a height at least. It fails with KindUnreachable when no member has come as far.
func (n *Net) ConsortiumLog(ctx context.Context, height int64) (*wire.LogProof, []proof.Event, error) {
	from := n.consortiumLog()
	page, err := from.newest(ctx, n.w.State().Consortium.Head, Head{}, height)
	if err != nil {
		return nil, nil, err
	}
	if page.log.Head.Height < height {
		return nil, nil, stele.E("check log", stele.KindUnreachable, "no member shows the consortium's log as of now", nil).WithHint("try again in a moment")
	}
	events := page.log.Events
	for log := page.log; !log.Whole(); events = append(events, log.Events...) {
		if log, err = from.next(ctx, log); err != nil {
			return nil, nil, err
		}
	}
	return &wire.LogProof{Head: page.proof.Head, Light: page.proof.Light}, events, nil
}

// consortiumLog is the consortium's own, which is for everyone.
func (n *Net) consortiumLog() logFrom {
	subject, _ := stele.SubjectFrom(n.Consortium().GetSubject())
	return logFrom{n, subject, func(ctx context.Context, m members.Member, since, until uint64) (*wire.LogProof, error) {
		return m.Ledger.Consortium(ctx, since, until)
	}, &pace{began: time.Now()}}
}

// Committee returns the committee of today, as far as the consortium was followed.
func (n *Net) Committee() stele.Committee {
	return n.Consortium().Committee.Held()
}
