package wallet_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
)

// TestR46AGrantThatNobodyAnsweredIsUnknown and is neither called given nor not given;
// a retry finds the first one, whether it holds or not, and never gives two.
func TestR46AGrantThatNobodyAnsweredIsUnknown(t *testing.T) {
	for _, taken := range []bool{true, false} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
			to, terms := w.ContactOf(p, d), town.Terms(stele.Allergies)
			_, _, err := w.Deaf(p, taken).Give(t.Context(), to, terms)
			w.Wants(err, stele.KindUnknown, "a grant that nobody answered")
			if len(p.SentNow()) != 1 || len(p.GivenNow()) != 1 {
				t.Fatalf("kept %d, given %d", len(p.SentNow()), len(p.GivenNow()))
			}
			first := p.GivenNow()[0].Grant
			// Nobody knows yet: no second one is given, and it is not delivered.
			_, _, err = w.Deaf(p, false).Give(t.Context(), to, terms)
			w.Wants(err, stele.KindUnknown, "the same while nobody answers")
			if _, err := w.Deaf(p, false).Collect(t.Context()); err != nil {
				t.Error(err)
			}
			if fresh, err := d.Collect(t.Context()); err != nil || len(fresh) != 0 {
				t.Errorf("a grant of which nothing is known was delivered: %d, %v", len(fresh), err)
			}
			// A process that ends forgets nothing.
			w.Must(p.Reopen())
			time.Sleep(time.Minute)
			terms.End = terms.End.Add(time.Minute) // "for 24 hours", said again
			given, outcome, err := p.Give(t.Context(), to, terms)
			w.Must(err)
			if given.Grant != first || outcome.Height == 0 || len(p.SentNow()) != 0 || len(p.GivenNow()) != 1 {
				t.Errorf("taken %v: the retry gave %v, not %v; %d kept, %d given", taken, given.Grant, first, len(p.SentNow()), len(p.GivenNow()))
			}
			if on := w.GrantsOf(p); on != 1 {
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
		town.In(t, func(t *testing.T, w *town.Town) {
			p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
			to := w.ContactOf(p, d)
			_, _, err := w.Deaf(p, taken).Give(t.Context(), to, town.Terms(stele.Allergies))
			w.Wants(err, stele.KindUnknown, "a grant that nobody answered")
			time.Sleep(wallet.ValidFor + time.Minute)
			settled, err := p.Delivery.Settle(t.Context())
			w.Must(err)
			if len(settled) != 1 || settled[0].Happened != taken || len(p.SentNow()) != 0 || len(p.GivenNow()) != map[bool]int{true: 1, false: 0}[taken] {
				t.Errorf("taken %v: settled %+v, %d kept, %d given", taken, settled, len(p.SentNow()), len(p.GivenNow()))
			}
			if on := w.GrantsOf(p); on != map[bool]int{true: 1, false: 0}[taken] {
				t.Errorf("taken %v: %d grants on the log", taken, on)
			}
			if taken && settled[0].Outcome.Height == 0 {
				t.Error("it happened, and nobody says where")
			}
		})
	}
	town.In(t, func(t *testing.T, w *town.Town) { // a log that ends before it is certain proves nothing
		p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
		_, _, err := w.Deaf(p, false).Give(t.Context(), w.ContactOf(p, d), town.Terms(stele.Allergies))
		w.Wants(err, stele.KindUnknown, "a grant that nobody answered")
		now := p.Clock
		time.Sleep(wallet.ValidFor / 2)
		p.Clock = func() time.Time { return now().Add(wallet.ValidFor/2 + time.Minute) } // fast: the members' clocks are not so far
		_, err = p.Delivery.Settle(t.Context())
		w.Wants(err, stele.KindUnknown, "a log that is older than the transaction's end")
		if len(p.SentNow()) != 1 {
			t.Error("what is not certain was forgotten")
		}
	})
}

// TestR46ARevocationThatNobodyAnsweredIsUnknown, and holds when it says so.
func TestR46ARevocationThatNobodyAnsweredIsUnknown(t *testing.T) {
	for _, taken := range []bool{true, false} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
			w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
			given := w.Gives(p, d, stele.Allergies)
			_, err := w.Deaf(p, taken).Revoke(t.Context(), given.Grant)
			w.Wants(err, stele.KindUnknown, "a revocation that nobody answered")
			outcome, err := p.Revoke(t.Context(), given.Grant)
			if err != nil || outcome.Height == 0 || len(p.SentNow()) != 0 || len(p.GivenNow()) != 2 {
				t.Errorf("taken %v: again: %v, %v; %d kept, %d given", taken, outcome, err, len(p.SentNow()), len(p.GivenNow()))
			}
			_, err = d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			w.Wants(err, stele.KindDenied, "a grant that was taken back")
		})
	}
}

