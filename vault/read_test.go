package vault

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

func TestLaw2ReadingIsRefusedAlike(t *testing.T) {
	w := newWorld(t, 2, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 2, 50))
	grant := func(r *reading, f func(*stele.Grant)) {
		w.ledger.Change(func() { g := w.ledger.Grants[r.grant.ID]; f(&g); w.ledger.Grants[r.grant.ID] = g })
	}
	access := func(r *reading, f func(*stele.Access)) {
		id := stele.ID(r.req.Request)
		w.ledger.Change(func() { a := w.ledger.Accesses[id]; f(&a); w.ledger.Accesses[id] = a })
	}
	// again commits to what the request shows, so that only its content is wrong.
	again := func(r *reading) {
		access(r, func(a *stele.Access) {
			a.Detail = seal.Commit(seal.Salt(r.req.DetailSalt), seal.TagDetail, r.req.Detail)
		})
		grant(r, func(g *stele.Grant) {
			g.Commitment = seal.Commit(seal.Salt(r.req.DocumentSalt), seal.TagGrant, r.req.Document)
		})
	}
	detail := func(r *reading, f func(*wire.AccessDetail)) {
		var d wire.AccessDetail
		_ = wire.Decode(r.req.Detail, &d)
		f(&d)
		r.req.Detail = wire.Marshal(&d)
		again(r)
	}
	card := func(signers ...wire.Signer) func(*reading) {
		return func(r *reading) {
			detail(r, func(d *wire.AccessDetail) { d.Card = wire.SignBytes(wire.TagCard, d.Card.Body, signers...) })
		}
	}
	now := w.now()
	cases := map[string]func(*reading){
		"another chain":         func(r *reading) { r.req.Chain = "x" },
		"too old":               func(r *reading) { r.req.AtMs -= (5*time.Minute + time.Second).Milliseconds() },
		"of the future":         func(r *reading) { r.req.AtMs += (5*time.Minute + time.Second).Milliseconds() },
		"an unknown subject":    func(r *reading) { r.req.Subject = w.source[:] },
		"a malformed subject":   func(r *reading) { r.req.Subject = []byte{1} },
		"no grant":              func(r *reading) { r.req.Grant = nil },
		"an unknown grant":      func(r *reading) { id := stele.NewID(); r.req.Grant = id[:] },
		"an unknown access":     func(r *reading) { id := stele.NewID(); r.req.Request = id[:] },
		"another signer":        func(r *reading) { r.signer = w.doctorKey },
		"another reader key":    func(r *reading) { r.req.ReaderKey = []byte("mine") },
		"another detail":        func(r *reading) { r.req.Detail = append(r.req.Detail, 0x98, 0x06, 1) },
		"another detail salt":   func(r *reading) { r.req.DetailSalt[0] ^= 1 },
		"another document":      func(r *reading) { r.req.Document = append(r.req.Document, ' ') },
		"another document salt": func(r *reading) { r.req.DocumentSalt[0] ^= 1 },
		"revoked":               func(r *reading) { grant(r, func(g *stele.Grant) { g.Status = stele.GrantRevoked }) },
		"ended":                 func(r *reading) { grant(r, func(g *stele.Grant) { g.Status = stele.GrantEnded }) },
		"ended by the clock":    func(r *reading) { grant(r, func(g *stele.Grant) { g.End = now }) },
		"not begun":             func(r *reading) { grant(r, func(g *stele.Grant) { g.NotBefore = now.Add(1) }) },
		"a grant for writing":   func(r *reading) { grant(r, func(g *stele.Grant) { g.Action = stele.ActionWrite }) },
		"a grant of another":    func(r *reading) { grant(r, func(g *stele.Grant) { g.Subject = w.doctor }) },
		"the window closed":     func(r *reading) { access(r, func(a *stele.Access) { a.Until = now.Add(-time.Millisecond) }) },
		"an access of another":  func(r *reading) { access(r, func(a *stele.Access) { a.Subject = w.doctor }) },
		"an access to another grant": func(r *reading) {
			access(r, func(a *stele.Access) { a.Grant = stele.NewID() })
		},
		"a detail of another opening": func(r *reading) {
			detail(r, func(d *wire.AccessDetail) { id := stele.NewID(); d.Request = id[:] })
		},
		"a detail of another patient": func(r *reading) { detail(r, func(d *wire.AccessDetail) { d.Subject = w.doctor[:] }) },
		"another purpose":             func(r *reading) { detail(r, func(d *wire.AccessDetail) { d.Purpose = "HRESCH" }) },
		"no purpose":                  func(r *reading) { detail(r, func(d *wire.AccessDetail) { d.Purpose = "" }) },
		"no card":                     func(r *reading) { detail(r, func(d *wire.AccessDetail) { d.Card = nil }) },
		"a card by no issuer":         card(w.doctorKey),
		"a card by a false issuer":    card(w.doctorKey, wire.NewEd25519()),
		"a card not by its holder":    card(w.issuer),
		"a card that has expired": func(r *reading) {
			detail(r, func(d *wire.AccessDetail) {
				d.Card = wire.Sign(wire.TagCard, &wire.Card{Chain: chain, Subject: w.doctor[:], ExpiresMs: now.UnixMilli()}, w.doctorKey, w.issuer)
			})
		},
		"a card of somebody else": func(r *reading) {
			w.ledger.Change(func() { w.ledger.Subjects[w.source] = w.ledger.Subjects[w.doctor] })
			detail(r, func(d *wire.AccessDetail) {
				d.Card = wire.Sign(wire.TagCard, &wire.Card{Chain: chain, Subject: w.source[:], ExpiresMs: now.Add(time.Hour).UnixMilli()}, w.doctorKey, w.issuer)
			})
		},
		"a document of another grant": func(r *reading) {
			r.req.Document = w.reader(nil).req.Document
			again(r)
		},
		"a document that is none": func(r *reading) { r.req.Document = []byte("{}"); again(r) },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			r := w.reader(nil)
			if _, err := r.list(0); err != nil {
				t.Fatalf("before spoiling: %v", err)
			}
			spoil(r)
			list, err := r.list(0)
			if err != ErrDenied || list != nil {
				t.Errorf("list: %v, %v", list, err)
			}
			got, err := r.records(0, [][]byte{nameIn(sub, 0)})
			if err != ErrDenied || len(got) != 0 {
				t.Errorf("records: %v", err)
			}
		})
	}
	t.Run("another audience", func(t *testing.T) {
		r := w.reader(nil)
		signed := r.signed(1)
		if _, err := w.v(0).ListFolios(context.Background(), &wire.ListFoliosRequest{Request: signed}); err != ErrDenied {
			t.Error(err)
		}
	})
	t.Run("a node that is behind", func(t *testing.T) {
		r := w.reader(nil)
		newest := w.ledger.Newest()
		w.ledger.Change(func() { w.ledger.Block.Time = newest.Time.Add(-31 * time.Second) })
		if _, err := r.list(0); err != ErrDenied {
			t.Error(err)
		}
		w.ledger.Change(func() { w.ledger.Block = newest })
	})
	t.Run("the window by block time", func(t *testing.T) {
		r := w.reader(nil)
		newest := w.ledger.Newest()
		w.ledger.Change(func() { w.ledger.Block.Time = newest.Time.Add(61 * time.Second) })
		if _, err := r.list(0); err != ErrDenied {
			t.Error(err)
		}
		w.ledger.Change(func() { w.ledger.Block = newest })
	})
	t.Run("used up by this access", func(t *testing.T) {
		r := w.reader(nil)
		grant(r, func(g *stele.Grant) { g.Status = stele.GrantUsedUp })
		if _, err := r.list(0); err != nil {
			t.Error(err)
		}
	})
}

