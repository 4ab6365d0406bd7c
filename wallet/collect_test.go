package wallet_test

import (
	"context"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// posts has a stranger put packages into a holder's box that look like grants of a
// patient's. change makes each what it is; the ledger knows none of them.
func posts(w *town.Town, patient stele.Subject, to *client.Session, action stele.Action, n int, change func(*consent.Grant)) {
	stranger := w.NewPerson("A Stranger", wallet.Patient)
	box := w.ContactOf(stranger, to)
	key, index, err := stranger.TakeKey(w.T.Context(), box)
	w.Must(err)
	for range n {
		t := town.Terms(consent.AllCategories)
		t.Action, t.End = action, time.Now().AddDate(20, 0, 0)
		d, err := stranger.Draft(w.T.Context(), box, t)
		w.Must(err)
		g := d.Of(key)
		g.Patient.Subject, g.Signed.By.Subject = patient, patient
		if change != nil {
			change(&g)
		}
		document, err := consent.Marshal(g)
		w.Must(err)
		puts(w, box, patient, wallet.Given{Grant: g.ID, Document: document, Salt: make([]byte, seal.SaltLen), KeyIndex: index})
	}
}

// puts puts a package into a holder's box.
func puts(w *town.Town, box wallet.Contact, patient stele.Subject, g wallet.Given) {
	to := box.Subject()
	sealed, err := seal.SealTo(box.Card.SealKey, seal.TagDocument, to[:], wire.Marshal(&wire.GrantPackage{
		Subject: patient[:], Grant: g.Grant[:], Document: g.Document, Salt: g.Salt, KeyIndex: g.KeyIndex,
	}))
	w.Must(err)
	_, err = box.Member.Directory.Deliver(w.T.Context(), &wire.DeliverRequest{To: to[:], Sealed: sealed})
	w.Must(err)
}

// What a stranger puts into a box is no grant: it is not held, opens nothing, labels
// nothing, and does not stand in front of a grant that is one.
func TestAStrangersPackagesAreNoGrants(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d, h := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview"), w.Orgs["Northside"]
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		given := w.Gives(p, d, stele.Allergies)
		posts(w, p.Subject(), d, stele.ActionRead, 40, nil)
		posts(w, p.Subject(), h, stele.ActionWrite, 40, func(g *consent.Grant) {
			g.Unclassified = []consent.WorstCase{{Sensitivity: []stele.Sensitivity{stele.HIV}}}
		})
		for _, s := range []*client.Session{d, h} {
			held := len(s.HeldNow())
			if fresh, err := s.Collect(t.Context()); err != nil || len(fresh) != 0 || len(s.HeldNow()) != held {
				t.Errorf("%s collected %d, holds %d of %d: %v", s.Name(), len(fresh), len(s.HeldNow()), held, err)
			}
		}
		if worst := wallet.Sure(h.WorstCases(p.Subject(), time.Now())); len(worst) > 0 {
			t.Errorf("a stranger's package labels records: %v", worst)
		}
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		if chart.Access.Grant != given.Grant || town.IDs(chart) != "a1" {
			t.Errorf("opened %q under another grant", town.IDs(chart))
		}
		start := time.Now()
		w.Delivers("Northside", p, town.Note("a2", stele.Allergies, "2020-01-03"))
		if took := time.Since(start); took > time.Second {
			t.Errorf("a delivery waited %v for packages of a stranger", took)
		}
		_, err = p.Account.Report(t.Context(), func(l account.Line) error {
			if l.Event == nil {
				t.Errorf("an asking without a grant in the name of %s", l.Card.GetName())
			}
			return nil
		})
		w.Must(err)
		time.Sleep(2 * wallet.OfferedFor)
		if _, err := d.Collect(t.Context()); err != nil || len(d.OfferedNow()) > 0 {
			t.Errorf("%d packages that are nothing wait for ever: %v", len(d.OfferedNow()), err)
		}
	})
}

// A package counts only with the very document that the patient committed to: one with
// another document, or another's name, does not take the place of the true one, even
// if it came first.
func TestAGrantIsHeldAsThePatientCommittedToIt(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		box := w.ContactOf(p, d)
		given, _, err := town.Bend(p, "Lakeview", func(m *members.Member) { m.Directory = town.FullBox{Directory: m.Directory} }).Give(t.Context(), box, town.Terms(stele.Allergies))
		w.Wants(err, stele.KindBusy, "a box that is full")
		for _, change := range []func(*wallet.Given){
			func(g *wallet.Given) { g.Document = []byte(strings.Replace(string(g.Document), "Elena", "Elana", 1)) },
			func(g *wallet.Given) { g.Salt = make([]byte, seal.SaltLen) },
		} {
			wrong := given
			change(&wrong)
			puts(w, box, p.Subject(), wrong)
		}
		if fresh, err := d.Collect(t.Context()); err != nil || len(fresh) != 0 {
			t.Errorf("%d documents count that she did not commit to: %v", len(fresh), err)
		}
		puts(w, box, p.Subject(), given)
		if fresh, err := d.Collect(t.Context()); err != nil || len(fresh) != 1 || string(d.HeldNow()[0].Document) != string(given.Document) {
			t.Fatalf("the true one: %d, %v", len(fresh), err)
		}
		if len(d.OfferedNow()) > 0 {
			t.Errorf("%d others of the same id still wait", len(d.OfferedNow()))
		}
		_, err = d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
	})
}

