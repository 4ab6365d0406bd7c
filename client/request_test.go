package client_test

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

func wish(categories ...stele.Category) wallet.AskTerms {
	return wallet.AskTerms{Purpose: stele.Treatment, Categories: categories, For: 24 * time.Hour, Reason: "her knee"}
}

// answer is terms that a patient answers with.
func answer(s *client.Session, lasts time.Duration, categories ...stele.Category) wallet.Terms {
	return wallet.Terms{Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: categories, End: s.Clock().Add(lasts)}
}

func ask(t *testing.T, by, of *client.Session, terms wallet.AskTerms) (again bool) {
	t.Helper()
	_, again, err := by.Ask(t.Context(), of.Subject(), terms)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// waiting are the requests that somebody may answer.
func waiting(t *testing.T, s *client.Session) (list []wallet.Request) {
	t.Helper()
	requests, silent, err := s.Requests(t.Context())
	if err != nil || len(silent) > 0 {
		t.Fatal(silent, err)
	}
	for _, r := range requests {
		if r.Waits(s.Clock()) {
			list = append(list, r)
		}
	}
	return list
}

// TestAPatientGivesPartOfWhatIsAskedFor, in one step: the grant is to the key that came with the
// request, and opens no more than she gave.
func TestAPatientGivesPartOfWhatIsAskedFor(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, doctor := w.NewPatient("Elena Marchetti", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a", stele.Allergies, "2020-01-01"), town.Note("m", stele.Medications, "2020-01-01"))
		keys := doctor.State().Published
		ask(t, doctor, p, wish(stele.Allergies, stele.Medications))
		list := waiting(t, p)
		if len(list) != 1 || list[0].Who != "Dr Okafor at Lakeview" || list[0].Terms.Reason != "her knee" || list[0].KeyIndex != keys {
			t.Fatalf("%+v", list)
		}
		for name, terms := range map[string]wallet.Terms{
			"another part": answer(p, time.Hour, stele.Documents), "the whole chart": answer(p, time.Hour, consent.AllCategories), "nothing": answer(p, time.Hour),
			"longer": answer(p, 25*time.Hour, stele.Allergies),
			"what is sensitive": func() wallet.Terms {
				terms := answer(p, time.Hour, stele.Allergies)
				terms.Sensitivity = []stele.Sensitivity{stele.Sensitivities()[0]}
				return terms
			}(),
			"another purpose": func() wallet.Terms {
				terms := answer(p, time.Hour, stele.Allergies)
				terms.Purposes = []stele.Purpose{stele.Research}
				return terms
			}(),
			"to write": wallet.DirectCareWrite(p.Clock().Add(time.Hour)),
		} {
			if _, _, err := p.Answer(t.Context(), list[0], terms); stele.KindOf(err) != stele.KindUsage {
				t.Errorf("%s: %v", name, err)
			}
		}
		given, _, err := p.Answer(t.Context(), list[0], answer(p, time.Hour, stele.Allergies))
		w.Must(err)
		if _, err := doctor.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
		chart, err := doctor.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		if err != nil || town.IDs(chart) != "a" {
			t.Errorf("%v, %v", chart, err)
		}
		if len(waiting(t, p)) != 0 {
			t.Error("what is answered still waits")
		}
		// A key that has a grant gets no second one.
		if _, _, err := p.Answer(t.Context(), list[0], answer(p, 2*time.Hour, stele.Allergies)); stele.KindOf(err) != stele.KindProof {
			t.Errorf("the same key again: %v", err)
		}
		if known, err := p.GivenGrants(); err != nil || given.KeyIndex != list[0].KeyIndex || known[len(known)-1].Grant != given.Grant {
			t.Errorf("%v, %v", given, err)
		}
	})
}