func TestOnlyWhatIsInScopeGoesOut(t *testing.T) {
	w := newWorld(t, 1, 0)
	secret := plainFolio(stele.Results, 2024, 1, 20)
	secret.sensitivity = []string{"PSY"}
	dated := leafs{category: stele.Vitals, year: 2024, papers: []paper{{"january", "2024-01-31"}, {"june", "2024-06-01T10:00:00Z"}, {"whole year", "2024"}, {"no date", ""}}}
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 2, 20), plainFolio(stele.Problems, 2024, 1, 20), plainFolio(stele.Results, 2020, 1, 20), secret, dated)
	id := func(i int) []byte { return nameIn(sub, i) }
	for name, c := range map[string]struct {
		change func(*consent.Grant, *wire.AccessDetail)
		want   []int
	}{
		"all but sensitive": {func(*consent.Grant, *wire.AccessDetail) {}, []int{0, 1, 2, 4}},
		"everything":        {func(g *consent.Grant, _ *wire.AccessDetail) { g.Sensitivity = []stele.Sensitivity{stele.PSY} }, []int{0, 1, 2, 3, 4}},
		"by category":       {func(g *consent.Grant, _ *wire.AccessDetail) { g.Categories = []stele.Category{stele.Problems} }, []int{1}},
		"by what was asked": {func(_ *consent.Grant, d *wire.AccessDetail) { d.Categories = []string{"results"} }, []int{0, 2}},
		"by period":         {func(g *consent.Grant, _ *wire.AccessDetail) { g.From = consent.Date{Year: 2024, Month: 6} }, []int{0, 1, 4}},
		"by another source": {func(g *consent.Grant, _ *wire.AccessDetail) {
			g.Sources = []consent.Party{{Subject: w.doctor, Name: "Elsewhere"}}
		}, nil},
		"by this source": {func(g *consent.Grant, _ *wire.AccessDetail) {
			g.Sources = []consent.Party{{Subject: w.source, Name: "Here"}}
		}, []int{0, 1, 2, 4}},
		"single records": {func(g *consent.Grant, _ *wire.AccessDetail) { g.Records = []stele.ID{stele.NewID()} }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.reader(c.change)
			list, err := r.list(0)
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, item := range list.Folios {
				got = append(got, int(item.Index))
				if len(item.Envelopes) != 0 {
					t.Error("a grantee got an envelope")
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("listed %v, want %v", got, c.want)
			}
			for i := range 5 {
				_, err := r.records(0, [][]byte{id(i)})
				if in := slices.Contains(c.want, i); in != (err == nil) || !in && err != ErrDenied {
					t.Errorf("records of folio %d: %v", i, err)
				}
			}
			if _, err := r.records(0, [][]byte{id(0), append(headOf(sub).Submission[:16:16], "no such folio !!"...)}); err != ErrDenied {
				t.Errorf("an unknown folio: %v", err)
			}
		})
	}
	t.Run("exact dates", func(t *testing.T) {
		r := w.reader(func(g *consent.Grant, _ *wire.AccessDetail) { g.From = consent.Date{Year: 2024, Month: 6, Day: 1} })
		var got *wire.GetRecordsResponse
		err := w.v(0).GetRecords(context.Background(), &wire.GetRecordsRequest{Request: r.signed(0), Folios: [][]byte{id(4)}},
			func(m *wire.GetRecordsResponse) error { got = m; return nil })
		if err != nil || len(got.Records) != 1 || len(got.Leaves) != 4 {
			t.Fatalf("%v, %v", got, err)
		}
		var h wire.FolioHead
		_ = wire.Decode(sub.Folios[4].Head, &h)
		places, err := proof.CheckPart(&h, got.Records, got.Leaves)
		if err != nil || len(places) != 1 || places[0] != 1 {
			t.Errorf("places %v, %v", places, err)
		}
		got.Leaves[0], got.Leaves[1] = got.Leaves[1], got.Leaves[0]
		if _, err := proof.CheckPart(&h, got.Records, got.Leaves); stele.KindOf(err) != stele.KindProof {
			t.Errorf("leaves in another order: %v", err)
		}
		other := w.folio(dated)
		got.Leaves[0], got.Leaves[1] = got.Leaves[1], got.Leaves[0]
		if _, err := proof.CheckPart(&h, other.Records[1:2], got.Leaves); stele.KindOf(err) != stele.KindProof {
			t.Errorf("another record: %v", err)
		}
		var c wire.Cover
		_ = wire.Decode(got.Records[0].Cover, &c)
		if c.When != "2024-06-01T10:00:00Z" {
			t.Errorf("got the record of %s", c.When)
		}
	})
}

