package delivery

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/labels"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
)

// writeGrantSaying is a held write grant of a subject with its worst cases.
func writeGrantSaying(t *testing.T, subject stele.Subject, end time.Time, worst ...consent.WorstCase) wallet.Held {
	t.Helper()
	patient := consent.Party{Subject: subject, Name: "Mira Holm"}
	g := consent.Grant{
		ID: stele.NewID(), Patient: patient, Action: stele.ActionWrite,
		Actor:    consent.Actor{Kind: consent.Organisation, Party: consent.Party{Subject: stele.Subject{9}, Name: "Northside"}},
		Grantee:  stele.PublicKey{Suite: 1, Key: string(make([]byte, 32))},
		Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{consent.AllCategories}, Sensitivity: stele.Sensitivities(),
		NotBefore: end.Add(-time.Hour), End: end, Policy: wallet.PolicyText, Language: "en", Wording: consent.CurrentWording,
		Signed: consent.Signature{At: end.Add(-time.Hour), By: patient}, Unclassified: worst,
	}
	document, err := consent.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	return wallet.Held{Grant: g.ID, Subject: subject, Document: document, Action: stele.ActionWrite, End: end}
}

// TestR41WhatSheChoseStandsInTheWriteGrants: the strictest of those that hold
// counts, and nothing of those that are over.
func TestR41WhatSheChoseStandsInTheWriteGrants(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	one, other := stele.Subject{1}, stele.Subject{2}
	all := func(s ...stele.Sensitivity) consent.WorstCase { return consent.WorstCase{Sensitivity: s} }
	over := writeGrantSaying(t, one, now.Add(time.Hour), all(stele.SDV))
	over.Over = true
	w := wallettest.NewWallet(t)
	wallettest.Keep(w, []wallet.Held{
		writeGrantSaying(t, one, now.Add(time.Hour), all(stele.PSY), consent.WorstCase{Category: stele.Documents, Sensitivity: []stele.Sensitivity{stele.HIV}}),
		writeGrantSaying(t, one, now.Add(time.Hour), all(stele.SUD)),
		writeGrantSaying(t, one, now.Add(-time.Minute), all(stele.GDIS)),
		over,
		{Subject: one, Action: stele.ActionWrite, End: now.Add(time.Hour), Document: []byte("{}")},
	}...)
	at := wallet.NewSession(w, nil, nil)
	at.Clock = func() time.Time { return now }
	s := New(at)
	l, err := s.labelling()
	if err != nil {
		t.Fatal(err)
	}
	local, err := fhir.Parse([]byte(`{"resourceType":"Condition","code":{"coding":[{"code":"17"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := fhir.Parse([]byte(`{"resourceType":"DocumentReference","content":[{"attachment":{"contentType":"application/pdf","data":"JVBERi0="}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		subject stele.Subject
		record  *fhir.Resource
		want    []stele.Sensitivity
	}{
		{one, local, []stele.Sensitivity{stele.PSY, stele.SUD}}, {one, pdf, []stele.Sensitivity{stele.HIV}},
		{other, local, []stele.Sensitivity{stele.Unclassified}}, {other, pdf, []stele.Sensitivity{stele.Unclassified}},
	} {
		label, err := l.of(c.subject, c.record, labels.Around{})
		if err != nil || !slices.Equal(label.Sensitivity, c.want) {
			t.Errorf("%s of %s is %v, want %v (%v)", c.record.Type(), c.subject, label.Sensitivity, c.want, err)
		}
	}
}

// TestR41AnOwnTableThatCannotBeReadStopsTheImport: what it would have marked may
// not arrive unmarked.
func TestR41AnOwnTableThatCannotBeReadStopsTheImport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.txt")
	w := wallettest.NewWallet(t)
	wallettest.Edit(w, func(s *wallet.State) {
		s.Labelling = wallet.Labelling{Tables: []string{path}, Clinics: []string{"hiv"}}
	})
	s := New(wallet.NewSession(w, nil, nil))
	if _, err := s.labelling(); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("a table that is not there: %v", err)
	}
	const head = "source: x\nreviewed: 2026-11-28\nreviewer: x\n\n"
	for rows, want := range map[string]stele.Kind{"broken\n": stele.KindInvalid, "icd-10\tF20\t-\tx\n": stele.KindInvalid, "icd-10\tK35\tSEX\tx\n": stele.Kind(0)} {
		if err := os.WriteFile(path, []byte(head+rows), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.labelling(); err != nil && stele.KindOf(err) != want || (err == nil) != (want == 0) {
			t.Errorf("%q: %v", rows, err)
		}
	}
	wallettest.Edit(w, func(s *wallet.State) { s.Labelling.Clinics = []string{"dentist"} })
	if _, err := s.labelling(); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("a kind of clinic that there is not: %v", err)
	}
}
