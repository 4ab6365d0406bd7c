package wallet

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// TestR46AGrantThatNobodyAnsweredIsUnknown and is neither called given nor not given;
// a retry finds the first one, whether it holds or not, and never gives two.
func TestR46AGrantThatNobodyAnsweredIsUnknown(t *testing.T) {
	for _, taken := range []bool{true, false} {
		inTown(t, func(t *testing.T, w *town) {
			p, d := w.newPatient("Elena"), w.newDoctor("Dr Okafor", "Lakeview")
			to, terms := w.contactOf(p, d), terms(stele.Allergies)
			_, _, err := w.deaf(p, taken).Give(t.Context(), to, terms)
			w.wants(err, stele.KindUnknown, "a grant that nobody answered")
			if len(p.SentNow()) != 1 || len(p.GivenNow()) != 1 {
				t.Fatalf("kept %d, given %d", len(p.SentNow()), len(p.GivenNow()))
			}
			first := p.GivenNow()[0].Grant
			// Nobody knows yet: no second one is given, and it is not delivered.
			_, _, err = w.deaf(p, false).Give(t.Context(), to, terms)
			w.wants(err, stele.KindUnknown, "the same while nobody answers")
			if _, err := w.deaf(p, false).Collect(t.Context()); err != nil {
				t.Error(err)
			}
			if fresh, err := d.Collect(t.Context()); err != nil || len(fresh) != 0 {
				t.Errorf("a grant of which nothing is known was delivered: %d, %v", len(fresh), err)
			}
			// A process that ends forgets nothing.
			w.must(p.Reopen())
			time.Sleep(time.Minute)
			terms.End = terms.End.Add(time.Minute) // "for 24 hours", said again
			given, outcome, err := p.Give(t.Context(), to, terms)
			w.must(err)
			if given.Grant != first || outcome.Height == 0 || len(p.SentNow()) != 0 || len(p.GivenNow()) != 1 {
				t.Errorf("taken %v: the retry gave %v, not %v; %d kept, %d given", taken, given.Grant, first, len(p.SentNow()), len(p.GivenNow()))
			}
			if on := w.grantsOf(p); on != 1 {
				t.Errorf("taken %v: %d grants are on the log", taken, on)
			}
			if fresh, err := d.Collect(t.Context()); err != nil || len(fresh) != 1 {
				t.Errorf("%d grants arrived: %v", len(fresh), err)
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
			if len(settled) != 1 || settled[0].Happened != taken || len(p.SentNow()) != 0 || len(p.GivenNow()) != map[bool]int{true: 1, false: 0}[taken] {
				t.Errorf("taken %v: settled %+v, %d kept, %d given", taken, settled, len(p.SentNow()), len(p.GivenNow()))
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
		if len(p.SentNow()) != 1 {
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
			if err != nil || outcome.Height == 0 || len(p.SentNow()) != 0 || len(p.GivenNow()) != 2 {
				t.Errorf("taken %v: again: %v, %v; %d kept, %d given", taken, outcome, err, len(p.SentNow()), len(p.GivenNow()))
			}
			_, err = d.OpenChart(t.Context(), p.Subject(), followUp)
			w.wants(err, stele.KindDenied, "a grant that was taken back")
		})
	}
}

// TestR46AnOpeningThatNobodyAnsweredIsUnknown: nothing was opened; whether it stands
// in the patient's log is not known, and found out without opening anything anew.
func TestR46AnOpeningThatNobodyAnsweredIsUnknown(t *testing.T) {
	for _, taken := range []bool{true, false} {
		inTown(t, func(t *testing.T, w *town) {
			p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
			w.delivers("Northside", p, note("a1", stele.Allergies, "2020-01-02"))
			w.gives(p, d, stele.Allergies)
			_, err := w.deaf(d, taken).OpenChart(t.Context(), p.Subject(), followUp)
			w.wants(err, stele.KindUnknown, "an opening that nobody answered")
			w.must(d.Reopen()) // kept for the next session
			if len(d.SentNow()) != 1 || d.SentNow()[0].Kind != SentOpening {
				t.Fatalf("kept: %+v", d.SentNow())
			}
			openings := func() (n int) {
				for _, line := range w.alike("unknown", p).Lines {
					if line.Event.GetAccessPermitted() != nil {
						if n++; line.Released != 0 {
							t.Errorf("%d released", line.Released)
						}
					}
				}
				return n
			}
			want := map[bool]int{true: 1, false: 0}[taken]
			// While it may still happen it is not said that it did not; nothing else waits.
			settled, err := d.Settle(t.Context())
			if err != nil || len(settled) != want || len(d.SentNow()) != 1-want || !d.Unsettled() != taken {
				t.Errorf("taken %v: settled %+v, %v; %d kept", taken, settled, err, len(d.SentNow()))
			}
			time.Sleep(validFor + time.Minute)
			late, err := d.Settle(t.Context())
			w.must(err)
			if settled = append(settled, late...); len(settled) != 1 || settled[0].Happened != taken || d.Unsettled() {
				t.Errorf("taken %v: settled %+v, %d kept", taken, settled, len(d.SentNow()))
			}
			if n := openings(); n != want {
				t.Errorf("taken %v: %d openings stand in the log", taken, n)
			}
		})
	}
}

// TestR46AJoiningThatNobodyAnsweredIsUnknown: the next one finds out, and so does any
// other command; one that never arrived is called that when its time is over.
func TestR46AJoiningThatNobodyAnsweredIsUnknown(t *testing.T) {
	for _, taken := range []bool{true, false} {
		for _, late := range []bool{true, false} {
			inTown(t, func(t *testing.T, w *town) {
				s := w.session(w.newFile("Elena", Patient))
				w.closes = append(w.closes, s.Close)
				_, err := w.deaf(s, taken).Join(t.Context())
				w.wants(err, stele.KindUnknown, "a joining that nobody answered")
				_, err = w.deaf(s, false).Join(t.Context())
				w.wants(err, stele.KindUnknown, "another")
				w.must(s.Reopen())
				if len(s.SentNow()) != 1 {
					t.Fatalf("%d kept", len(s.SentNow()))
				}
				if late {
					time.Sleep(validFor + 2*time.Minute)
				}
				settled, err := s.Settle(t.Context())
				w.must(err)
				if happened := taken || !late; len(settled) != 1 || settled[0].Kind != SentJoining || settled[0].Happened != happened || s.Unsettled() {
					t.Errorf("taken %v, late %v: settled %+v", taken, late, settled)
				}
				if _, err := s.Join(t.Context()); err != nil {
					t.Errorf("joining again: %v", err)
				}
				if account, err := s.Log(t.Context()); err != nil || account.Size != 1 {
					t.Errorf("taken %v, late %v: %v", taken, late, err)
				}
			})
		}
	}
}

// TestR46AGrantThatAnotherCommandSettledIsNotGivenTwice: whoever repeats it means the
// one that was not answered, also when the log was looked at in between, and also hours
// later; but not one that was taken back, and only once.
func TestR46AGrantThatAnotherCommandSettledIsNotGivenTwice(t *testing.T) {
	for what, c := range map[string]struct {
		between func(w *town, p *Session, given Given)
		again   int // grants on the log in the end
	}{
		"another command": {func(w *town, p *Session, _ Given) { _, err := p.Collect(w.t.Context()); w.must(err) }, 1},
		"hours": {func(w *town, p *Session, _ Given) {
			_, err := p.Settle(w.t.Context())
			w.must(err)
			time.Sleep(5 * time.Hour)
		}, 1},
		"nearly over": {func(w *town, p *Session, _ Given) { time.Sleep(13 * time.Hour) }, 2},
		"taken back":  {func(w *town, p *Session, g Given) { _, err := p.Revoke(w.t.Context(), g.Grant); w.must(err) }, 2},
	} {
		inTown(t, func(t *testing.T, w *town) {
			p, d := w.newPatient("Elena"), w.newDoctor("Dr Okafor", "Lakeview")
			to := w.contactOf(p, d)
			_, _, err := w.deaf(p, true).Give(t.Context(), to, terms(stele.Allergies))
			w.wants(err, stele.KindUnknown, "a grant that nobody answered")
			first := p.GivenNow()[0]
			c.between(w, p, first)
			w.must(p.Reopen())
			given, outcome, err := p.Give(t.Context(), to, terms(stele.Allergies))
			w.must(err)
			if on := w.grantsOf(p); on != c.again || (given.Grant == first.Grant) != (c.again == 1) || outcome.Height == 0 {
				t.Errorf("%s: %d grants on the log, the same %v, block %d", what, on, given.Grant == first.Grant, outcome.Height)
			}
			// It is answered now: who gives it once more means another one.
			w.must(p.Reopen())
			if given, _, err := p.Give(t.Context(), to, terms(stele.Allergies)); err != nil || given.Grant == first.Grant || w.grantsOf(p) != c.again+1 {
				t.Errorf("%s: once more: %v, %d grants on the log", what, err, w.grantsOf(p))
			}
		})
	}
}

// TestR46AShortGrantIsNotOneThatIsNearlyOver: of a grant that nobody answered and that
// ends in a moment nobody gets anything who asks for one of some minutes.
func TestR46AShortGrantIsNotOneThatIsNearlyOver(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena"), w.newDoctor("Dr Okafor", "Lakeview")
		to, short := w.contactOf(p, d), terms(stele.Allergies)
		short.End = time.Now().Add(30 * time.Second)
		_, _, err := w.deaf(p, true).Give(t.Context(), to, short)
		w.wants(err, stele.KindUnknown, "a grant that nobody answered")
		first := p.GivenNow()[0].Grant
		time.Sleep(25 * time.Second)
		short.End = time.Now().Add(5 * time.Minute)
		if given, _, err := p.Give(t.Context(), to, short); err != nil || given.Grant == first || given.End.Before(short.End.Add(-time.Second)) {
			t.Errorf("given is %v until %v, %v", given.Grant, given.End, err)
		}
	})
}

// TestTakingBackTwiceDoesNoHarm: what is taken back already is, in the block in which it
// was; what has ended by itself can't be.
func TestTakingBackTwiceDoesNoHarm(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena"), w.newDoctor("Dr Okafor", "Lakeview")
		given := w.gives(p, d, stele.Allergies)
		first, err := p.Revoke(t.Context(), given.Grant)
		w.must(err)
		if again, err := p.Revoke(t.Context(), given.Grant); err != nil || again.Height != first.Height || again.Seq != first.Seq {
			t.Errorf("again: %+v, %v; first %+v", again, err, first)
		}
		ended := w.gives(p, d, stele.Medications)
		time.Sleep(25 * time.Hour)
		_, err = p.Revoke(t.Context(), ended.Grant)
		w.wants(err, stele.KindExists, "a grant that has ended")
	})
}

