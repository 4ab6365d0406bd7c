package wallet_test

import (
	"context"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// bendAll is a session in which every member's node and directory are others.
func bendAll(w *town.Town, s *client.Session, change func(*members.Member)) *client.Session {
	for _, name := range w.Names {
		s = town.Bend(s, name, change)
	}
	return s
}

// TestR46AnotherRevocationIsNotThisOne: while it is not known what became of one, none is
// made; once it is, each is answered by its own.
func TestR46AnotherRevocationIsNotThisOne(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
		a, b := w.Gives(p, d, stele.Allergies), w.Gives(p, d, stele.Medications)
		_, err := w.Deaf(p, true).Revoke(t.Context(), a.Grant)
		w.Wants(err, stele.KindUnknown, "a revocation that nobody answered")
		_, err = w.Deaf(p, true).Revoke(t.Context(), b.Grant)
		w.Wants(err, stele.KindUnknown, "another, while that is unknown")
		if len(p.SentNow()) != 1 {
			t.Errorf("%d were sent while it was not known what became of the first", len(p.SentNow()))
		}
		outcome, err := p.Revoke(t.Context(), b.Grant)
		w.Must(err)
		e := new(wire.Event)
		if err := wire.Decode(outcome.Event, e); err != nil || string(e.GetGrantRevoked().GetGrant()) != string(b.Grant[:]) || len(p.SentNow()) != 0 {
			t.Errorf("the answer is %v, of another grant: %v", e, err)
		}
		if again, err := p.Revoke(t.Context(), a.Grant); err != nil || again.Seq >= outcome.Seq {
			t.Errorf("the first was taken back as %d, and the second as %d: %v", again.Seq, outcome.Seq, err)
		}
	})
}

// refuses is a node that takes what it is given and says that it is no transaction, as it
// says of one that has expired by block time.
type refuses struct {
	members.Ledger
	takes bool
}

func (l refuses) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	if l.takes {
		_, _ = l.Ledger.Submit(ctx, tx)
	}
	return stele.Outcome{}, stele.E("submit transaction", stele.KindInvalid, "it has expired", nil)
}

// TestR46WhatIsSaidToBeInvalidMayHaveHappened: the first copy of it. Only the log tells.
func TestR46WhatIsSaidToBeInvalidMayHaveHappened(t *testing.T) {
	for _, taken := range []bool{true, false} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
			_, _, err := w.Deaf(p, taken).Give(t.Context(), w.ContactOf(p, d), town.Terms(stele.Allergies))
			w.Wants(err, stele.KindUnknown, "a grant that nobody answered")
			settled, err := bendAll(w, p, func(m *members.Member) { m.Ledger = refuses{m.Ledger, false} }).Delivery.Settle(t.Context())
			if taken && (err != nil || len(settled) != 1 || !settled[0].Happened || len(p.GivenNow()) != 1) {
				t.Errorf("it stands in the log: %+v, %v", settled, err)
			}
			if !taken {
				if w.Wants(err, stele.KindUnknown, "it may still be on its way"); len(settled) > 0 || len(p.SentNow()) != 1 || len(p.GivenNow()) != 1 {
					t.Errorf("it is taken for settled: %+v; %d kept, %d given", settled, len(p.SentNow()), len(p.GivenNow()))
				}
			}
		})
	}
}

// TestR46AJoiningMayStillComeAfterItsTime: members' clocks and block time are not this
// wallet's, so for a while after its end nobody calls it off.
func TestR46AJoiningMayStillComeAfterItsTime(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		s := w.Session(w.NewFile("Elena", wallet.Patient))
		w.Closes = append(w.Closes, s.Close)
		_, err := w.Deaf(s, false).Join(t.Context())
		w.Wants(err, stele.KindUnknown, "a joining that nobody answered")
		for _, c := range []struct {
			wait    time.Duration
			settled int
		}{{wallet.ValidFor + wallet.LogGrace/2, 0}, {wallet.LogGrace, 1}} {
			time.Sleep(c.wait)
			settled, err := s.Delivery.Settle(t.Context())
			if w.Must(err); len(settled) != c.settled || len(s.SentNow()) != 1-c.settled || c.settled == 1 && settled[0].Happened {
				t.Errorf("after %v: settled %+v, %d kept", c.wait, settled, len(s.SentNow()))
			}
		}
	})
}

