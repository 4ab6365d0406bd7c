package wallet_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/keyring"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wallet"
)

// doe is somebody without a name who was treated: a record of before there was anybody's key, and who
// may write and read.
func doe(w *town.Town, d *client.Session) stele.Subject {
	subject := unclaimed(w, "Northside")
	together(w, subject, w.Orgs["Northside"], wallet.DirectCareWrite(time.Now().AddDate(0, 11, 0)))
	together(w, subject, d, careRead())
	brings(w, subject, "before")
	return subject
}

func brings(w *town.Town, subject stele.Subject, id string) {
	held, err := w.Orgs["Northside"].HeldWriteGrant(subject)
	w.Must(err)
	_, err = w.Orgs["Northside"].Delivery.Deliver(w.T.Context(), held, []delivery.Incoming{town.Note(id, stele.Problems, "2026-11-29")})
	w.Must(err)
}

// merges has two members and the other's owner say that a chart is theirs.
func merges(w *town.Town, from stele.Subject, into *client.Session) {
	w.T.Helper()
	p, err := w.Orgs["Northside"].ProposeMerge(from, into.Subject(), "he woke up and told us")
	w.Must(err)
	for _, s := range []*client.Session{w.Orgs["Elm"], into} {
		w.Must(s.SignProposal(p))
	}
	_, err = into.SubmitProposal(w.T.Context(), p)
	w.Must(err)
	w.WriteBlock()
	w.WriteBlock()
}

// chartOf is a wallet at work on another chart of its owner's.
func chartOf(w *town.Town, p *client.Session, chart stele.Subject) *client.Session {
	w.T.Helper()
	s, err := p.Chart(w.T.Context(), chart)
	w.Must(err)
	return client.Of(s)
}

// TestJohnDoeIsFoundToBeSomebody: his key speaks for both charts, each of which goes on by itself; what
// comes in from then on he reads with his own key, and what he grants of one is not of the other.
func TestJohnDoeIsFoundToBeSomebody(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		d, other := w.NewDoctor("Dr Ruiz", "Northside"), w.NewDoctor("Dr Cole", "Elm")
		john, moor := doe(w, d), w.NewPatient("John Moor", "Elm")
		_, err := moor.Chart(t.Context(), john)
		w.Wants(err, stele.KindDenied, "a chart that is not his yet")
		merges(w, john, moor)
		if charts, err := moor.Merged(t.Context()); err != nil || !slices.Equal(charts, []stele.Subject{john}) {
			t.Fatalf("his charts: %v, %v", charts, err)
		}
		brings(w, john, "after")
		chart := chartOf(w, moor, john)
		_, err = moor.Chart(t.Context(), john)
		w.Wants(err, stele.KindBusy, "a chart that is open")
		own, err := chart.Charts.OpenOwn(t.Context())
		if err != nil || town.IDs(own) != "after" {
			t.Errorf("with his own key he reads %q, %v", town.IDs(own), err)
		}
		done, err := chart.Charts.Reseal(t.Context(), nil)
		w.Must(err)
		if own, err = chart.Charts.OpenOwn(t.Context()); err != nil || town.IDs(own) != "after before" || done.Sealed != 1 {
			t.Errorf("sealed anew he reads %q; %+v, %v", town.IDs(own), done, err)
		}
		_, err = d.Charts.OpenChart(t.Context(), john, town.FollowUp)
		w.Must(err) // what members gave before goes on

		w.Gives(moor, other, stele.Problems)
		_, err = other.Charts.OpenChart(t.Context(), john, town.FollowUp)
		w.Wants(err, stele.KindDenied, "a grant of his own chart")
		w.Gives(chart, other, stele.Problems)
		if got, err := other.Charts.OpenChart(t.Context(), john, town.FollowUp); err != nil || len(got.Records) != 2 {
			t.Errorf("by his grant of the other: %+v, %v", got, err)
		}
		given, err := chart.GivenGrants()
		w.Must(err)
		mine, err := moor.GivenGrants()
		w.Must(err)
		if len(given) != 2 || given[1].Grant == mine[len(mine)-1].Grant { // to himself, to read, and to the doctor
			t.Errorf("%d were given of the other chart", len(given))
		}
		if chart.Keyring().OneTime(0).Public().String() == moor.Keyring().OneTime(0).Public().String() {
			t.Error("two charts share their pairwise keys")
		}
		w.Must(chart.Wallet.Close())
		again := chartOf(w, moor, john)
		if given, err = again.GivenGrants(); err != nil || len(given) != 2 {
			t.Errorf("afterwards it is known that %d were given, %v", len(given), err)
		}
		w.Must(again.Wallet.Close())
	})
}

