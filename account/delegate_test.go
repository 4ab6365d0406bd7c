package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// newMother is somebody with a card who treats nobody.
func newMother(w *town.Town, name, at string) *client.Session {
	m := w.NewPerson(name, wallet.Patient)
	w.Must(m.Enlist(w.T.Context(), w.Orgs[at].Session, wallet.Profile{Until: time.Now().AddDate(1, 0, 0)}))
	return m
}

// parentOf are the terms of a parent, of a child who comes of age some time from now.
func parentOf(in time.Duration, acts ...consent.Act) wallet.Terms {
	day, _ := consent.ParseDate(time.Now().UTC().Add(in).Format(time.DateOnly))
	return wallet.Terms{
		Action: stele.ActionDelegate, Purposes: []stele.Purpose{stele.Treatment, stele.PatientRequest}, Categories: []stele.Category{consent.AllCategories},
		Delegation: consent.Delegation{Kind: consent.Parent, Acts: acts, OfAge: day}, End: wallet.OfAgeEnd(day),
	}
}

// TestAMotherActsForHerChild: she opens the chart, gives a doctor a grant, who opens it under
// hers, and takes it back; the child's account says who acted.
func TestAMotherActsForHerChild(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ctx := t.Context()
		child, mother, doctor := w.NewPatient("Leo", "Northside"), newMother(w, "Maria", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", child, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("r1", stele.Results, "2021-01-02"))
		q := reading.Question{Purpose: stele.Treatment}
		given, _, err := child.Give(ctx, w.ContactOf(child, mother), parentOf(3000*24*time.Hour, consent.ActRead, consent.ActGive))
		w.Must(err)
		_, err = mother.Collect(ctx)
		w.Must(err)
		chart, err := mother.Charts.OpenChart(ctx, child.Subject(), q)
		w.Must(err)
		if len(chart.Records) != 2 {
			t.Errorf("the mother sees %d records", len(chart.Records))
		}
		under, err := mother.DelegationFor(child.Subject(), consent.ActGive)
		w.Must(err)
		terms := town.Terms(stele.Results)
		if _, _, err := mother.GiveFor(ctx, under, w.ContactOf(mother, doctor), wallet.Terms{
			Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Payment}, Categories: terms.Categories, End: terms.End,
		}); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("a purpose that is not hers to give: %v", err)
		}
		if _, _, err := mother.GiveFor(ctx, under, w.ContactOf(mother, doctor), wallet.DirectCareWrite(terms.End)); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("a grant to write, which is none of her acts: %v", err)
		}
		forChild, _, err := mother.GiveFor(ctx, under, w.ContactOf(mother, doctor), terms)
		w.Must(err)
		_, err = doctor.Collect(ctx)
		w.Must(err)
		chart, err = doctor.Charts.OpenChart(ctx, child.Subject(), q)
		w.Must(err)
		if len(chart.Records) != 1 {
			t.Errorf("the doctor sees %d records of what the mother gave", len(chart.Records))
		}
		_, err = mother.Revoke(ctx, forChild.Grant)
		w.Must(err)
		w.WriteBlock()
		if _, err := doctor.Charts.OpenChart(ctx, child.Subject(), q); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("after she took it back: %v", err)
		}
		again, _, err := mother.GiveFor(ctx, under, w.ContactOf(mother, doctor), terms)
		w.Must(err)
		_, err = doctor.Collect(ctx)
		w.Must(err)
		_, err = child.Revoke(ctx, given.Grant)
		w.Must(err)
		w.WriteBlock()
		if _, err := doctor.Charts.OpenChart(ctx, child.Subject(), q); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("law 2: what a mother gave who acts no more: %v", err)
		}
		if _, err := mother.Charts.OpenChart(ctx, child.Subject(), q); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("law 2: she herself: %v", err)
		}
		report, err := town.LinesOf(ctx, child)
		w.Must(err)
		var acted [][]byte
		for _, line := range report.Lines {
			if about := line.Event.About(); about.By == wire.ByDelegate {
				acted = append(acted, about.Grant)
				if string(about.Delegation) != string(given.Grant[:]) || line.Delegate == nil || line.Delegate.ToName != "Maria" {
					t.Errorf("%s by %v", about.Kind, line.Delegate)
				}
			}
			if about := line.Event.About(); about.Place == wire.PlaceOpening && string(about.Grant) != string(given.Grant[:]) && line.Delegate == nil {
				t.Error("an opening under what the mother gave does not say so")
			}
		}
		if want := [][]byte{forChild.Grant[:], forChild.Grant[:], again.Grant[:]}; !slices.EqualFunc(acted, want, func(a, b []byte) bool { return string(a) == string(b) }) {
			t.Errorf("%d lines of what the mother did", len(acted))
		}
	})
}

