package wallet_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestR44AFullBoxStopsNoOtherGrant: strangers fill one doctor's box. The patient's
// grant to that doctor waits, and says so; her grants to others arrive.
func TestR44AFullBoxStopsNoOtherGrant(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, flooded, other := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview"), w.NewDoctor("Dr Grant", "Northside")
		to := w.ContactOf(p, flooded)
		id := flooded.Subject()
		full := false
		for range 1100 {
			if _, err := to.Member.Directory.Deliver(t.Context(), &wire.DeliverRequest{To: id[:], Sealed: make([]byte, stele.MaxPackage)}); err != nil {
				full = true
				break
			}
		}
		if !full {
			t.Fatal("the box takes everything")
		}
		if _, _, err := p.Give(t.Context(), to, town.Terms(stele.Allergies)); err == nil || !strings.Contains(err.Error(), "has not got it yet") {
			t.Errorf("a grant that could not be delivered: %v", err)
		}
		given, _, err := p.Give(t.Context(), w.ContactOf(p, other), town.Terms(stele.Allergies))
		if err != nil {
			t.Errorf("the grant to another doctor: %v", err)
		}
		if fresh, err := other.Collect(t.Context()); err != nil || len(fresh) != 1 || !slices.ContainsFunc(other.HeldNow(), func(h wallet.Held) bool { return h.Grant == given.Grant }) {
			t.Errorf("the other doctor has %d grants: %v", len(fresh), err)
		}
		if _, err := p.Collect(t.Context()); err == nil || !strings.Contains(err.Error(), "Dr Okafor") {
			t.Errorf("that one waits is not told: %v", err)
		}
		if _, err := flooded.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// TestR44AReasonThatCannotBeKeptIsRefusedFirst: nothing is said to the ledger, and
// the reader is told what to do.
func TestR44AReasonThatCannotBeKeptIsRefusedFirst(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		for _, n := range []int{stele.MaxReason + 1, 13_000, 13_001, 15_000, 16_000, 16_001} {
			q := reading.Question{Purpose: stele.Treatment, Reason: strings.Repeat("x", n)}
			_, err := d.Charts.OpenChart(t.Context(), p.Subject(), q)
			if stele.KindOf(err) != stele.KindUsage || stele.HintOf(err) == "" {
				t.Errorf("a reason of %d bytes: %v", n, err)
			}
		}
		q := reading.Question{Purpose: stele.Treatment, Reason: strings.Repeat("x", stele.MaxReason)}
		if chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), q); err != nil || town.IDs(chart) != "a1" {
			t.Errorf("the longest reason that is kept: %v", err)
		}
	})
}

// TestR44WhatIsWrittenFitsABox: the longest grant document that can be written,
// sealed, is a package.
func TestR44WhatIsWrittenFitsABox(t *testing.T) {
	key, err := seal.NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := seal.SealTo(key.Public(), seal.TagDocument, make([]byte, 20), wire.Marshal(&wire.GrantPackage{
		Subject: make([]byte, 20), Grant: make([]byte, 16), Document: make([]byte, stele.MaxDocument), Salt: make([]byte, seal.SaltLen), KeyIndex: 1<<32 - 1,
	}))
	if err != nil || len(sealed) > stele.MaxPackage {
		t.Errorf("%d bytes, a package holds %d: %v", len(sealed), stele.MaxPackage, err)
	}
}