// TestWhatWasGrantedWhileTwoChartsWereMergedOpensNothingAfterwards: it was not he. His key speaks for
// his own chart alone again, and what members gave goes on.
func TestWhatWasGrantedWhileTwoChartsWereMergedOpensNothingAfterwards(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		d, other := w.NewDoctor("Dr Ruiz", "Northside"), w.NewDoctor("Dr Cole", "Elm")
		john, moor := doe(w, d), w.NewPatient("John Moor", "Elm")
		merges(w, john, moor)
		chart := chartOf(w, moor, john)
		w.Gives(chart, other, stele.Problems)
		_, err := other.Charts.OpenChart(t.Context(), john, town.FollowUp)
		w.Must(err)

		part := func(by ...*client.Session) error {
			p, err := by[0].ProposePart(john, "another man had his papers")
			w.Must(err)
			for _, s := range by[1:] {
				w.Must(s.SignProposal(p))
			}
			_, err = by[0].SubmitProposal(t.Context(), p)
			return err
		}
		w.Wants(part(other), stele.KindDenied, "a stranger")
		w.Wants(part(w.Orgs["Northside"]), stele.KindDenied, "one member")
		w.Wants(part(w.Orgs["Northside"], w.Orgs["Lakeview"]), stele.KindDenied, "two members of a kind")
		w.Must(part(w.Orgs["Northside"], w.Orgs["Elm"]))
		w.WriteBlock()
		w.WriteBlock()

		_, err = other.Charts.OpenChart(t.Context(), john, town.FollowUp)
		w.Wants(err, stele.KindDenied, "a grant that was given meanwhile")
		_, err = chart.Charts.OpenOwn(t.Context())
		w.Wants(err, stele.KindDenied, "his key, of a chart that is not his")
		_, _, err = chart.Give(t.Context(), w.ContactOf(moor, other), town.Terms(stele.Problems))
		w.Wants(err, stele.KindDenied, "a grant by him, of a chart that is not his")
		w.Must(chart.Wallet.Close())
		_, err = moor.Chart(t.Context(), john)
		w.Wants(err, stele.KindDenied, "a chart that is not his any more")
		if charts, err := moor.Merged(t.Context()); err != nil || len(charts) != 0 {
			t.Errorf("his charts: %v, %v", charts, err)
		}
		_, err = d.Charts.OpenChart(t.Context(), john, town.FollowUp)
		w.Must(err)
		together(w, john, other, careRead()) // members give again
		_, err = other.Charts.OpenChart(t.Context(), john, town.FollowUp)
		w.Must(err)
	})
}