// TestLaw2WhatADelegateGaveFallsWhenSheGivesHersBack: the doctor whom she let in reads nothing from the next block on,
// and neither does she; and the child's account says that it was she who ended it.
func TestLaw2WhatADelegateGaveFallsWhenSheGivesHersBack(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ctx := t.Context()
		child, mother, doctor := w.NewPatient("Leo", "Northside"), newMother(w, "Maria", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", child, town.Note("r1", stele.Results, "2021-01-02"))
		under := letsAct(w, child, mother, consent.ActRead, consent.ActGive)
		_, _, err := mother.GiveFor(ctx, under, w.ContactOf(mother, doctor), town.Terms(stele.Results))
		w.Must(err)
		_, err = doctor.Collect(ctx)
		w.Must(err)
		q := reading.Question{Purpose: stele.Treatment}
		chart, err := doctor.Charts.OpenChart(ctx, child.Subject(), q)
		if w.Must(err); len(chart.Records) != 1 {
			t.Errorf("the doctor sees %d records of what the mother gave", len(chart.Records))
		}
		_, err = mother.GiveBack(ctx, under.Grant)
		w.Must(err)
		w.WriteBlock()
		for who, s := range map[string]*client.Session{"the doctor": doctor, "she herself": mother} {
			if _, err := s.Charts.OpenChart(ctx, child.Subject(), q); stele.KindOf(err) != stele.KindDenied {
				t.Errorf("law 2: %s: %v", who, err)
			}
		}
		report, err := town.LinesOf(ctx, child)
		w.Must(err)
		if !slices.ContainsFunc(report.Lines, func(line account.Line) bool {
			return line.Event.About().GivenBack() && line.Grant != nil && line.Grant.Grant == under.Grant && line.Grant.ToName == "Maria"
		}) {
			t.Error("the account does not say that she gave it back")
		}
	})
}

// TestAParentsDelegationEndsOnTheBirthday: wallets and trustees refuse it from the first moment
// of the day on, long before the ledger's end.
func TestAParentsDelegationEndsOnTheBirthday(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ctx := t.Context()
		child, mother := w.NewPatient("Leo", "Northside"), newMother(w, "Maria", "Northside")
		w.Delivers("Northside", child, town.Note("a1", stele.Allergies, "2020-01-02"))
		terms := parentOf(24*time.Hour, consent.ActRead, consent.ActGive)
		_, _, err := child.Give(ctx, w.ContactOf(child, mother), terms)
		w.Must(err)
		_, err = mother.Collect(ctx)
		w.Must(err)
		held, err := mother.DelegationFor(child.Subject(), consent.ActRead)
		w.Must(err)
		day := terms.Delegation.OfAge.Start()
		if err := held.Acts(consent.ActRead, day.Add(-time.Millisecond)); err != nil {
			t.Errorf("a millisecond before: %v", err)
		}
		if err := held.Acts(consent.ActRead, day); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("on the birthday: %v", err)
		}
		if held.Usable(day, stele.Treatment) {
			t.Error("on the birthday it is tried all the same")
		}
		if end := held.End; end.Before(day) || end.After(day.Add(consent.OfAgeSpread)) {
			t.Errorf("it ends on the ledger at %v", end)
		}
		if _, err := mother.DelegationFor(w.NewPatient("Ben").Subject(), consent.ActRead); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("for another child: %v", errors.Unwrap(err))
		}
	})
}

// TestADelegateIsToldThatTheNewestIsOver: not that an older one is not for it.
func TestADelegateIsToldThatTheNewestIsOver(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		child, mother := w.NewPatient("Leo"), newMother(w, "Maria", "Northside")
		var newest wallet.Given
		for _, act := range []consent.Act{consent.ActGive, consent.ActRead} {
			var err error
			newest, _, err = child.Give(t.Context(), w.ContactOf(child, mother), parentOf(3000*24*time.Hour, act))
			w.Must(err)
			_, err = mother.Collect(t.Context())
			w.Must(err)
		}
		if _, err := mother.DelegationFor(child.Subject(), consent.ActRead); err != nil {
			t.Errorf("while it holds: %v", err)
		}
		w.Must(mother.MarkOver(newest.Grant))
		_, err := mother.DelegationFor(child.Subject(), consent.ActRead)
		if stele.KindOf(err) != stele.KindDenied || !strings.Contains(stele.TextOf(err), "taken back, or is over") {
			t.Errorf("when it is over: %v", err)
		}
	})
}