// TestR44OneGranteeWhoCannotBeReachedStopsNoOther: what waits for one is not what the
// next one's grant fails by.
func TestR44OneGranteeWhoCannotBeReachedStopsNoOther(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p := w.newPatient("Elena")
		d, other := w.newDoctor("Dr Okafor", "Lakeview"), w.newDoctor("Dr Quist", "Northside")
		full := bend(p, "Lakeview", func(m *Member) { m.Directory = fullBox{Directory: m.Directory} })
		c := w.contactOf(p, d)
		c.Member.Directory = fullBox{Directory: c.Member.Directory}
		_, _, err := full.Give(t.Context(), c, terms(stele.Allergies))
		w.wants(err, stele.KindBusy, "a box that is full")
		if _, _, err := full.Give(t.Context(), w.contactOf(p, other), terms(stele.Allergies)); err != nil {
			t.Errorf("a grant to another: %v", err)
		}
		if fresh, err := other.Collect(t.Context()); err != nil || len(fresh) != 1 {
			t.Errorf("it did not arrive: %d, %v", len(fresh), err)
		}
		if _, err := p.Collect(t.Context()); err != nil { // the box has room again
			t.Error(err)
		}
		if fresh, err := d.Collect(t.Context()); err != nil || len(fresh) != 1 {
			t.Errorf("what waited did not arrive: %d, %v", len(fresh), err)
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
			if given.Grant == p.GivenNow()[0].Grant || w.grantsOf(p) != 2 || len(p.GivenNow()) != 2 {
				t.Errorf("%s: %d grants on the log, %d given", what, w.grantsOf(p), len(p.GivenNow()))
			}
		})
	}
}

