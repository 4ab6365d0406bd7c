package vault

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// let is a delegation, or a grant that was given under one, with its document.
type let struct {
	doc  consent.Grant
	salt seal.Salt
	raw  []byte
}

// lets puts a document and its row on the ledger, under another.
func (w *world) lets(doc consent.Grant, under stele.ID) *let {
	w.t.Helper()
	raw, err := consent.Marshal(doc)
	if err != nil {
		w.t.Fatal(err)
	}
	l := &let{doc, seal.NewSalt(), raw}
	w.ledger.Change(func() {
		w.ledger.Grants[doc.ID] = stele.Grant{
			ID: doc.ID, Subject: doc.Patient.Subject, Action: doc.Action, Grantee: doc.Grantee, NotBefore: doc.NotBefore, End: doc.End,
			Status: stele.GrantActive, Height: 9, Delegation: under, Commitment: seal.Commit(l.salt, seal.TagGrant, raw),
		}
	})
	return l
}

// mother is whom the patient let act, and the grant to write that she gave in turn.
type mother struct{ delegation, write *let }

// motherOf has a mother give the world's write grant by her delegation, after changes to both.
func (w *world) motherOf(change func(delegation, write *consent.Grant)) mother {
	patient, mom := consent.Party{Subject: w.patient, Name: "Leo Quill"}, consent.Party{Subject: subjectNamed("mother"), Name: "Maria Quill"}
	write := consent.Grant{
		ID: w.writeGrant, Patient: patient, Action: stele.ActionWrite, Actor: consent.Actor{Kind: consent.Organisation, Party: consent.Party{Subject: w.source, Name: "Northside"}},
		Grantee: wire.Key(w.writeKey.Public()), Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{consent.AllCategories},
		NotBefore: w.clock.Add(-time.Hour), End: w.clock.Add(1000 * time.Hour), Policy: "https://stele.health/policy/1", Language: "en",
		Wording: consent.CurrentWording, Signed: consent.Signature{At: w.clock.Add(-time.Hour), By: mom},
	}
	delegation := write
	delegation.ID, delegation.Action, delegation.Grantee = stele.NewIDOf(w.patient[:]), stele.ActionDelegate, wire.Key(wire.NewEd25519().Public())
	delegation.Actor, delegation.Signed.By = consent.Actor{Kind: consent.Person, Party: mom}, patient
	delegation.Delegation = consent.Delegation{Kind: consent.Carer, Acts: []consent.Act{consent.ActRead, consent.ActWrite}}
	if change != nil {
		change(&delegation, &write)
	}
	d := w.lets(delegation, stele.ID{})
	return mother{d, w.lets(write, delegation.ID)}
}

// shown is what a source shows of it.
func (m mother) shown() *wire.ShownGrant {
	return &wire.ShownGrant{Document: m.write.raw, Salt: m.write.salt[:], Delegations: []*wire.ShownDelegation{{Document: m.delegation.raw, Salt: m.delegation.salt[:]}}}
}