// TestAMotherLetsAClinicWrite: what the clinic delivers under her grant comes with the documents,
// and vaults take it only where they allow it.
func TestAMotherLetsAClinicWrite(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ctx := t.Context()
		child, mother, clinic := w.NewPatient("Leo"), newMother(w, "Maria", "Northside"), w.Orgs["Lakeview"]
		for _, c := range []struct {
			acts  []consent.Act
			takes bool
		}{{[]consent.Act{consent.ActRead, consent.ActWrite}, true}, {[]consent.Act{consent.ActGive}, false}} {
			given, _, err := child.Give(ctx, w.ContactOf(child, mother), parentOf(3000*24*time.Hour, c.acts...))
			w.Must(err)
			_, err = mother.Collect(ctx)
			w.Must(err)
			under, err := mother.DelegationFor(child.Subject(), c.acts[0])
			w.Must(err)
			write, err := under.Narrow(wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0)))
			w.Must(err)
			if _, _, err = mother.GiveFor(ctx, under, w.ContactOf(mother, clinic), write); (err == nil) != c.takes {
				t.Errorf("acts %v: given: %v", c.acts, err)
			}
			if !c.takes {
				return
			}
			_, err = clinic.Collect(ctx)
			w.Must(err)
			held, err := clinic.HeldWriteGrant(child.Subject())
			w.Must(err)
			bare := held
			bare.Above = nil
			note := town.Note("a1", stele.Allergies, "2020-01-02")
			if _, err := clinic.Delivery.Deliver(ctx, bare, []delivery.Incoming{note}); stele.KindOf(err) != stele.KindDenied {
				t.Errorf("without the documents: %v", err)
			}
			if _, err := clinic.Delivery.Deliver(ctx, held, []delivery.Incoming{note}); err != nil {
				t.Errorf("with them: %v", err)
			}
			_, err = child.Revoke(ctx, given.Grant)
			w.Must(err)
			w.WriteBlock()
			if _, err := clinic.Delivery.Deliver(ctx, held, []delivery.Incoming{note}); stele.KindOf(err) != stele.KindDenied {
				t.Errorf("after the mother's delegation was taken back: %v", err)
			}
		}
	})
}

// letsAct has a child let its mother act for it, by some acts, and returns what she holds.
func letsAct(w *town.Town, child, mother *client.Session, acts ...consent.Act) wallet.Held {
	_, _, err := child.Give(w.T.Context(), w.ContactOf(child, mother), parentOf(3000*24*time.Hour, acts...))
	w.Must(err)
	_, err = mother.Collect(w.T.Context())
	w.Must(err)
	held, err := mother.DelegationFor(child.Subject(), acts...)
	w.Must(err)
	return held
}

// TestADelegateAnswersForSomebody: who asks her for the child's chart gets a grant that she gives by
// her delegation, if that lets her answer and give; and nothing is asked of the child.
func TestADelegateAnswersForSomebody(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ctx := t.Context()
		child, mother, doctor := w.NewPatient("Leo", "Northside"), newMother(w, "Maria", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", child, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("r1", stele.Results, "2021-01-02"))
		wish := wallet.AskTerms{Purpose: stele.Treatment, Categories: []stele.Category{stele.Allergies, stele.Results}, For: time.Hour, Reason: "a rash"}
		terms := wallet.Terms{
			Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{stele.Allergies}, End: mother.Clock().Add(time.Hour),
		}
		asked := func() wallet.Request {
			t.Helper()
			all, _, err := mother.Requests(ctx)
			w.Must(err)
			for _, r := range all {
				if r.Waits(mother.Clock()) && r.For == child.Subject() {
					return r
				}
			}
			t.Fatal("the mother is not asked")
			return wallet.Request{}
		}
		_, again, err := doctor.AskDelegate(ctx, mother.Subject(), child.Subject(), wish)
		if err != nil || again {
			t.Fatal(again, err)
		}
		if _, again, err := doctor.AskDelegate(ctx, mother.Subject(), child.Subject(), wish); err != nil || !again {
			t.Errorf("asked twice: %v, %v", again, err)
		}
		if _, again, err := doctor.Ask(ctx, mother.Subject(), wish); err != nil || again {
			t.Errorf("the same of her own chart is another request: %v, %v", again, err)
		}
		if own, _, err := child.Requests(ctx); err != nil || len(own) != 0 {
			t.Errorf("the child is asked: %v, %v", own, err)
		}
		if all, _, err := mother.Requests(ctx); err != nil || len(all) != 2 {
			t.Errorf("the mother has %d requests: %v", len(all), err)
		}
		for _, acts := range [][]consent.Act{nil, {consent.ActRead, consent.ActGive}, {consent.ActRead, consent.ActAnswer}} {
			if acts != nil {
				letsAct(w, child, mother, acts...)
			}
			if _, _, err := mother.Answer(ctx, asked(), terms); stele.KindOf(err) != stele.KindDenied {
				t.Errorf("by acts %v: %v", acts, err)
			}
		}
		letsAct(w, child, mother, consent.ActGive, consent.ActAnswer)
		r := asked()
		given, _, err := mother.Answer(ctx, r, terms)
		w.Must(err)
		if given.For != child.Subject() || given.Under.IsZero() {
			t.Errorf("given for %v under %v", given.For, given.Under)
		}
		if _, _, err := mother.Answer(ctx, r, terms); stele.KindOf(err) != stele.KindProof {
			t.Errorf("the same key again: %v", err)
		}
		_, err = doctor.Collect(ctx)
		w.Must(err)
		chart, err := doctor.Charts.OpenChart(ctx, child.Subject(), reading.Question{Purpose: stele.Treatment})
		w.Must(err)
		if len(chart.Records) != 1 {
			t.Errorf("the doctor sees %d records", len(chart.Records))
		}
	})
}