// TestR46AnOpeningThatNobodyAnsweredIsUnknown: nothing was opened; whether it stands
// in the patient's log is not known, and found out without opening anything anew.
func TestR46AnOpeningThatNobodyAnsweredIsUnknown(t *testing.T) {
	for _, taken := range []bool{true, false} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
			w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
			w.Gives(p, d, stele.Allergies)
			_, err := w.Deaf(d, taken).Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			w.Wants(err, stele.KindUnknown, "an opening that nobody answered")
			w.Must(d.Reopen()) // kept for the next session
			if len(d.SentNow()) != 1 || d.SentNow()[0].Kind != wallet.SentOpening {
				t.Fatalf("kept: %+v", d.SentNow())
			}
			openings := func() (n int) {
				for _, line := range w.Alike("unknown", p).Lines {
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
			settled, err := d.Delivery.Settle(t.Context())
			if err != nil || len(settled) != want || len(d.SentNow()) != 1-want || !d.Delivery.Unsettled() != taken {
				t.Errorf("taken %v: settled %+v, %v; %d kept", taken, settled, err, len(d.SentNow()))
			}
			time.Sleep(wallet.ValidFor + time.Minute)
			late, err := d.Delivery.Settle(t.Context())
			w.Must(err)
			if settled = append(settled, late...); len(settled) != 1 || settled[0].Happened != taken || d.Delivery.Unsettled() {
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
			town.In(t, func(t *testing.T, w *town.Town) {
				s := w.Session(w.NewFile("Elena", wallet.Patient))
				w.Closes = append(w.Closes, s.Close)
				_, err := w.Deaf(s, taken).Join(t.Context())
				w.Wants(err, stele.KindUnknown, "a joining that nobody answered")
				_, err = w.Deaf(s, false).Join(t.Context())
				w.Wants(err, stele.KindUnknown, "another")
				w.Must(s.Reopen())
				if len(s.SentNow()) != 1 {
					t.Fatalf("%d kept", len(s.SentNow()))
				}
				if late {
					time.Sleep(wallet.ValidFor + 2*time.Minute)
				}
				settled, err := s.Delivery.Settle(t.Context())
				w.Must(err)
				if happened := taken || !late; len(settled) != 1 || settled[0].Kind != wallet.SentJoining || settled[0].Happened != happened || s.Delivery.Unsettled() {
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
		between func(w *town.Town, p *client.Session, given wallet.Given)
		again   int // grants on the log in the end
	}{
		"another command": {func(w *town.Town, p *client.Session, _ wallet.Given) { _, err := p.Collect(w.T.Context()); w.Must(err) }, 1},
		"hours": {func(w *town.Town, p *client.Session, _ wallet.Given) {
			_, err := p.Delivery.Settle(w.T.Context())
			w.Must(err)
			w.Sleep(5 * time.Hour)
		}, 1},
		"nearly over": {func(w *town.Town, p *client.Session, _ wallet.Given) { w.Sleep(13 * time.Hour) }, 2},
		"taken back": {func(w *town.Town, p *client.Session, g wallet.Given) {
			_, err := p.Revoke(w.T.Context(), g.Grant)
			w.Must(err)
		}, 2},
	} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
			to := w.ContactOf(p, d)
			_, _, err := w.Deaf(p, true).Give(t.Context(), to, town.Terms(stele.Allergies))
			w.Wants(err, stele.KindUnknown, "a grant that nobody answered")
			first := p.GivenNow()[0]
			c.between(w, p, first)
			w.Must(p.Reopen())
			given, outcome, err := p.Give(t.Context(), to, town.Terms(stele.Allergies))
			w.Must(err)
			if on := w.GrantsOf(p); on != c.again || (given.Grant == first.Grant) != (c.again == 1) || outcome.Height == 0 {
				t.Errorf("%s: %d grants on the log, the same %v, block %d", what, on, given.Grant == first.Grant, outcome.Height)
			}
			// It is answered now: who gives it once more means another one.
			w.Must(p.Reopen())
			if given, _, err := p.Give(t.Context(), to, town.Terms(stele.Allergies)); err != nil || given.Grant == first.Grant || w.GrantsOf(p) != c.again+1 {
				t.Errorf("%s: once more: %v, %d grants on the log", what, err, w.GrantsOf(p))
			}
		})
	}
}

// TestR46AShortGrantIsNotOneThatIsNearlyOver: of a grant that nobody answered and that
// ends in a moment nobody gets anything who asks for one of some minutes.
func TestR46AShortGrantIsNotOneThatIsNearlyOver(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
		to, short := w.ContactOf(p, d), town.Terms(stele.Allergies)
		short.End = time.Now().Add(30 * time.Second)
		_, _, err := w.Deaf(p, true).Give(t.Context(), to, short)
		w.Wants(err, stele.KindUnknown, "a grant that nobody answered")
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
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
		given := w.Gives(p, d, stele.Allergies)
		first, err := p.Revoke(t.Context(), given.Grant)
		w.Must(err)
		if again, err := p.Revoke(t.Context(), given.Grant); err != nil || again.Height != first.Height || again.Seq != first.Seq {
			t.Errorf("again: %+v, %v; first %+v", again, err, first)
		}
		ended := w.Gives(p, d, stele.Medications)
		w.Sleep(25 * time.Hour)
		_, err = p.Revoke(t.Context(), ended.Grant)
		w.Wants(err, stele.KindExists, "a grant that has ended")
	})
}