// TestAskingTwiceDoesNotNag: what waits, or was refused in the last week, is asked once, by the
// asker's wallet and, where that has forgotten, by the patient's; a no reaches nobody.
func TestAskingTwiceDoesNotNag(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, doctor := w.NewPatient("Elena Marchetti", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		if ask(t, doctor, p, wish(stele.Allergies, stele.Medications)) || !ask(t, doctor, p, wish(stele.Medications, stele.Allergies)) {
			t.Error("the asker's wallet does not know that it asked")
		}
		forget := func() { // the asker's wallet has forgotten
			t.Helper()
			wallettest.ForgetAsked(doctor.Wallet)
		}
		forget()
		ask(t, doctor, p, wish(stele.Allergies, stele.Medications))
		list := waiting(t, p)
		if len(list) != 1 {
			t.Fatalf("%d requests wait", len(list))
		}
		w.Must(p.Refuse(list[0]))
		forget()
		if ask(t, doctor, p, wish(stele.Allergies, stele.Medications)); len(waiting(t, p)) != 0 {
			t.Error("it is asked again after a no")
		}
		if held, err := doctor.Collect(t.Context()); err != nil || len(held) != 0 {
			t.Errorf("a no brings something: %v, %v", held, err)
		}
		for _, c := range []stele.Category{stele.Problems, stele.Results, stele.Documents, stele.Procedures} {
			forget()
			_, _, _ = doctor.Ask(t.Context(), p.Subject(), wish(c)) // its member's patience ends, too
		}
		if n := len(waiting(t, p)); n == 0 || n > 3 {
			t.Errorf("%d requests of one asker wait", n)
		}
	})
}

// sends is a member that shows the patient another post than was left with it.
type sends struct {
	members.Directory
	instead *wire.AskRequest
}

func (s sends) Asked(context.Context, *wire.AskedRequest) (*wire.AskedResponse, error) {
	return &wire.AskedResponse{Asked: []*wire.Asked{{Number: 1, Ask: s.instead}}}, nil
}

// keeps is a member's directory that notes what is left there.
type keeps struct {
	members.Directory
	last **wire.AskRequest
}

func (k keeps) Ask(ctx context.Context, in *wire.AskRequest) (*wire.AskResponse, error) {
	*k.last = in
	return k.Directory.Ask(ctx, in)
}

// TestARequestIsOfWhoItSays: a member that puts another's card or signature on what was left with
// it, or shows it to another patient, shows nothing.
func TestARequestIsOfWhoItSays(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, other := w.NewPatient("Elena Marchetti", "Northside"), w.NewPatient("Peter Olsen", "Northside")
		doctor, liar := w.NewDoctor("Dr Okafor", "Lakeview"), w.NewDoctor("Dr Liar", "Lakeview")
		var left *wire.AskRequest
		for i := range doctor.Network.Members {
			doctor.Network.Members[i].Directory = keeps{doctor.Network.Members[i].Directory, &left}
		}
		ask(t, doctor, p, wish(stele.Allergies))
		shown := func(to *client.Session, instead *wire.AskRequest) int {
			t.Helper()
			s := town.Bend(to, "Elm", func(m *members.Member) { m.Directory = sends{m.Directory, instead} })
			for i, m := range s.Network.Members {
				if m.Name != "Elm" {
					s.Network.Members[i].Directory = sends{m.Directory, nil}
				}
			}
			list, _, err := s.Requests(t.Context())
			w.Must(err)
			return len(list)
		}
		card, _, err := liar.Card()
		w.Must(err)
		post := new(wire.AccessPost)
		w.Must(wire.Decode(left.Post.Body, post))
		liars := liar.Subject()
		post.From = liars[:]
		stolen := &wire.AskRequest{Card: card, Post: wire.Sign(wire.TagAsk, post, liar.Keyring().Signer())}
		for name, lie := range map[string]*wire.AskRequest{
			"another's card":        {Card: card, Post: left.Post},
			"sent on as one's own":  stolen,
			"signed by another":     {Card: left.Card, Post: wire.SignBytes(wire.TagAsk, left.Post.Body, liar.Keyring().Signer())},
			"nothing":               {},
			"a card without a post": {Card: left.Card},
		} {
			if n := shown(p, lie); n != 0 {
				t.Errorf("%s is shown", name)
			}
		}
		if shown(other, left) != 0 {
			t.Error("it is shown to another patient")
		}
		if shown(p, left) != 1 {
			t.Error("the true one is not shown")
		}
	})
}