// TestR46AGrantToAnotherIsNotTheOneThatWasSent, although it says the same.
func TestR46AGrantToAnotherIsNotTheOneThatWasSent(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d, other := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview"), w.NewDoctor("Dr Quist", "Lakeview")
		_, _, err := w.Deaf(p, true).Give(t.Context(), w.ContactOf(p, d), town.Terms(stele.Allergies))
		w.Wants(err, stele.KindUnknown, "a grant that nobody answered")
		given, _, err := p.Give(t.Context(), w.ContactOf(p, other), town.Terms(stele.Allergies))
		if w.Must(err); given.To != other.Subject() || w.GrantsOf(p) != 2 {
			t.Errorf("given to %s; %d grants on the log", given.ToName, w.GrantsOf(p))
		}
	})
}

// countsPost is a directory that counts what is delivered there.
type countsPost struct {
	members.Directory
	n *int
}

func (c countsPost) Deliver(ctx context.Context, in *wire.DeliverRequest) (*wire.DeliverResponse, error) {
	*c.n++
	return c.Directory.Deliver(ctx, in)
}

// TestAGrantThatIsOverIsNotDelivered: what waited for its grantee until it ended.
func TestAGrantThatIsOverIsNotDelivered(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
		to := w.ContactOf(p, d)
		to.Member.Directory = town.FullBox{Directory: to.Member.Directory}
		full := town.Bend(p, "Lakeview", func(m *members.Member) { m.Directory = town.FullBox{Directory: m.Directory} })
		terms := town.Terms(stele.Allergies)
		terms.End = time.Now().Add(10 * time.Minute)
		_, _, err := full.Give(t.Context(), to, terms)
		w.Wants(err, stele.KindBusy, "a box that is full")
		sent := 0
		counted := bendAll(w, p, func(m *members.Member) { m.Directory = countsPost{m.Directory, &sent} })
		time.Sleep(11 * time.Minute)
		if _, err := counted.Collect(t.Context()); err != nil || sent != 0 {
			t.Errorf("%d grants that are over were delivered: %v", sent, err)
		}
	})
}

// oneAtATime is a node that takes a second for a transaction, and sees which are on their
// way at one time.
type oneAtATime struct {
	members.Ledger
	*inFlight
}

type inFlight struct {
	mu   sync.Mutex
	now  map[string]context.Context // of whoever still waits for an answer to a transaction
	most int
}

func (l oneAtATime) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	if ctx.Err() != nil { // others have answered
		return stele.Outcome{}, ctx.Err()
	}
	l.mu.Lock()
	maps.DeleteFunc(l.now, func(_ string, waits context.Context) bool { return waits.Err() != nil })
	l.now[string(tx)] = ctx
	l.most = max(l.most, len(l.now))
	l.mu.Unlock()
	select {
	case <-ctx.Done(): // others have answered
		return stele.Outcome{}, ctx.Err()
	case <-time.After(time.Second):
	}
	l.mu.Lock()
	delete(l.now, string(tx))
	l.mu.Unlock()
	return l.Ledger.Submit(ctx, tx)
}

// TestGivingTakingBackAndSettlingGoOneAfterAnother, whoever asks for it: one that finds
// out what became of a transaction does not do so beside one that sends it.
func TestGivingTakingBackAndSettlingGoOneAfterAnother(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, d := w.Orgs["Northside"], w.NewDoctor("Dr Okafor", "Lakeview")
		to, given := w.ContactOf(h, d), w.Gives(h, d, stele.Medications)
		_, _, err := w.Deaf(h, false).Give(t.Context(), to, town.Terms(stele.Results))
		w.Wants(err, stele.KindUnknown, "a grant that nobody answered")
		seen := &inFlight{now: map[string]context.Context{}}
		slow := bendAll(w, h, func(m *members.Member) { m.Ledger = oneAtATime{m.Ledger, seen} })
		before := w.GrantsOf(h)
		var all sync.WaitGroup
		for what, f := range map[string]func() error{
			"settle": func() error { _, err := slow.Delivery.Settle(t.Context()); return err },
			"give":   func() error { _, _, err := slow.Give(t.Context(), to, town.Terms(stele.Allergies)); return err },
			"revoke": func() error { _, err := slow.Revoke(t.Context(), given.Grant); return err },
			"one's own, first": func() error {
				_, err := slow.WriteGrantFor(t.Context(), h.Subject())
				return err
			},
			"one's own, then": func() error {
				_, err := slow.WriteGrantFor(t.Context(), h.Subject())
				return err
			},
		} {
			all.Go(func() {
				if err := f(); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			})
		}
		all.Wait()
		if seen.most != 1 {
			t.Errorf("%d transactions were on their way at one time", seen.most)
		}
		if n := w.GrantsOf(h) - before; n != 3 { // the one that nobody answered, the new one, and one to itself
			t.Errorf("%d grants were given", n)
		}
	})
}