// TestR44OneGranteeWhoCannotBeReachedStopsNoOther: what waits for one is not what the
// next one's grant fails by.
func TestR44OneGranteeWhoCannotBeReachedStopsNoOther(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena")
		d, other := w.NewDoctor("Dr Okafor", "Lakeview"), w.NewDoctor("Dr Quist", "Northside")
		full := town.Bend(p, "Lakeview", func(m *members.Member) { m.Directory = town.FullBox{Directory: m.Directory} })
		c := w.ContactOf(p, d)
		c.Member.Directory = town.FullBox{Directory: c.Member.Directory}
		_, _, err := full.Give(t.Context(), c, town.Terms(stele.Allergies))
		w.Wants(err, stele.KindBusy, "a box that is full")
		if _, _, err := full.Give(t.Context(), w.ContactOf(p, other), town.Terms(stele.Allergies)); err != nil {
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
	for what, change := range map[string]func(*wallet.Terms){
		"other categories": func(t *wallet.Terms) { t.Categories = []stele.Category{stele.Medications} },
		"once only":        func(t *wallet.Terms) { t.MaxUses = 1 },
		"another purpose":  func(t *wallet.Terms) { t.Purposes = []stele.Purpose{stele.Payment} },
		"longer":           func(t *wallet.Terms) { t.End = t.End.Add(24 * time.Hour) },
		"also sensitive":   func(t *wallet.Terms) { t.Sensitivity = []stele.Sensitivity{stele.PSY} },
	} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
			to, terms := w.ContactOf(p, d), town.Terms(stele.Allergies)
			_, _, err := w.Deaf(p, true).Give(t.Context(), to, terms)
			w.Wants(err, stele.KindUnknown, "a grant that nobody answered")
			change(&terms)
			given, _, err := p.Give(t.Context(), to, terms)
			w.Must(err)
			if given.Grant == p.GivenNow()[0].Grant || w.GrantsOf(p) != 2 || len(p.GivenNow()) != 2 {
				t.Errorf("%s: %d grants on the log, %d given", what, w.GrantsOf(p), len(p.GivenNow()))
			}
		})
	}
}

// A grant that begins at another time is another grant, although nobody answered.
func TestR46AGrantThatBeginsLaterIsAnother(t *testing.T) {
	for _, later := range []time.Duration{0, 24 * time.Hour} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
			to, asked := w.ContactOf(p, d), town.Terms(stele.Allergies)
			asked.End = time.Now().AddDate(0, 1, 0)
			if later > 0 {
				asked.NotBefore = time.Now().Add(later)
			}
			_, _, err := w.Deaf(p, true).Give(t.Context(), to, asked)
			w.Wants(err, stele.KindUnknown, "a grant that nobody answered")
			first := p.GivenNow()[0].Grant
			given, _, err := p.Give(t.Context(), to, asked)
			if err != nil || given.Grant != first {
				t.Errorf("in %v, asked for again: another one (%v)", later, err)
			}
			wallet.Amend(p.Wallet, wallet.GivenRows, func(i int, x *wallet.Given) {
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