// While nobody can say whether a grant is one, it waits, and is found when it is needed.
func TestAGrantThatNobodyKnowsYetIsFoundWhenItIsNeeded(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		_, _, err := p.Give(t.Context(), w.ContactOf(p, d), town.Terms(stele.Allergies))
		w.Must(err)
		behind := d
		for _, name := range w.Names {
			behind = town.Bend(behind, name, func(m *members.Member) { m.Ledger = town.BehindNode{Ledger: m.Ledger} })
		}
		if fresh, err := behind.Collect(t.Context()); err != nil || len(fresh) != 0 || len(d.OfferedNow()) != 1 {
			t.Fatalf("collected %d, %d wait: %v", len(fresh), len(d.OfferedNow()), err)
		}
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		if town.IDs(chart) != "a1" {
			t.Errorf("opened %q", town.IDs(chart))
		}
	})
}

// Where the ledger refuses under one grant, the next one is tried before anybody is
// told that there is no access.
func TestTheNextGrantIsTriedWhereTheLedgerRefuses(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		good := w.Gives(p, d, stele.Allergies)
		for range 2 {
			_, err := p.Revoke(t.Context(), w.Gives(p, d, stele.Medications).Grant)
			w.Must(err)
		}
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		if chart.Access.Grant != good.Grant {
			t.Error("opened under another grant")
		}
		for _, g := range d.HeldNow() {
			if g.Over == (g.Grant == good.Grant) {
				t.Errorf("of %s it is known: over %v", g.Grant, g.Over)
			}
		}
	})
}

// A grant that ended long ago is not kept.
func TestGrantsThatEndedLongAgoAreForgotten(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Gives(p, d, stele.Allergies)
		wallet.Amend(d.Wallet, wallet.HeldRows, func(i int, x *wallet.Held) {
			if i == 0 {
				x.End = time.Now().Add(-wallet.KeptEnded + time.Minute)
			}
		})
		if _, err := d.Collect(t.Context()); err != nil || len(d.HeldNow()) != 1 {
			t.Fatalf("forgotten before anybody could hear that it has ended: %v", err)
		}
		wallet.Amend(d.Wallet, wallet.HeldRows, func(i int, x *wallet.Held) {
			if i == 0 {
				x.End = time.Now().Add(-wallet.KeptEnded - time.Minute)
			}
		})
		if _, err := d.Collect(t.Context()); err != nil || len(d.HeldNow()) > 0 {
			t.Errorf("%d held for ever: %v", len(d.HeldNow()), err)
		}
	})
}

// forward is a directory that once gives its deliveries numbers of the far future.
type forward struct{ members.Directory }

func (f forward) Collect(ctx context.Context, in *wire.CollectRequest) (*wire.CollectResponse, error) {
	out, err := f.Directory.Collect(ctx, in)
	if err == nil {
		out = &wire.CollectResponse{Deliveries: append(out.Deliveries, &wire.Delivery{Number: math.MaxUint64, Sealed: []byte("x")})}
	}
	return out, err
}

// TestPostArrivesWhateverNumbersADirectoryGave: also of one that was put back from a
// backup since.
func TestPostArrivesWhateverNumbersADirectoryGave(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Patients")
		lied := d
		for _, name := range w.Names {
			lied = town.Bend(lied, name, func(m *members.Member) { m.Directory = forward{m.Directory} })
		}
		_, err := lied.Collect(t.Context())
		w.Must(err)
		for i := range 2 {
			_, _, err = p.Give(t.Context(), w.ContactOf(p, d), wallet.Terms{
				Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{consent.AllCategories}, End: time.Now().Add(time.Duration(i+2) * 24 * time.Hour),
			})
			w.Must(err)
			was := d.State().Collected
			before := maps.Clone(was)
			if fresh, err := d.Collect(t.Context()); err != nil || len(fresh) != 1 {
				t.Errorf("%d grants came, %v", len(fresh), err)
			}
			if !maps.Equal(was, before) {
				t.Error("what a state says changes in the hand of who has it")
			}
			if home := d.State().Collected[d.State().Home]; home == math.MaxUint64 {
				t.Error("it goes on from a number that no directory has")
			}
		}
	})
}
