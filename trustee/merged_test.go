package trustee

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// TestLaw1WhatWasOpenedWhileMergedIsToldToWhoClaimsItAfterwards: while a chart that nobody has claimed is merged into another, by mistake or by a lie, somebody opens it. It is parted,
// and claimed: who claims it must be told who opened it meanwhile, as of the time before (law 1).
func TestLaw1WhatWasOpenedWhileMergedIsToldToWhoClaimsItAfterwards(t *testing.T) {
	w := newTown(t, func(c *Config) {
		key, err := seal.NewSealKey()
		if err != nil {
			t.Fatal(err)
		}
		c.SealKey = key
	})
	claimed := w.book.Subjects[w.patient.subject]
	thief, err := seal.NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	// As state.Ledger.Subject tells of doe, enrolled by member 0 and merged into somebody who is claimed.
	merged := claimed
	merged.Seal, merged.Into = [][]byte{thief.Public()}, w.members[1]
	w.book.Subjects[w.patient.subject] = merged
	mustRelease(t, w.open(func(*consent.Grant) {}, nil), 0)
	// Parted, and then claimed by whose it is.
	w.book.Subjects[w.patient.subject] = stele.Keys{Subject: w.patient.subject, Enrolled: w.members[0]}
	w.book.Subjects[w.patient.subject] = claimed
	res, err := w.trustees[0].Details(t.Context(), ownRequest(w, 0, w.patient, 0))
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, d := range res.Details {
		if _, err := w.patient.seal.Open(seal.TagAccount, wire.DetailContext(w.members[0], stele.ID(d.Id)), d.Sealed); err == nil {
			read++
		}
	}
	if read != 1 || len(res.Receipts) != 1 {
		t.Errorf("of %d receipts she can read who it was of %d", len(res.Receipts), read)
	}
}

// TestLaw1TheKeysThatAreAChartsOwnReadWhatWasOpenedWhileItWasMerged, and so does who speaks for it; nobody twice.
func TestLaw1TheKeysThatAreAChartsOwnReadWhatWasOpenedWhileItWasMerged(t *testing.T) {
	key := func() *seal.SealKey {
		k, err := seal.NewSealKey()
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	mine, one, two := key(), key().Public(), key().Public()
	trustee := &Trustee{cfg: Config{SealKey: mine}}
	for what, c := range map[string]struct {
		of   stele.Keys
		want [][]byte
	}{
		"apart":                {stele.Keys{Seal: [][]byte{one}}, [][]byte{one}},
		"unclaimed":            {stele.Keys{Enrolled: stele.Subject{1}}, [][]byte{mine.Public()}},
		"merged":               {stele.Keys{Seal: [][]byte{one}, Own: [][]byte{two, one}, Into: stele.Subject{1}}, [][]byte{one, two}},
		"merged and unclaimed": {stele.Keys{Seal: [][]byte{one}, Into: stele.Subject{1}}, [][]byte{one, mine.Public()}},
	} {
		if got := trustee.told(c.of); !slices.EqualFunc(got, c.want, bytes.Equal) {
			t.Errorf("%s: sealed to %d keys", what, len(got))
		}
	}
}
