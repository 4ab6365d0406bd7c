package trustee

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Faults that were once planted in the judge and seen by no test. Each case fails
// when its rule is taken out.

// exchange puts another document in place of the grant's, on the ledger too, so
// that nothing but what it says is wrong.
func (o *opening) exchange(change func(*consent.Grant)) {
	g, err := consent.Parse(o.read.Document)
	if err != nil {
		o.w.t.Fatal(err)
	}
	change(&g)
	document, err := consent.Marshal(g)
	if err != nil {
		o.w.t.Fatal(err)
	}
	salt := seal.NewSalt()
	o.read.Document, o.read.DocumentSalt = document, salt[:]
	o.w.book.Lock()
	defer o.w.book.Unlock()
	o.grant.Commitment = seal.Commit(salt, seal.TagGrant, document)
	o.w.book.Grants[o.grant.ID] = o.grant
}

func TestR2ADocumentIsOfItsGrant(t *testing.T) {
	for name, change := range map[string]func(*town, *consent.Grant){
		"another id":      func(_ *town, g *consent.Grant) { g.ID = stele.NewID() },
		"another patient": func(w *town, g *consent.Grant) { g.Patient.Subject = w.thief.subject; g.Signed.By = g.Patient },
		"another key":     func(_ *town, g *consent.Grant) { g.Grantee = wire.Key(wire.NewEd25519().Public()) },
		"another action":  func(_ *town, g *consent.Grant) { g.Action = stele.ActionWrite },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			o := w.open(nil, nil)
			o.exchange(func(g *consent.Grant) { change(w, g) })
			_, err := o.ask(0)
			refused(t, w, err, 0, "the grant document is of another grant")
			o.exchange(func(g *consent.Grant) {
				g.ID, g.Patient.Subject, g.Grantee, g.Action = o.grant.ID, w.patient.subject, o.grant.Grantee, stele.ActionRead
				g.Signed.By = g.Patient
			})
			mustRelease(t, o, 0)
		})
	}
}

func TestR1AnOpeningIsOfItsPatientAndGrant(t *testing.T) {
	for name, change := range map[string]func(*town, *stele.Access){
		"another subject": func(w *town, a *stele.Access) { a.Subject = w.thief.subject },
		"another grant":   func(_ *town, a *stele.Access) { a.Grant = stele.NewID() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			o := w.open(nil, nil)
			w.book.Lock()
			a := o.access
			change(w, &a)
			w.book.Accesses[a.Request] = a
			w.book.Unlock()
			_, err := o.ask(0)
			refused(t, w, err, 0, "the opening on the ledger is another one")
		})
	}
}

func TestLaw1ADetailIsOfItsOpening(t *testing.T) {
	other := stele.NewID()
	for name, change := range map[string]func(*town, *wire.AccessDetail){
		"another subject": func(w *town, d *wire.AccessDetail) { d.Subject = w.thief.subject[:] },
		"another request": func(_ *town, d *wire.AccessDetail) { d.Request = other[:] },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			_, err := w.open(nil, func(d *wire.AccessDetail) { change(w, d) }).ask(0)
			refused(t, w, err, 0, "the details shown are of another opening")
		})
	}
}

// TestR1OldRequestsAreRefused: to the millisecond, either way.
func TestR1OldRequestsAreRefused(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	for age, good := range map[time.Duration]bool{
		stele.Fresh: true, stele.Fresh + time.Millisecond: false, -stele.Fresh: true, -stele.Fresh - time.Millisecond: false, 24 * time.Hour: false,
	} {
		o.read.Audience, o.read.AtMs = w.members[0][:], w.now().Add(-age).UnixMilli()
		_, err := o.send(0, wire.Sign(wire.TagRead, &o.read, o.grantee, w.doctor.sign))
		if good != (err == nil) {
			t.Errorf("a request of %v: %v", age, err)
		}
		if !good {
			same(t, err)
		}
	}
}

// TestR2TheEndIsNotWithin: at the very moment of its end a grant has ended.
func TestR2TheEndIsNotWithin(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	set := func(end time.Time) {
		w.book.Lock()
		defer w.book.Unlock()
		o.grant.End = end
		w.book.Grants[o.grant.ID] = o.grant
	}
	w.pass(time.Second, false) // by our own clock: the block's says "not yet"
	set(w.now())
	_, err := o.ask(0)
	refused(t, w, err, 0, "the grant has ended")
	set(w.now().Add(time.Millisecond))
	mustRelease(t, o, 0)
}

// TestLaw2TheDocumentsEndIsJudgedNow, not when the chart was opened, and by the
// document even where the ledger has a later one.
func TestLaw2TheDocumentsEndIsJudgedNow(t *testing.T) {
	w := newTown(t)
	o := w.open(func(g *consent.Grant) { g.End = w.now().Add(time.Minute) }, nil)
	w.book.Lock()
	o.grant.End = o.grant.End.Add(time.Hour)
	w.book.Grants[o.grant.ID] = o.grant
	w.book.Unlock()
	mustRelease(t, o, 0)
	w.pass(2*time.Minute, true)
	_, err := o.ask(0)
	refused(t, w, err, 0, string(consent.DenyEnded))
}