// TestOneMoreRecordIsOneInScope: single places of a folio are served with what
// proves them, and a place that is not in scope or not there is refused like an
// unknown folio.
func TestOneMoreRecordIsOneInScope(t *testing.T) {
	w := newWorld(t, 1, 0)
	dated := leafs{category: stele.Vitals, year: 2024, papers: []paper{{"january", "2024-01-31"}, {"june", "2024-06-01"}, {"july", "2024-07-01"}}}
	sub := w.delivered(0, dated, plainFolio(stele.Results, 2024, 2, 20))
	var head wire.FolioHead
	_ = wire.Decode(sub.Folios[0].Head, &head)
	r := w.reader(func(g *consent.Grant, _ *wire.AccessDetail) { g.From = consent.Date{Year: 2024, Month: 6, Day: 1} })
	ask := func(folios [][]byte, places ...uint32) (*wire.GetRecordsResponse, error) {
		var got *wire.GetRecordsResponse
		err := w.v(0).GetRecords(context.Background(), &wire.GetRecordsRequest{Request: r.signed(0), Folios: folios, Places: places},
			func(m *wire.GetRecordsResponse) error { got = m; return nil })
		return got, err
	}
	got, err := ask([][]byte{nameIn(sub, 0)}, 2)
	if err != nil || len(got.Records) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	if places, err := proof.CheckPart(&head, got.Records, got.Leaves); err != nil || !slices.Equal(places, []uint32{2}) {
		t.Errorf("places %v, %v", places, err)
	}
	for name, places := range map[string][]uint32{"out of scope": {0}, "one of two out of scope": {0, 1}, "not there": {3}, "twice": {1, 1}} {
		if got, err := ask([][]byte{nameIn(sub, 0)}, places...); err != ErrDenied || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if got, err := ask([][]byte{nameIn(sub, 0), nameIn(sub, 1)}, 1); err != ErrDenied || got != nil {
		t.Errorf("places of two folios: %v, %v", got, err)
	}
}

func TestOwnReadingIsForCurrentKeysOnceAndNoted(t *testing.T) {
	w := newWorld(t, 1, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 2, 20), plainFolio(stele.Problems, 2024, 1, 20))
	ctx := context.Background()
	request := w.own(0, w.patientKey)
	list, err := w.v(0).ListOwn(ctx, &wire.ListOwnRequest{Request: request})
	if err != nil || len(list.Folios) != 2 || len(list.Submissions) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	mine := w.patientSeal.ID()
	for _, item := range list.Folios {
		if len(item.Envelopes) != 1 || string(item.Envelopes[0].KeyId) != string(mine[:]) {
			t.Errorf("%d envelopes", len(item.Envelopes))
		}
		if _, err := proof.CheckFolio(stele.Digest(headOf(sub).Root), item.Head, item.Index, item.Folios, item.Path); err != nil {
			t.Error(err)
		}
	}
	if _, err := w.v(0).ListOwn(ctx, &wire.ListOwnRequest{Request: request}); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("replayed: %v", err)
	}
	got, err := collect(w.v(0), &wire.GetRecordsRequest{Request: w.own(0, w.patientKey), Own: true, Folios: folioNames(list.Folios)})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d folios, %v", len(got), err)
	}
	for _, key := range []wire.Signer{wire.NewEd25519(), w.doctorKey, w.writeKey} {
		if _, err := w.v(0).ListOwn(ctx, &wire.ListOwnRequest{Request: w.own(0, key)}); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("another key: %v", err)
		}
		if _, err := collect(w.v(0), &wire.GetRecordsRequest{Request: w.own(0, key), Own: true, Folios: folioNames(list.Folios)}); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("another key: %v", err)
		}
	}
	stale := w.own(0, w.patientKey)
	w.advance(6 * time.Minute)
	if _, err := w.v(0).ListOwn(ctx, &wire.ListOwnRequest{Request: stale}); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("stale: %v", err)
	}
	// After rotation the old signing key opens nothing, and its envelopes stay.
	w.ledger.Change(func() {
		k := w.ledger.Subjects[w.patient]
		k.Seal = nil
		w.ledger.Subjects[w.patient] = k
	})
	list, err = w.v(0).ListOwn(ctx, &wire.ListOwnRequest{Request: w.own(0, w.patientKey)})
	if err != nil || len(list.Folios[0].Envelopes) != 0 {
		t.Errorf("envelopes of a rotated key went out: %v", err)
	}
	w.close(0)
	w.open(0)
	notes, err := w.v(0).Fetches(w.patient)
	if err != nil || len(notes) != 3 || notes[0].Count != 2 || notes[0].Records || !notes[1].Records || !notes[1].At.Equal(time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("notes %v, %v", notes, err)
	}
	if others, _ := w.v(0).Fetches(w.doctor); len(others) != 0 {
		t.Error("notes of another subject")
	}
}