// TestAChartThatIsMergedAgainOpensAgain: what he gave to himself of it was taken back by the parting, and he
// gives it anew.
func TestAChartThatIsMergedAgainOpensAgain(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		john, moor := doe(w, w.NewDoctor("Dr Ruiz", "Northside")), w.NewPatient("John Moor", "Elm")
		reseals := func(when string, folios int) {
			t.Helper()
			chart := chartOf(w, moor, john)
			done, err := chart.Charts.Reseal(t.Context(), nil)
			if err != nil || done.Folios != folios || done.Before+done.Sealed != folios {
				t.Errorf("%s: %+v, %v", when, done, err)
			}
			w.Must(chart.Wallet.Close())
		}
		merges(w, john, moor)
		reseals("merged", 1)
		p, err := w.Orgs["Northside"].ProposePart(john, "another man had his papers")
		w.Must(err)
		w.Must(w.Orgs["Elm"].SignProposal(p))
		_, err = w.Orgs["Northside"].SubmitProposal(t.Context(), p)
		w.Must(err)
		w.WriteBlock()
		w.WriteBlock()
		brings(w, john, "between")
		merges(w, john, moor)
		reseals("merged again", 2)
	})
}

// TestR25ASummaryOfTwoChartsIsThrownAwayOnceTheyAreParted: whoever parts them, the wallet throws it away when
// it hears; one that is made afterwards stays, also when the log is read again from its beginning.
func TestR25ASummaryOfTwoChartsIsThrownAwayOnceTheyAreParted(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		john, moor := doe(w, w.NewDoctor("Dr Ruiz", "Northside")), w.NewPatient("John Moor", "Elm")
		keeps := func(what string, want bool) {
			t.Helper()
			_, err := moor.Log(t.Context())
			w.Must(err)
			if _, err := moor.KeptSummary(); (err == nil) != want || err != nil && stele.KindOf(err) != stele.KindNotFound {
				t.Errorf("%s: %v", what, err)
			}
		}
		merges(w, john, moor)
		w.Must(moor.KeepSummary(wallet.KeptSummary{Document: []byte("of both"), Made: time.Now()}))
		keeps("merged", true)
		p, err := w.Orgs["Northside"].ProposePart(john, "somebody else")
		w.Must(err)
		w.Must(w.Orgs["Elm"].SignProposal(p))
		_, err = w.Orgs["Northside"].SubmitProposal(t.Context(), p)
		w.Must(err)
		w.WriteBlock()
		w.WriteBlock()
		keeps("parted", false)
		if _, err := moor.KeptSummary(); err == nil || !strings.Contains(err.Error(), "another person") {
			t.Errorf("it is told as %v", err)
		}
		w.Must(moor.KeepSummary(wallet.KeptSummary{Document: []byte("his"), Made: time.Now()}))
		w.Must(os.Remove(moor.LogPath()))
		keeps("made anew", true)
	})
}

// TestTwoWhoHaveClaimedAreMergedByBothAlone: two members get nobody's chart together.
func TestTwoWhoHaveClaimedAreMergedByBothAlone(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		one, two := w.NewPatient("One", "Elm"), w.NewPatient("Two")
		p, err := w.Orgs["Northside"].ProposeMerge(one.Subject(), two.Subject(), "they look alike")
		w.Must(err)
		for _, s := range []*client.Session{w.Orgs["Elm"], two} {
			w.Must(s.SignProposal(p))
		}
		_, err = two.SubmitProposal(t.Context(), p)
		w.Wants(err, stele.KindDenied, "a merge that one of them did not sign")
		if names, all, err := two.Signed(t.Context(), p); err != nil || all || len(names) != 3 {
			t.Errorf("signed by %q, %v, %v", names, all, err)
		}
		w.Must(one.SignProposal(p))
		if names, all, err := two.Signed(t.Context(), p); err != nil || !all || len(names) != 4 {
			t.Errorf("signed by %q, %v, %v", names, all, err)
		}
		_, err = two.SubmitProposal(t.Context(), p)
		w.Must(err)
		_, _, err = one.Give(t.Context(), w.ContactOf(one, w.Orgs["Elm"]), wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0)))
		w.Wants(err, stele.KindDenied, "a grant by the key that was")
		p, err = one.ProposePart(one.Subject(), "I want it back")
		w.Must(err)
		_, err = one.SubmitProposal(t.Context(), p)
		w.Must(err)
		_, _, err = one.Give(t.Context(), w.ContactOf(one, w.Orgs["Elm"]), wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0)))
		w.Must(err)
	})
}

