package wallet

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// deafLedger takes what it is given, or not, and answers nobody.
type deafLedger struct {
	Ledger
	takes bool
}

func (l deafLedger) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	if l.takes {
		_, _ = l.Ledger.Submit(ctx, tx)
	}
	return stele.Outcome{}, stele.E("submit", stele.KindUnreachable, "the line is cut", nil)
}

// deaf returns a session to which no member answers what became of a transaction;
// takes says whether they take it.
func (w *town) deaf(s *Session, takes bool) *Session {
	for _, name := range w.names {
		s = bend(s, name, func(m *Member) { m.Ledger = deafLedger{m.Ledger, takes} })
	}
	return s
}

// TestR46AGrantThatNobodyAnsweredIsUnknown and is neither called given nor not given;
// a retry finds the first one, whether it holds or not, and never gives two.
func TestR46AGrantThatNobodyAnsweredIsUnknown(t *testing.T) {
	for _, taken := range []bool{true, false} {
		inTown(t, func(t *testing.T, w *town) {
			p, d := w.newPatient("Elena"), w.newDoctor("Dr Okafor", "Lakeview")
			to, terms := w.contactOf(p, d), terms(stele.Allergies)
			_, _, err := w.deaf(p, taken).Give(t.Context(), to, terms)
			w.wants(err, stele.KindUnknown, "a grant that nobody answered")
			if len(p.State.Sent) != 1 || len(p.State.Given) != 1 {
				t.Fatalf("kept %d, given %d", len(p.State.Sent), len(p.State.Given))
			}
			first := p.State.Given[0].Grant
			// Nobody knows yet: no second one is given, and it is not delivered.
			_, _, err = w.deaf(p, false).Give(t.Context(), to, terms)
			w.wants(err, stele.KindUnknown, "the same while nobody answers")
			if _, err := w.deaf(p, false).Collect(t.Context()); err != nil {
				t.Error(err)
			}
			if n, err := d.Collect(t.Context()); err != nil || n != 0 {
				t.Errorf("a grant of which nothing is known was delivered: %d, %v", n, err)
			}
			// A process that ends forgets nothing.
			p.State = State{}
			w.must(p.load())
			time.Sleep(time.Minute)
			terms.End = terms.End.Add(time.Minute) // "for 24 hours", said again
			given, outcome, err := p.Give(t.Context(), to, terms)
			w.must(err)
			if given.Grant != first || outcome.Height == 0 || len(p.State.Sent) != 0 || len(p.State.Given) != 1 {
				t.Errorf("taken %v: the retry gave %v, not %v; %d kept, %d given", taken, given.Grant, first, len(p.State.Sent), len(p.State.Given))
			}
			if on := w.grantsOf(p); on != 1 {
				t.Errorf("taken %v: %d grants are on the log", taken, on)
			}
			if n, err := d.Collect(t.Context()); err != nil || n != 1 {
				t.Errorf("%d grants arrived: %v", n, err)
			}
			// What is not the same is another grant.
			other := terms
			other.Categories = []stele.Category{stele.Medications}
			if given, _, err := p.Give(t.Context(), to, other); err != nil || given.Grant == first {
				t.Errorf("another grant: %v, %v", given.Grant, err)
			}
		})
	}
}

func (w *town) grantsOf(p *Session) (n int) {
	account, err := p.Log(w.t.Context())
	w.must(err)
	for e, err := range account.Events() {
		w.must(err)
		if e.Event.GetGrantGiven() != nil {
			n++
		}
	}
	return n
}

// TestR46WhatHasExpiredIsProvedByTheLog: after a transaction's time the complete log
// says whether it happened: then it did, or it never will.
func TestR46WhatHasExpiredIsProvedByTheLog(t *testing.T) {
	for _, taken := range []bool{true, false} {
		inTown(t, func(t *testing.T, w *town) {
			p, d := w.newPatient("Elena"), w.newDoctor("Dr Okafor", "Lakeview")
			to := w.contactOf(p, d)
			_, _, err := w.deaf(p, taken).Give(t.Context(), to, terms(stele.Allergies))
			w.wants(err, stele.KindUnknown, "a grant that nobody answered")
			time.Sleep(validFor + time.Minute)
			settled, err := p.Settle(t.Context())
			w.must(err)
			if len(settled) != 1 || settled[0].Happened != taken || len(p.State.Sent) != 0 || len(p.State.Given) != map[bool]int{true: 1, false: 0}[taken] {
				t.Errorf("taken %v: settled %+v, %d kept, %d given", taken, settled, len(p.State.Sent), len(p.State.Given))
			}
			if on := w.grantsOf(p); on != map[bool]int{true: 1, false: 0}[taken] {
				t.Errorf("taken %v: %d grants on the log", taken, on)
			}
			if taken && settled[0].Outcome.Height == 0 {
				t.Error("it happened, and nobody says where")
			}
		})
	}
	inTown(t, func(t *testing.T, w *town) { // a log that ends before it is certain proves nothing
		p, d := w.newPatient("Elena"), w.newDoctor("Dr Okafor", "Lakeview")
		_, _, err := w.deaf(p, false).Give(t.Context(), w.contactOf(p, d), terms(stele.Allergies))
		w.wants(err, stele.KindUnknown, "a grant that nobody answered")
		now := p.Clock
		time.Sleep(validFor / 2)
		p.Clock = func() time.Time { return now().Add(validFor/2 + time.Minute) } // fast: the members' clocks are not so far
		_, err = p.Settle(t.Context())
		w.wants(err, stele.KindUnknown, "a log that is older than the transaction's end")
		if len(p.State.Sent) != 1 {
			t.Error("what is not certain was forgotten")
		}
	})
}