// TestWhoWritesByADelegatesWordShowsTheDocuments: where a delegate gave the write grant, a vault
// takes what is delivered only if the documents that come with it allow it, also once it is
// anchored: the ledger does not know what somebody may do for another.
func TestWhoWritesByADelegatesWordShowsTheDocuments(t *testing.T) {
	day := func(w *world, days int) consent.Date {
		d, _ := consent.ParseDate(w.clock.AddDate(0, 0, days).Format(time.DateOnly))
		return d
	}
	for _, c := range []struct {
		what   string
		change func(w *world, delegation, write *consent.Grant)
		shown  func(w *world, m mother) *wire.ShownGrant
		takes  bool
	}{
		{what: "both documents", takes: true},
		{what: "none", shown: func(*world, mother) *wire.ShownGrant { return nil }},
		{what: "without the delegation", shown: func(_ *world, m mother) *wire.ShownGrant {
			return &wire.ShownGrant{Document: m.write.raw, Salt: m.write.salt[:]}
		}},
		{what: "the delegation twice", shown: func(_ *world, m mother) *wire.ShownGrant {
			s := m.shown()
			s.Delegations = append(s.Delegations, s.Delegations[0])
			return s
		}},
		{what: "of another grant", shown: func(w *world, m mother) *wire.ShownGrant {
			other := m.write.doc
			other.ID = stele.NewIDOf(w.patient[:])
			return mother{m.delegation, w.lets(other, m.delegation.doc.ID)}.shown()
		}},
		{what: "of another child's mother", shown: func(w *world, m mother) *wire.ShownGrant {
			other := m.delegation.doc
			other.ID, other.Patient = stele.NewIDOf(w.doctor[:]), consent.Party{Subject: w.doctor, Name: "Ben Lark"}
			return mother{w.lets(other, stele.ID{}), m.write}.shown()
		}},
		{what: "a document too long", shown: func(_ *world, m mother) *wire.ShownGrant {
			s := m.shown()
			s.Document = make([]byte, stele.MaxDocument+1)
			return s
		}},
		{what: "who may not let others write", change: func(_ *world, d, _ *consent.Grant) {
			d.Delegation.Acts = []consent.Act{consent.ActRead, consent.ActGive, consent.ActAnswer}
		}},
		{what: "a grant to read", change: func(_ *world, _, g *consent.Grant) { g.Action = stele.ActionRead }},
		{what: "signed by somebody else", change: func(w *world, _, g *consent.Grant) { g.Signed.By.Subject = w.doctor }},
		{what: "an executor of somebody who lives", change: func(_ *world, d, _ *consent.Grant) { d.Delegation.Kind = consent.Executor }},
		{what: "a parent, the day before", takes: true, change: func(w *world, d, _ *consent.Grant) {
			d.Delegation.Kind, d.Delegation.OfAge = consent.Parent, day(w, 1)
			d.End = w.clock.AddDate(0, 0, 30)
		}},
		{what: "a parent, on the day", change: func(w *world, d, _ *consent.Grant) {
			d.Delegation.Kind, d.Delegation.OfAge = consent.Parent, day(w, 0)
			d.NotBefore, d.End = w.clock.AddDate(0, 0, -2), w.clock.AddDate(0, 0, 30)
			d.Signed.At = d.NotBefore
		}},
		{what: "another part of the chart", change: func(_ *world, d, _ *consent.Grant) { d.Categories = []stele.Category{stele.Allergies} }},
		{what: "another part, in the grant alone", change: func(_ *world, _, g *consent.Grant) { g.Categories = []stele.Category{stele.Allergies} }},
		{what: "that part of the chart", takes: true, change: func(_ *world, d, _ *consent.Grant) { d.Categories = []stele.Category{stele.Results} }},
	} {
		w := newWorld(t, 2, 0)
		m := w.motherOf(func(d, g *consent.Grant) {
			if c.change != nil {
				c.change(w, d, g)
			}
		})
		shown := m.shown()
		if c.shown != nil {
			shown = c.shown(w, m)
		}
		sub := w.submission(0, plainFolio(stele.Results, 2024, 1, 40))
		put := func() error {
			_, err := w.v(0).PutSubmission(t.Context(), &wire.PutSubmissionRequest{Submission: sub, Consent: shown})
			return err
		}
		if err := w.copyShown(1, sub, shown); (err == nil) != c.takes {
			t.Errorf("%s: as a copy: %v", c.what, err)
		}
		if err := put(); (err == nil) != c.takes || err != nil && stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: %v", c.what, err)
		}
		w.anchor(sub)
		if err := put(); (err == nil) != c.takes {
			t.Errorf("%s, anchored: %v", c.what, err)
		}
	}
}

// copyShown is member 0 bringing a copy to another, with what was shown.
func (w *world) copyShown(i int, sub *wire.Submission, shown *wire.ShownGrant) error {
	raw := wire.Marshal(sub)
	sum := sha256.Sum256(raw)
	_, err := w.v(i).PutCopy(context.Background(), &wire.PutCopyRequest{
		Request: w.v(0).request(w.sites[i].line, &wire.MemberRequest{Ask: &wire.MemberRequest_PutCopy{PutCopy: &wire.PutCopy{Digest: sum[:]}}}), Submission: raw, Consent: shown,
	})
	return err
}

// TestWhatIsSensitiveMayBeWrittenByAParentsWord: a clinic keeps what an adolescent told it in
// confidence, under the grant that a parent gave who may not read it.
func TestWhatIsSensitiveMayBeWrittenByAParentsWord(t *testing.T) {
	w := newWorld(t, 2, 1)
	m := w.motherOf(nil)
	told := plainFolio(stele.Results, 2024, 1, 40)
	told.sensitivity = []string{string(stele.Adolescent)}
	out, err := w.v(0).PutSubmission(t.Context(), &wire.PutSubmissionRequest{Submission: w.submission(0, told), Consent: m.shown()})
	if err != nil || len(out.Copies) != 1 { // the documents go with the copy
		t.Errorf("%v, %d copies", err, len(out.GetCopies()))
	}
}