// TestADelegateSignsWhatWasShown, however long she thinks about it: the words and the time of the draft, by the delegation
// that allows it, which need not be the newest. What none allows is refused before she is asked.
func TestADelegateSignsWhatWasShown(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ctx := t.Context()
		child, mother, doctor := w.NewPatient("Leo"), newMother(w, "Maria", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		wide := letsAct(w, child, mother, consent.ActGive, consent.ActAnswer)
		narrow := parentOf(3000*24*time.Hour, consent.ActGive, consent.ActAnswer)
		narrow.Categories = []stele.Category{stele.Allergies}
		_, _, err := child.Give(ctx, w.ContactOf(child, mother), narrow)
		w.Must(err)
		_, err = mother.Collect(ctx)
		w.Must(err)
		r := asksTheMother(w, doctor, mother, child)
		terms := town.Terms(stele.Results)
		terms.End = mother.Clock().Add(time.Hour)
		sensitive := terms
		sensitive.Sensitivity = []stele.Sensitivity{stele.PSY}
		if _, err := mother.DraftAnswer(ctx, r, sensitive); stele.KindOf(err) != stele.KindDenied || !strings.Contains(stele.TextOf(err), "you may not give") {
			t.Errorf("what no delegation allows is drafted: %v", err)
		}
		answer, err := mother.DraftAnswer(ctx, r, terms)
		w.Must(err)
		of, err := mother.DraftFor(ctx, wide, w.ContactOf(mother, doctor), terms)
		w.Must(err)
		shown, now := mother.Clock().UTC(), mother.Clock
		mother.Clock = func() time.Time { return now().Add(5 * time.Minute) }
		for what, draft := range map[string]wallet.Draft{"an answer": answer, "a grant": of} {
			given, _, err := mother.GiveDraft(ctx, draft)
			w.Must(err)
			signed, err := consent.Parse(given.Document)
			w.Must(err)
			if text := consent.Presented(signed); text != draft.Says() || signed.Signed.At.After(shown) || signed.Signed.By.Subject != mother.Subject() {
				t.Errorf("%s: shown at %v:\n%s\nsigned at %v by %s:\n%s", what, shown, draft.Says(), signed.Signed.At, signed.Signed.By.Name, text)
			}
			if given.Under != wide.Grant || given.For != child.Subject() || signed.Patient.Subject != child.Subject() {
				t.Errorf("%s: given under %s, want %s", what, given.Under.Short(), wide.Grant.Short())
			}
		}
	})
}