// TestLaw2TheGrantIsForWhoShowsTheCard: another doctor with a card as good, who
// got hold of the grantee's key, reads nothing.
func TestLaw2TheGrantIsForWhoShowsTheCard(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, func(d *wire.AccessDetail) {
		card := w.cardOf(d)
		card.Subject = w.thief.subject[:]
		d.Card = wire.Sign(wire.TagCard, card, w.thief.sign, w.issuer)
	})
	o.read.Audience, o.read.AtMs = w.members[0][:], w.now().UnixMilli()
	_, err := o.send(0, wire.Sign(wire.TagRead, &o.read, o.grantee, w.thief.sign))
	refused(t, w, err, 0, string(consent.DenyWho))
}

// TestLaw1NothingGoesOutThatCannotBeKept: when the record of a release fails, for
// whatever reason, the release does not go out.
func TestLaw1NothingGoesOutThatCannotBeKept(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	mustRelease(t, o, 0)
	r := &w.trustees[0].releases
	r.mu.Lock()
	*r.at(o.access.Request, o.access.Until, w.now()) = counted{times: accessTimes}
	r.mu.Unlock()
	_, err := o.ask(0)
	refused(t, w, err, 0, "the trustee could not keep a record of the reading")
}

// TestCapsulesSayWhatTheirPlaceSays: a label with a field that is not understood,
// a folio of another suite, a capsule of other bytes, and no capsule at all.
func TestCapsulesSayWhatTheirPlaceSays(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	good := o.refs

	strange := w.label(stele.Allergies)
	strange.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 900, protowire.VarintType), 1))
	o.refs = w.anchor(w.patient.subject, strange).refs
	_, err := o.ask(0)
	refused(t, w, err, 0, "a label is malformed")

	w.bendHead = func(h *wire.FolioHead) { h.Suite = 9 }
	o.refs = w.anchor(w.patient.subject, w.label(stele.Allergies)).refs
	w.bendHead = nil
	_, err = o.ask(0)
	refused(t, w, err, 0, "a folio is malformed")

	o.refs = nil
	_, err = o.ask(0)
	refused(t, w, err, 0, "nothing was asked for")

	swapped := w.anchor(w.patient.subject, w.label(stele.Allergies), w.label(stele.Allergies)).refs
	swapped[0].Capsule, swapped[1].Capsule = swapped[1].Capsule, swapped[0].Capsule
	o.refs = swapped
	_, err = o.ask(0)
	refused(t, w, err, 0, "a capsule is not what its place says")

	o.refs = good
	mustRelease(t, o, 0)
}

// TestR8ASlowDiskDelaysNoRefusal: only refusals of known cards are kept, so a disk
// that is slow to keep them would tell a known card from an unknown one.
func TestR8ASlowDiskDelaysNoRefusal(t *testing.T) {
	w := newTown(t, func(c *Config) { c.Refusal = 20 * time.Millisecond })
	shelf := w.trustees[0].shelf
	shelf.mu.Lock() // the disk takes its time
	began := time.Now()
	err := w.asks(w.doctor, "x", w.issuer)
	took := time.Since(began)
	time.Sleep(100 * time.Millisecond)
	shelf.mu.Unlock()
	same(t, err)
	if took > 80*time.Millisecond {
		t.Errorf("refused after %v", took)
	}
	if all := details(w, 0); len(all) != 1 {
		t.Errorf("%d attempts are told", len(all))
	}
}

// TestAStatementThatIsNotKeptIsNotSaidToBe: for which there is no room, told once more as well.
func TestAStatementThatIsNotKeptIsNotSaidToBe(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	said := func() error {
		_, err := w.trustees[0].View(context.Background(), &wire.ViewRequest{
			Viewed: wire.Sign(wire.TagViewed, &wire.Viewed{
				Chain: chainID, Subject: w.patient.subject[:], Request: o.read.Request, AtMs: w.now().UnixMilli(), Records: 1,
			}, o.grantee, w.doctor.sign), Detail: o.read.Detail, DetailSalt: o.read.DetailSalt,
		})
		return err
	}
	taken := &w.trustees[0].releases
	*taken.at(o.access.Request, w.now().Add(time.Hour), w.now()) = counted{times: accessTimes}
	for range 2 {
		if err := said(); err != refusal {
			t.Errorf("without room: %v", err)
		}
	}
	delete(taken.of, o.access.Request)
	for range 2 {
		if err := said(); err != nil {
			t.Errorf("with room: %v", err)
		}
	}
}
