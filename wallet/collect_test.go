package wallet

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// posts has a stranger put packages into a holder's box that look like grants of a
// patient's. change makes each what it is; the ledger knows none of them.
func posts(w *town, patient stele.Subject, to *Session, action stele.Action, n int, change func(*consent.Grant)) {
	stranger := w.newPerson("A Stranger", Patient)
	box := w.contactOf(stranger, to)
	key, index, err := stranger.takeKey(w.t.Context(), box)
	w.must(err)
	for range n {
		t := terms(consent.AllCategories)
		t.Action, t.End = action, time.Now().AddDate(20, 0, 0)
		g, err := stranger.draft(w.t.Context(), box, key, t)
		w.must(err)
		g.Patient.Subject, g.Signed.By.Subject = patient, patient
		if change != nil {
			change(&g)
		}
		document, err := consent.Marshal(g)
		w.must(err)
		puts(w, box, patient, Given{Grant: g.ID, Document: document, Salt: make([]byte, seal.SaltLen), KeyIndex: index})
	}
}

// puts puts a package into a holder's box.
func puts(w *town, box Contact, patient stele.Subject, g Given) {
	to := box.Subject()
	sealed, err := seal.SealTo(box.Card.SealKey, seal.TagDocument, to[:], wire.Marshal(&wire.GrantPackage{
		Subject: patient[:], Grant: g.Grant[:], Document: g.Document, Salt: g.Salt, KeyIndex: g.KeyIndex,
	}))
	w.must(err)
	_, err = box.Member.Directory.Deliver(w.t.Context(), &wire.DeliverRequest{To: to[:], Sealed: sealed})
	w.must(err)
}

// What a stranger puts into a box is no grant: it is not held, opens nothing, labels
// nothing, and does not stand in front of a grant that is one.
func TestAStrangersPackagesAreNoGrants(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d, h := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview"), w.orgs["Northside"]
		w.delivers("Northside", p, note("a1", stele.Allergies, "2020-01-02"))
		given := w.gives(p, d, stele.Allergies)
		posts(w, p.Subject(), d, stele.ActionRead, 40, nil)
		posts(w, p.Subject(), h, stele.ActionWrite, 40, func(g *consent.Grant) {
			g.Unclassified = []consent.WorstCase{{Sensitivity: []stele.Sensitivity{stele.HIV}}}
		})
		for _, s := range []*Session{d, h} {
			held := len(s.HeldNow())
			if fresh, err := s.Collect(t.Context()); err != nil || len(fresh) != 0 || len(s.HeldNow()) != held {
				t.Errorf("%s collected %d, holds %d of %d: %v", s.Name(), len(fresh), len(s.HeldNow()), held, err)
			}
		}
		if worst := Sure(h.WorstCases(p.Subject(), time.Now())); len(worst) > 0 {
			t.Errorf("a stranger's package labels records: %v", worst)
		}
		chart, err := d.OpenChart(t.Context(), p.Subject(), followUp)
		w.must(err)
		if chart.Access.Grant != given.Grant || ids(chart) != "a1" {
			t.Errorf("opened %q under another grant", ids(chart))
		}
		start := time.Now()
		w.delivers("Northside", p, note("a2", stele.Allergies, "2020-01-03"))
		if took := time.Since(start); took > time.Second {
			t.Errorf("a delivery waited %v for packages of a stranger", took)
		}
		_, err = p.Report(t.Context(), func(l Line) error {
			if l.Event == nil {
				t.Errorf("an asking without a grant in the name of %s", l.Card.GetName())
			}
			return nil
		})
		w.must(err)
		time.Sleep(2 * offeredFor)
		if _, err := d.Collect(t.Context()); err != nil || len(d.OfferedNow()) > 0 {
			t.Errorf("%d packages that are nothing wait for ever: %v", len(d.OfferedNow()), err)
		}
	})
}