// A grant that begins at another time is another grant, although nobody answered.
func TestR46AGrantThatBeginsLaterIsAnother(t *testing.T) {
	for _, later := range []time.Duration{0, 24 * time.Hour} {
		inTown(t, func(t *testing.T, w *town) {
			p, d := w.newPatient("Elena"), w.newDoctor("Dr Okafor", "Lakeview")
			to, asked := w.contactOf(p, d), terms(stele.Allergies)
			asked.End = time.Now().AddDate(0, 1, 0)
			if later > 0 {
				asked.NotBefore = time.Now().Add(later)
			}
			_, _, err := w.deaf(p, true).Give(t.Context(), to, asked)
			w.wants(err, stele.KindUnknown, "a grant that nobody answered")
			first := p.GivenNow()[0].Grant
			given, _, err := p.Give(t.Context(), to, asked)
			if err != nil || given.Grant != first {
				t.Errorf("in %v, asked for again: another one (%v)", later, err)
			}
			Amend(p.Wallet, givenRows, func(i int, x *Given) {
				if i == 0 {
					x.Unanswered = true
				}
			})
			if asked.NotBefore = time.Now().Add(24*time.Hour - later); later > 0 {
				asked.NotBefore = time.Time{}
			}
			given, _, err = p.Give(t.Context(), to, asked)
			if err != nil || given.Grant == first {
				t.Errorf("one that begins at another time than in %v is taken for it (%v)", later, err)
			}
		})
	}
}