func TestRefusalTakesItsTime(t *testing.T) {
	w := newWorld(t, 1, 0)
	w.v(0).cfg.Refusal = 30 * time.Millisecond
	r := w.reader(nil)
	for _, spoil := range []func(){func() { r.req.Chain = "x" }, func() { r.req.Chain = chain; r.req.DocumentSalt[0] ^= 1 }} {
		spoil()
		start := time.Now()
		if _, err := r.list(0); err != ErrDenied {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 29*time.Millisecond {
			t.Errorf("refused after %v", took)
		}
	}
}

// What goes wrong is logged without anything about a person: no text of a
// record, date, type, reason, name, subject or label.
func TestLogsTellNothingOfPatients(t *testing.T) {
	w := newWorld(t, 3, 1)
	planted := leafs{category: stele.Problems, year: 1987, sensitivity: []string{"HIV"}, papers: []paper{{"Zebulon Quagmire has the planted disease", "1987-03-14"}}}
	sub := w.delivered(0, planted)
	w.sites[1].line.set(true)
	w.sites[2].line.set(true)
	w.put(0, w.submission(0, planted))
	w.sites[1].line.set(false)
	w.sites[2].line.set(false)
	r := w.reader(func(g *consent.Grant, d *wire.AccessDetail) {
		g.Sensitivity = []stele.Sensitivity{stele.HIV}
		d.Reason = "planted reason"
	})
	row, _ := w.v(0).index.get(idOf(sub))
	spoilFile(t, w.sites[0].folder+"/segments/"+row.File.String(), int(row.Size)-200)
	list, err := r.list(0)
	if err != nil || len(list.Folios) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	if _, err := r.records(0, folioNames(list.Folios)); err != nil {
		t.Fatal(err)
	}
	r.req.Chain = "x"
	r.list(0)
	for _, f := range w.fsck(0, true) {
		w.logs.Write([]byte(f.String()))
	}
	logged := w.logs.String()
	if !strings.Contains(logged, "from a copy") || !strings.Contains(logged, "could not copy") {
		t.Errorf("the events of this test were not logged:\n%s", logged)
	}
	for _, s := range []string{"Zebulon", "planted", "Quagmire", "1987", "HIV", "problems", "Observation", w.patient.String(), w.patient.Short(), "Ada", "Lark"} {
		if strings.Contains(logged, s) {
			t.Errorf("%q is in the logs:\n%s", s, logged)
		}
	}
}

// TestR45AnotherWritersFolioOfTheSameID: a folio's id is what its writer chose, and
// whoever holds a copy knows it. Another writer's folio of the same id, delivered
// and anchored first, is in nobody's way: each is had under its own submission.
func TestR45AnotherWritersFolioOfTheSameID(t *testing.T) {
	for range 8 { // whichever place sorts first
		w := newWorld(t, 1, 0)
		honest, squat := w.submission(0, plainFolio(stele.Results, 2024, 2, 20)), w.submission(0, plainFolio(stele.Results, 2024, 1, 20))
		var theirs, mine wire.FolioHead
		_, _ = wire.Decode(honest.Folios[0].Head, &theirs), wire.Decode(squat.Folios[0].Head, &mine)
		mine.Folio = theirs.Folio
		squat.Folios[0].Head = wire.Marshal(&mine)
		root := proof.SubmissionRoot([][]byte{squat.Folios[0].Head})
		squat = w.resign(squat, w.writeKey, func(h *wire.SubmissionHead) { h.Root = root[:] })
		for _, sub := range []*wire.Submission{squat, honest} {
			w.mustPut(0, sub)
			w.anchor(sub)
		}
		w.readable(0, honest, squat)
		r := w.reader(nil)
		for what, names := range map[string][][]byte{
			"the id alone": {theirs.Folio}, "twice": {nameIn(honest, 0), nameIn(honest, 0)},
			"the id of another subject's": {wire.FolioName(make([]byte, 16), theirs.Folio)},
		} {
			if got, err := r.records(0, names); err != ErrDenied || len(got) > 0 {
				t.Errorf("%s: %v, %v", what, got, err)
			}
		}
	}
}

// TestLaw2AGrantOfOnePatientOpensNothingOfAnother: what lies under another's name is not given, however
// it is named and labelled.
func TestLaw2AGrantOfOnePatientOpensNothingOfAnother(t *testing.T) {
	w := newWorld(t, 1, 0)
	mine := w.delivered(0, plainFolio(stele.Results, 2024, 1, 20))
	patient, grant, another, hers := w.patient, w.writeGrant, subjectNamed("another patient"), stele.NewID()
	w.ledger.Change(func() {
		w.ledger.Subjects[another] = w.ledger.Subjects[patient]
		g := w.ledger.Grants[grant]
		g.ID, g.Subject = hers, another
		w.ledger.Grants[hers] = g
	})
	w.patient, w.writeGrant = another, hers
	foreign := w.delivered(0, plainFolio(stele.Results, 2024, 1, 20))
	w.patient, w.writeGrant = patient, grant
	r := w.reader(nil)
	if _, err := r.records(0, [][]byte{nameIn(mine, 0)}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.records(0, [][]byte{nameIn(foreign, 0)}); err != ErrDenied {
		t.Errorf("a folio of another patient: %v", err)
	}
	err := w.v(0).GetRecords(context.Background(), &wire.GetRecordsRequest{Own: true, Request: w.own(0, w.patientKey), Folios: [][]byte{nameIn(foreign, 0)}},
		func(*wire.GetRecordsResponse) error { return nil })
	if err != ErrDenied {
		t.Errorf("a patient asks for another's as if it were her own: %v", err)
	}
}

// TestLaw2AnAnswerEndsWithWhatItWasGivenFor: who takes a long answer slowly gets nothing more of it once
// the session is over, or the grant was taken back.
func TestLaw2AnAnswerEndsWithWhatItWasGivenFor(t *testing.T) {
	w := newWorld(t, 1, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 2, 20), plainFolio(stele.Problems, 2024, 1, 20), plainFolio(stele.Results, 2020, 1, 20))
	for what, c := range map[string]struct {
		change func(grant stele.ID)
		want   int
	}{
		"read at once": {func(stele.ID) {}, 3},
		"slowly":       {func(stele.ID) { w.advance(2 * time.Second) }, 3},
		"taken back meanwhile": {func(grant stele.ID) {
			w.advance(2 * time.Second)
			w.ledger.Change(func() {
				g := w.ledger.Grants[grant]
				g.Status = stele.GrantRevoked
				w.ledger.Grants[grant] = g
			})
		}, 1},
		"over meanwhile": {func(stele.ID) { w.advance(stele.MaxSession + time.Minute) }, 1},
	} {
		r, n := w.reader(nil), 0
		err := w.v(0).GetRecords(context.Background(), &wire.GetRecordsRequest{Request: r.signed(0), Folios: [][]byte{nameIn(sub, 0), nameIn(sub, 1), nameIn(sub, 2)}},
			func(*wire.GetRecordsResponse) error {
				if n++; n == 1 {
					c.change(r.grant.ID)
				}
				return nil
			})
		if n != c.want || (err == nil) != (c.want == 3) || c.want < 3 && err != ErrDenied {
			t.Errorf("%s: %d folios came, %v", what, n, err)
		}
	}
}

// TestNothingLeavesOfARequestForTwoSingleRecords: a grant for single records is read one by one, so that
// a request which is refused has given nothing before.
func TestNothingLeavesOfARequestForTwoSingleRecords(t *testing.T) {
	w := newWorld(t, 1, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 1, 20), plainFolio(stele.Results, 2024, 1, 20))
	var cover wire.Cover
	if err := wire.Decode(sub.Folios[0].Records[0].Cover, &cover); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]int{1: 1, 2: 0} {
		r, came := w.reader(func(g *consent.Grant, _ *wire.AccessDetail) { g.Records = []stele.ID{stele.ID(cover.Handle)} }), 0
		err := w.v(0).GetRecords(context.Background(), &wire.GetRecordsRequest{Request: r.signed(0), Folios: [][]byte{nameIn(sub, 0), nameIn(sub, 1)}[:n]},
			func(*wire.GetRecordsResponse) error { came++; return nil })
		if came != want || (err == nil) != (want == 1) || want == 0 && err != ErrDenied {
			t.Errorf("of %d folios %d came, %v", n, came, err)
		}
	}
}