// TestADelegationThatEndsWhileSomebodyThinksGivesNothing: on the day on which the child comes of age the wallet says so,
// long before the ledger would; what was taken back the ledger refuses, and the wallet then knows that it is over.
func TestADelegationThatEndsWhileSomebodyThinksGivesNothing(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ctx := t.Context()
		child, mother, doctor := w.NewPatient("Leo"), newMother(w, "Maria", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		under := letsAct(w, child, mother, consent.ActGive, consent.ActAnswer)
		r := asksTheMother(w, doctor, mother, child)
		terms := town.Terms(stele.Results)
		terms.End = mother.Clock().Add(time.Hour)
		answer, err := mother.DraftAnswer(ctx, r, terms)
		w.Must(err)
		grant, err := mother.DraftFor(ctx, under, w.ContactOf(mother, doctor), terms)
		w.Must(err)
		for what, draft := range map[string]wallet.Draft{"an answer": answer, "a grant": grant} {
			now := mother.Clock
			mother.Clock = func() time.Time { return now().Add(3001 * 24 * time.Hour) }
			if _, _, err := mother.GiveDraft(ctx, draft); stele.KindOf(err) != stele.KindDenied || !strings.Contains(stele.TextOf(err), string(consent.DenyOfAge)) {
				t.Errorf("%s, when he has come of age: %v", what, err)
			}
			mother.Clock = now
		}
		_, err = child.Revoke(ctx, under.Grant)
		w.Must(err)
		w.WriteBlock()
		if _, _, err := mother.GiveDraft(ctx, answer); stele.KindOf(err) != stele.KindDenied || !strings.Contains(stele.TextOf(err), "was taken back, or is over") {
			t.Errorf("by a delegation that was taken back: %v", err)
		}
		if held, err := mother.Delegations(); err != nil || len(held) != 1 || !held[0].Over {
			t.Errorf("after the refusal: %v, %v", held, err)
		}
	})
}

// asksTheMother is a doctor's request for a child's results, also those marked as psychiatric, as its mother has it.
func asksTheMother(w *town.Town, doctor, mother, child *client.Session) wallet.Request {
	_, _, err := doctor.AskDelegate(w.T.Context(), mother.Subject(), child.Subject(), wallet.AskTerms{
		Purpose: stele.Treatment, Categories: []stele.Category{stele.Results}, Sensitivity: []stele.Sensitivity{stele.PSY}, For: time.Hour, Reason: "a rash",
	})
	w.Must(err)
	all, _, err := mother.Requests(w.T.Context())
	w.Must(err)
	if len(all) != 1 {
		w.T.Fatalf("the mother has %d requests", len(all))
	}
	return all[0]
}

// TestADelegateLetsAnotherAct, within what she may, and who lets nobody; it falls with hers.
func TestADelegateLetsAnotherAct(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ctx := t.Context()
		child, mother, sitter := w.NewPatient("Leo", "Northside"), newMother(w, "Maria", "Northside"), newMother(w, "Anna", "Northside")
		w.Delivers("Northside", child, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("r1", stele.Results, "2021-01-02"))
		under := letsAct(w, child, mother, consent.ActRead, consent.ActGive, consent.ActDelegate)
		terms := wallet.Terms{
			Action: stele.ActionDelegate, Purposes: []stele.Purpose{stele.PatientRequest}, Categories: []stele.Category{stele.Allergies},
			Delegation: consent.Delegation{Kind: consent.Carer, Acts: []consent.Act{consent.ActRead}}, End: mother.Clock().Add(24 * time.Hour),
		}
		for what, change := range map[string]func(*wallet.Terms){
			"who lets others act":     func(t *wallet.Terms) { t.Delegation.Acts = []consent.Act{consent.ActRead, consent.ActDelegate} },
			"an act that is not hers": func(t *wallet.Terms) { t.Delegation.Acts = []consent.Act{consent.ActWrite} },
			"what is sensitive":       func(t *wallet.Terms) { t.Sensitivity = []stele.Sensitivity{stele.PSY} },
			"a later end":             func(t *wallet.Terms) { t.End = under.End.Add(time.Hour) },
		} {
			wider := terms
			change(&wider)
			if _, _, err := mother.GiveFor(ctx, under, w.ContactOf(mother, sitter), wider); stele.KindOf(err) != stele.KindDenied {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, _, err := mother.GiveFor(ctx, under, w.ContactOf(mother, sitter), terms)
		w.Must(err)
		_, err = sitter.Collect(ctx)
		w.Must(err)
		chart, err := sitter.Charts.OpenChart(ctx, child.Subject(), reading.Question{Purpose: stele.PatientRequest})
		w.Must(err)
		if len(chart.Records) != 1 {
			t.Errorf("the sitter sees %d records", len(chart.Records))
		}
		held, err := sitter.DelegationFor(child.Subject(), consent.ActRead)
		w.Must(err)
		if _, _, err := sitter.GiveFor(ctx, held, w.ContactOf(sitter, mother), terms); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("the sitter lets somebody act: %v", err)
		}
		_, err = child.Revoke(ctx, under.Grant)
		w.Must(err)
		w.WriteBlock()
		if _, err := sitter.Charts.OpenChart(ctx, child.Subject(), reading.Question{Purpose: stele.PatientRequest}); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("law 2: once the mother acts no more: %v", err)
		}
	})
}