// A package counts only with the very document that the patient committed to: one with
// another document, or another's name, does not take the place of the true one, even
// if it came first.
func TestAGrantIsHeldAsThePatientCommittedToIt(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.delivers("Northside", p, note("a1", stele.Allergies, "2020-01-02"))
		box := w.contactOf(p, d)
		given, _, err := bend(p, "Lakeview", func(m *Member) { m.Directory = fullBox{Directory: m.Directory} }).Give(t.Context(), box, terms(stele.Allergies))
		w.wants(err, stele.KindBusy, "a box that is full")
		for _, change := range []func(*Given){
			func(g *Given) { g.Document = []byte(strings.Replace(string(g.Document), "Elena", "Elana", 1)) },
			func(g *Given) { g.Salt = make([]byte, seal.SaltLen) },
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
		_, err = d.OpenChart(t.Context(), p.Subject(), followUp)
		w.must(err)
	})
}

// While nobody can say whether a grant is one, it waits, and is found when it is needed.
func TestAGrantThatNobodyKnowsYetIsFoundWhenItIsNeeded(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.delivers("Northside", p, note("a1", stele.Allergies, "2020-01-02"))
		_, _, err := p.Give(t.Context(), w.contactOf(p, d), terms(stele.Allergies))
		w.must(err)
		behind := d
		for _, name := range w.names {
			behind = bend(behind, name, func(m *Member) { m.Ledger = behindNode{Ledger: m.Ledger} })
		}
		if fresh, err := behind.Collect(t.Context()); err != nil || len(fresh) != 0 || len(d.OfferedNow()) != 1 {
			t.Fatalf("collected %d, %d wait: %v", len(fresh), len(d.OfferedNow()), err)
		}
		chart, err := d.OpenChart(t.Context(), p.Subject(), followUp)
		w.must(err)
		if ids(chart) != "a1" {
			t.Errorf("opened %q", ids(chart))
		}
	})
}

// Where the ledger refuses under one grant, the next one is tried before anybody is
// told that there is no access.
func TestTheNextGrantIsTriedWhereTheLedgerRefuses(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.delivers("Northside", p, note("a1", stele.Allergies, "2020-01-02"))
		good := w.gives(p, d, stele.Allergies)
		for range 2 {
			_, err := p.Revoke(t.Context(), w.gives(p, d, stele.Medications).Grant)
			w.must(err)
		}
		chart, err := d.OpenChart(t.Context(), p.Subject(), followUp)
		w.must(err)
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
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena"), w.newDoctor("Dr Okafor", "Lakeview")
		w.gives(p, d, stele.Allergies)
		Amend(d.Wallet, heldRows, func(i int, x *Held) {
			if i == 0 {
				x.End = time.Now().Add(-keptEnded + time.Minute)
			}
		})
		if _, err := d.Collect(t.Context()); err != nil || len(d.HeldNow()) != 1 {
			t.Fatalf("forgotten before anybody could hear that it has ended: %v", err)
		}
		Amend(d.Wallet, heldRows, func(i int, x *Held) {
			if i == 0 {
				x.End = time.Now().Add(-keptEnded - time.Minute)
			}
		})
		if _, err := d.Collect(t.Context()); err != nil || len(d.HeldNow()) > 0 {
			t.Errorf("%d held for ever: %v", len(d.HeldNow()), err)
		}
	})
}

// forward is a directory that once gives its deliveries numbers of the far future.
type forward struct{ Directory }

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
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Patients")
		lied := d
		for _, name := range w.names {
			lied = bend(lied, name, func(m *Member) { m.Directory = forward{m.Directory} })
		}
		_, err := lied.Collect(t.Context())
		w.must(err)
		for i := range 2 {
			_, _, err = p.Give(t.Context(), w.contactOf(p, d), Terms{
				Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{consent.AllCategories}, End: time.Now().Add(time.Duration(i+2) * 24 * time.Hour),
			})
			w.must(err)
			if fresh, err := d.Collect(t.Context()); err != nil || len(fresh) != 1 {
				t.Errorf("%d grants came, %v", len(fresh), err)
			}
			if home := d.State().Collected[d.State().Home]; home == math.MaxUint64 {
				t.Error("it goes on from a number that no directory has")
			}
		}
	})
}