// TestR17WhatCountsAgainAfterPartingIsBroughtAnew: what one says of emergencies was at every member, which may have
// put it away while the chart was another's; and while it is, the ledger says what will count again.
func TestR17WhatCountsAgainAfterPartingIsBroughtAnew(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		one, two := w.NewPatient("One", "Elm"), w.NewPatient("Two")
		before, err := w.Ledger().Subject(one.Subject())
		w.Must(err)
		p, err := two.ProposeMerge(one.Subject(), two.Subject(), "they look alike")
		w.Must(err)
		w.Must(one.SignProposal(p))
		_, err = two.SubmitProposal(t.Context(), p)
		w.Must(err)
		merged, err := w.Ledger().Subject(one.Subject())
		w.Must(err)
		if merged.Before != before.Emergency || merged.Before == (stele.Digest{}) || len(merged.Own) != 1 || !bytes.Equal(merged.Own[0], before.Seal[0]) || len(before.Own) != 0 {
			t.Errorf("merged: %+v", merged)
		}
		p, err = one.ProposePart(one.Subject(), "I want it back")
		w.Must(err)
		_, err = one.SubmitProposal(t.Context(), p)
		w.Must(err)
		if apart, err := w.Ledger().Subject(one.Subject()); err != nil || len(apart.Own) != 0 || apart.Before != (stele.Digest{}) || apart.Emergency != before.Emergency {
			t.Errorf("parted: %+v, %v", apart, err)
		}
		_, err = one.Log(t.Context())
		w.Must(err)
		if n := len(one.State().Emergency.Brought); n != 0 {
			t.Errorf("the wallet believes that %d members have it", n)
		}
		_, err = one.SettleSent(t.Context())
		w.Must(err)
		_, err = one.Log(t.Context())
		w.Must(err)
		if n := len(one.State().Emergency.Brought); n != 4 {
			t.Errorf("%d members have it", n)
		}
	})
}

// TestWhoWasEnrolledAndMergedIsNotForgotten by the member that enrolled them: parted, it brings what a member lacks.
func TestWhoWasEnrolledAndMergedIsNotForgotten(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		north := w.Orgs["Northside"]
		down := town.Bend(north, "Elm", func(m *members.Member) { m.Directory = noSlots{m.Directory} })
		_, slip := wallet.NewSlip()
		_, err := down.Enrol(t.Context(), slip, "")
		w.Must(err)
		moor := w.NewPatient("John Moor", "Elm")
		merges(w, slip.Subject, moor)
		settled := func(want int) {
			t.Helper()
			_, err := north.SettleSent(t.Context())
			w.Must(err)
			if all, err := north.Enrolled(); err != nil || len(all) != want || want == 1 && len(all[0].Slot.Brought) != 4 {
				t.Errorf("%+v, %v", all, err)
			}
		}
		settled(0)
		p, err := north.ProposePart(slip.Subject, "another man had his papers")
		w.Must(err)
		w.Must(w.Orgs["Elm"].SignProposal(p))
		_, err = north.SubmitProposal(t.Context(), p)
		w.Must(err)
		settled(0) // it is asked once a week
		w.Sleep(7*24*time.Hour + time.Minute)
		settled(1)
	})
}