// TestR46ARevocationThatNobodyAnsweredIsUnknown, and holds when it says so.
func TestR46ARevocationThatNobodyAnsweredIsUnknown(t *testing.T) {
	for _, taken := range []bool{true, false} {
		inTown(t, func(t *testing.T, w *town) {
			p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
			w.delivers("Northside", p, note("a1", stele.Allergies, "2020-01-02"))
			given := w.gives(p, d, stele.Allergies)
			_, err := w.deaf(p, taken).Revoke(t.Context(), given.Grant)
			w.wants(err, stele.KindUnknown, "a revocation that nobody answered")
			outcome, err := p.Revoke(t.Context(), given.Grant)
			if err != nil || outcome.Height == 0 || len(p.State.Sent) != 0 || len(p.State.Given) != 2 {
				t.Errorf("taken %v: again: %v, %v; %d kept, %d given", taken, outcome, err, len(p.State.Sent), len(p.State.Given))
			}
			_, err = d.OpenChart(t.Context(), p.Subject(), followUp)
			w.wants(err, stele.KindDenied, "a grant that was taken back")
		})
	}
}

// TestR46AnOpeningThatNobodyAnsweredIsUnknown: nothing was opened; whether it stands
// in the patient's log is not known. It is not sent again, which would open anew.
func TestR46AnOpeningThatNobodyAnsweredIsUnknown(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.delivers("Northside", p, note("a1", stele.Allergies, "2020-01-02"))
		w.gives(p, d, stele.Allergies)
		_, err := w.deaf(d, true).OpenChart(t.Context(), p.Subject(), followUp)
		w.wants(err, stele.KindUnknown, "an opening that nobody answered")
		if len(d.State.Sent) != 0 {
			t.Error("an opening is kept to be sent again")
		}
		report := w.alike("unknown", p)
		line := report.Lines[len(report.Lines)-1]
		if line.Event.GetAccessPermitted() == nil || line.Released != 0 || len(report.Gaps) > 0 {
			t.Errorf("her log says %+v, gaps %q", line, report.Gaps)
		}
	})
}

// TestR44OneGranteeWhoCannotBeReachedStopsNoOther: what waits for one is not what the
// next one's grant fails by.
func TestR44OneGranteeWhoCannotBeReachedStopsNoOther(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p := w.newPatient("Elena")
		d, other := w.newDoctor("Dr Okafor", "Lakeview"), w.newDoctor("Dr Quist", "Northside")
		full := bend(p, "Lakeview", func(m *Member) { m.Directory = fullBox{m.Directory} })
		c := w.contactOf(p, d)
		c.Member.Directory = fullBox{c.Member.Directory}
		_, _, err := full.Give(t.Context(), c, terms(stele.Allergies))
		w.wants(err, stele.KindBusy, "a box that is full")
		if _, _, err := full.Give(t.Context(), w.contactOf(p, other), terms(stele.Allergies)); err != nil {
			t.Errorf("a grant to another: %v", err)
		}
		if n, err := other.Collect(t.Context()); err != nil || n != 1 {
			t.Errorf("it did not arrive: %d, %v", n, err)
		}
		if _, err := p.Collect(t.Context()); err != nil { // the box has room again
			t.Error(err)
		}
		if n, err := d.Collect(t.Context()); err != nil || n != 1 {
			t.Errorf("what waited did not arrive: %d, %v", n, err)
		}
	})
}

// TestR46AnotherGrantIsNotTheOneThatWasSent: what differs in anything is given, and
// the one that was sent before holds beside it.
func TestR46AnotherGrantIsNotTheOneThatWasSent(t *testing.T) {
	for what, change := range map[string]func(*Terms){
		"other categories": func(t *Terms) { t.Categories = []stele.Category{stele.Medications} },
		"once only":        func(t *Terms) { t.MaxUses = 1 },
		"another purpose":  func(t *Terms) { t.Purposes = []stele.Purpose{stele.Payment} },
		"longer":           func(t *Terms) { t.End = t.End.Add(24 * time.Hour) },
		"also sensitive":   func(t *Terms) { t.Sensitivity = []stele.Sensitivity{stele.PSY} },
	} {
		inTown(t, func(t *testing.T, w *town) {
			p, d := w.newPatient("Elena"), w.newDoctor("Dr Okafor", "Lakeview")
			to, terms := w.contactOf(p, d), terms(stele.Allergies)
			_, _, err := w.deaf(p, true).Give(t.Context(), to, terms)
			w.wants(err, stele.KindUnknown, "a grant that nobody answered")
			change(&terms)
			given, _, err := p.Give(t.Context(), to, terms)
			w.must(err)
			if given.Grant == p.State.Given[0].Grant || w.grantsOf(p) != 2 || len(p.State.Given) != 2 {
				t.Errorf("%s: %d grants on the log, %d given", what, w.grantsOf(p), len(p.State.Given))
			}
		})
	}
}
