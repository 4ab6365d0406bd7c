package vault

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

// TestR44AnEnvelopeCostsAVaultWhatItWrites: one that is there already writes nothing, a request is of
// sixteen submissions at most, and a day is charged for what is written once more beside a new one.
func TestR44AnEnvelopeCostsAVaultWhatItWrites(t *testing.T) {
	w := newWorld(t, 2, 1)
	var folios []leafs
	for range maxPutEnvelopes {
		folios = append(folios, plainFolio(stele.Results, 2024, 1, 30))
	}
	sub, mine := w.delivered(0, folios...), newSealKey(t)
	w.setPatientSeals(mine)
	var all []*wire.AddedEnvelope
	for i := range folios {
		all = append(all, brought(sub, i, mine, 1))
	}
	if err := w.bring(0, w.sealedEnvelopes(0, all...), w.patientKey); err != nil {
		t.Fatal(err)
	}
	file := func() os.FileInfo {
		info, err := os.Stat(w.v(0).addedPath(idOf(sub)))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	first := file()
	w.v(0).envelopes = own.NewPaces(24*time.Hour/1000, 1000, 16)
	bring := func(fill byte) error {
		return w.bring(0, w.sealedEnvelopes(0, brought(sub, 0, mine, fill)), w.patientKey)
	}
	if err := bring(1); err != nil || !os.SameFile(first, file()) {
		t.Errorf("one that is there was written: %v", err)
	}
	if err := bring(2); err != nil || os.SameFile(first, file()) || w.listedFor(0, mine)[0] != 2 {
		t.Errorf("another one was not: %v", err)
	}
	n := 2
	for err := error(nil); err == nil && n < 20; n++ {
		err = bring(byte(n))
	}
	if n > 5 {
		t.Errorf("%d requests of one envelope, each beside 255, on a day of 1000", n)
	}
	of := func(submissions int) error {
		var all []*wire.AddedEnvelope
		for i := range submissions {
			e := brought(sub, 0, mine, 1)
			e.Submission = slices.Repeat([]byte{byte(i + 1)}, 16)
			all = append(all, e)
		}
		return w.bring(0, w.sealedEnvelopes(0, all...), w.patientKey)
	}
	if a, b := of(maxPutOf), of(maxPutOf+1); stele.KindOf(a) != stele.KindNotFound || stele.KindOf(b) != stele.KindInvalid {
		t.Errorf("of 16 and of 17 submissions: %v, %v", a, b)
	}
}

// TestLaw8WhatSheBroughtOutlivesAMerge: her chart is merged into another, whose owner brings envelopes of
// their own and none in the place of hers; it is parted again, and hers is there, also in a copy.
func TestLaw8WhatSheBroughtOutlivesAMerge(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 1, 30))
	hers, other := newSealKey(t), newSealKey(t)
	speaks := func(key []byte, owned ...[]byte) {
		w.setPatientSeals(key)
		w.ledger.Change(func() {
			k := w.ledger.Subjects[w.patient]
			k.Own = owned
			w.ledger.Subjects[w.patient] = k
		})
	}
	speaks(hers)
	if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 0, hers, 7)), w.patientKey); err != nil {
		t.Fatal(err)
	}
	speaks(other, hers)
	if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 0, other, 8)), w.patientKey); err != nil {
		t.Fatal(err)
	}
	if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 0, hers, 9)), w.patientKey); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("in the place of hers: %v", err)
	}
	if got := w.listedFor(0, hers); got[0] != 0 {
		t.Error("hers goes to the other's owner")
	}
	r, err := w.v(1).index.get(idOf(sub))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.v(1).takeAdded(t.Context(), r, w.v(0).addedBytes(idOf(sub))); err != nil {
		t.Fatal(err)
	}
	speaks(hers)
	for i := range 2 {
		if got := w.listedFor(i, hers); len(got) != 1 || got[0] != 7 {
			t.Errorf("parted again, her own envelope at vault %d is %v", i, got)
		}
	}
	if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 0, hers, 6)), w.patientKey); err != nil || w.v(0).countAdded(idOf(sub)) != 1 {
		t.Errorf("the other's stays: %v", err)
	}
}