// TestASlipWhoseChartWasMergedIsNotCalledUsed: it is good again when the charts are parted; one that was
// used is not, and who enrolled that person forgets them.
func TestASlipWhoseChartWasMergedIsNotCalledUsed(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		north := w.Orgs["Northside"]
		_, merged := wallet.NewSlip()
		_, used := wallet.NewSlip()
		down := town.Bend(north, "Elm", func(m *members.Member) { m.Directory = noSlots{m.Directory} }) // so that there is something to bring
		for _, slip := range []keyring.Slip{merged, used} {
			_, err := down.Enrol(t.Context(), slip, "")
			w.Must(err)
		}
		w.Must(north.Unclaimed(t.Context(), merged))
		merges(w, merged.Subject, w.NewPatient("John Moor", "Elm"))
		p := w.Session(w.NewFileOf("Pia", wallet.Patient, &used))
		w.Closes = append(w.Closes, p.Close)
		raw, err := p.Claim(t.Context(), used)
		w.Must(err)
		signed, claim, err := w.Orgs["Elm"].ReadClaim(raw)
		w.Must(err)
		raw, err = w.Orgs["Elm"].Vouch(t.Context(), signed, claim)
		w.Must(err)
		w.Must(p.SubmitClaim(t.Context(), raw))
		for says, slip := range map[string]keyring.Slip{"merged into another": merged, "has been used": used} {
			err := north.Unclaimed(t.Context(), slip)
			if stele.KindOf(err) != stele.KindExists || !strings.Contains(stele.TextOf(err), says) {
				t.Errorf("want that it %s: %v", says, err)
			}
		}
		_, err = north.SettleSent(t.Context())
		w.Must(err)
		if all, err := north.EveryoneEnrolled(); err != nil || len(all) != 1 || all[0].Subject != merged.Subject {
			t.Errorf("of whom it enrolled it keeps %+v, %v", all, err)
		}
	})
}

// TestASlotThatTheWalletDoesNotKnowIsSaidToBeSoForWhatItIs: of a chart that was merged nobody's other device said it.
func TestASlotThatTheWalletDoesNotKnowIsSaidToBeSoForWhatItIs(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		moor := w.NewPatient("John Moor", "Elm")
		chart := unclaimed(w, "Northside")
		unknown := func(s *client.Session, why string) {
			t.Helper()
			_, err := s.Says(t.Context())
			if w.Wants(err, stele.KindNotFound, why); !strings.Contains(stele.TextOf(err), why) {
				t.Errorf("want that %s: %v", why, err)
			}
		}
		on := func(run func(*client.Session)) {
			s := chartOf(w, moor, chart)
			defer s.Wallet.Close()
			run(s)
		}
		merges(w, chart, moor)
		on(func(s *client.Session) {
			unknown(s, "nobody has said anything of it")
			_, err := s.SetEmergency(t.Context(), slot.Slot{Nothing: true})
			w.Must(err)
			_, err = s.Says(t.Context())
			w.Must(err)
		})
		p, err := moor.ProposePart(chart, "another man had his papers")
		w.Must(err)
		_, err = moor.SubmitProposal(t.Context(), p)
		w.Must(err)
		merges(w, chart, moor)
		on(func(s *client.Session) { unknown(s, "parted and merged again") })
	})
}

// TestR16WhatIsRestrictedOfAMergedChartIsKnownWhereNothingWasSaid: charts are made with a slot that says nothing; from
// what was said since on, another's wallet does not know it.
func TestR16WhatIsRestrictedOfAMergedChartIsKnownWhereNothingWasSaid(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		moor := w.NewPatient("John Moor", "Elm")
		for _, said := range []bool{false, true} {
			old := w.NewPatient("John Moor", "Elm")
			if said {
				_, err := old.SetEmergency(t.Context(), slot.Slot{})
				w.Must(err)
			}
			p, err := moor.ProposeMerge(old.Subject(), moor.Subject(), "both are his")
			w.Must(err)
			w.Must(old.SignProposal(p))
			_, err = moor.SubmitProposal(t.Context(), p)
			w.Must(err)
			w.WriteBlock()
			w.WriteBlock()
			s := chartOf(w, moor, old.Subject())
			defer s.Wallet.Close()
			all, err := s.Restrictions(t.Context())
			switch {
			case said:
				w.Wants(err, stele.KindNotFound, "what was said before the merge")
			case err != nil || len(all) != 0:
				t.Errorf("nothing was said, and restricted is %v, %v", all, err)
			}
		}
	})
}
