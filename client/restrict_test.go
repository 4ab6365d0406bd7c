package client_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// granted is a ward on which Elena has let Dr Okafor read allergies, results and medicines.
func granted(t *testing.T, w *town.Town) *ward {
	n := onWard(t, w)
	w.Gives(n.elena, n.okafor, stele.Allergies, stele.Results, stele.Medications)
	held, err := n.okafor.HeldFor(n.elena.Subject(), stele.ActionRead)
	w.Must(err)
	h := held[len(held)-1]
	n.activation, n.activated, n.grantee = h.Grant, h.Document, n.okafor.Keyring().OneTime(h.KeyIndex)
	copy(n.salt[:], h.Salt)
	n.by = func(d *wire.AccessDetail) { d.Purpose, d.Credentials = "TREAT", nil }
	return n
}

// restricts has Elena restrict something, who was warned.
func (n *ward) restricts(r slot.Restriction) {
	n.t.Helper()
	r = r.Warned(time.Now())
	_, err := n.elena.Restrict(n.t.Context(), r, nil)
	n.Must(err)
	if missing := n.elena.MissingSlot(); len(missing) != 0 {
		n.t.Errorf("it is missing at %v", missing)
	}
}

func (n *ward) lifts(i int) {
	n.t.Helper()
	_, err := n.elena.Lift(n.t.Context(), i)
	n.Must(err)
}

// chart is what Dr Okafor's wallet reads.
func (n *ward) chart() string {
	n.t.Helper()
	chart, err := n.okafor.Charts.OpenChart(n.t.Context(), n.elena.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "a check"})
	if stele.KindOf(err) == stele.KindDenied {
		return "denied"
	}
	n.Must(err)
	if len(chart.Faults) > 0 {
		n.t.Errorf("somebody is blamed: %v", chart.Faults)
	}
	return town.IDs(chart)
}

// named asks all vaults for the records of folios by their names, and returns how many gave any.
func (n *ward) named(names ...[]byte) (gave int, said []string) {
	n.t.Helper()
	for _, m := range n.Members {
		err := m.Vault.GetRecords(n.t.Context(), &wire.GetRecordsRequest{Request: n.reads(m.Subject), Folios: names}, func(*wire.GetRecordsResponse) error {
			gave++
			return nil
		})
		said = append(said, stele.TextOf(err)+stele.KindOf(err).String())
	}
	slices.Sort(said)
	return gave, slices.Compact(said)
}

func nameOf(c *wire.CapsuleRef) []byte {
	head := new(wire.FolioHead)
	if wire.Decode(c.Head, head) != nil {
		return nil
	}
	return append(slices.Clone(c.Submission), head.Folio...)
}

// TestR16WhatIsRestrictedIsAsIfItWereNotThere: vaults do not list it, nor give it to who knows its name,
// nor trustees release it to who kept its capsule from before, all as for what was never there; the
// owner reads it; and when it is lifted all is as before.
func TestR16WhatIsRestrictedIsAsIfItWereNotThere(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := granted(t, w)
		all := len(n.Members)
		n.wants("before", "allergies results")
		if got := n.chart(); got != "inr nuts" {
			t.Errorf("before, the chart holds %q", got)
		}
		before := slices.Clone(n.capsules)
		results := slices.DeleteFunc(slices.Clone(before), func(c *wire.CapsuleRef) bool {
			var label wire.Label
			w.Must(wire.Decode(c.Label.Label, &label))
			return label.Category != "results"
		})
		for what, r := range map[string]slot.Restriction{
			"by category": {Categories: []stele.Category{stele.Results}},
			"by record":   {Records: []slot.Record{{Folio: wire.FolioDigest(results[0].Head), Handle: stele.NewID()}}},
			"by period":   {From: 2024, To: 2025},
			"by provider": {Sources: []stele.Subject{n.Orgs["Northside"].Subject()}, From: 2021},
		} {
			n.restricts(r)
			if open, released := n.again(); open != "allergies" || released != all { // within the opening of before
				t.Errorf("%s: %q is open, %d release", what, open, released)
			}
			for asked, capsules := range map[string][]*wire.CapsuleRef{"with the rest": before, "alone": results} {
				n.capsules = capsules
				if released := n.trustees(); released != 0 {
					t.Errorf("%s: %d trustees release it, asked for %s", what, released, asked)
				}
			}
			if err := n.access(); err != nil {
				t.Fatal(err)
			}
			if released := n.trustees(); released != 0 {
				t.Errorf("%s: %d trustees release it in an opening of its own", what, released)
			}
			gave, said := n.named(nameOf(results[0]))
			none, never := n.named(make([]byte, 32))
			if gave != 0 || none != 0 || !slices.Equal(said, never) {
				t.Errorf("%s: %d vaults give it; they say %q, and %q of what was never there", what, gave, said, never)
			}
			if got := n.chart(); got != "nuts" {
				t.Errorf("%s: the chart holds %q", what, got)
			}
			if got := town.IDs(w.Chart(n.elena)); got != "hiv inr nuts" {
				t.Errorf("%s: Elena reads %q", what, got)
			}
			n.lifts(1)
			n.wants(what+", lifted", "allergies results")
		}
	})
}

// TestR16ARestrictionHoldsInAnEmergencyWhereItSaysSo, and nowhere else.
func TestR16ARestrictionHoldsInAnEmergencyWhereItSaysSo(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := onWard(t, w)
		n.breaks("Lakeview")
		n.wants("before", "allergies")
		capsules := n.capsules
		n.restricts(slot.Restriction{Categories: []stele.Category{stele.Allergies}})
		n.wants("restricted, but not in an emergency", "allergies")
		n.restricts(slot.Restriction{Categories: []stele.Category{stele.Allergies, stele.Results}, InEmergencies: true})
		if open, _ := n.again(); open != "" {
			t.Errorf("restricted in an emergency, too: %q is open", open)
		}
		n.capsules = capsules
		if released := n.trustees(); released != 0 {
			t.Errorf("restricted in an emergency, too: %d trustees release it", released)
		}
		n.says(slot.Slot{Categories: []stele.Category{stele.Allergies, stele.Results}}) // what is said of emergencies lifts nothing
		if open, _ := n.open(); open != "" {
			t.Errorf("said anew of emergencies: %q is open", open)
		}
		if rs, err := n.elena.Restrictions(t.Context()); err != nil || len(rs) != 2 {
			t.Errorf("restricted is %v, %v", rs, err)
		}
		n.lifts(2)
		n.wants("lifted", "allergies results")
	})
}

// TestR16WhatIsRestrictedBetweenListAndReleaseIsNotReleased: what a vault listed a moment ago,
// trustees keep back, and the chart is read without it. A vault that goes on listing it is blamed by nobody's harm.
func TestR16WhatIsRestrictedBetweenListAndReleaseIsNotReleased(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := granted(t, w)
		n.wants("before", "allergies results")
		old := n.capsules
		n.restricts(slot.Restriction{Categories: []stele.Category{stele.Results}})
		liar := town.Bend(n.okafor, "Northside", func(m *members.Member) {
			m.Vault = town.LyingVault{Vault: m.Vault, List: func(out *wire.ListFoliosResponse) {
				out.Folios = nil
				for _, c := range old {
					out.Folios = append(out.Folios, &wire.FolioItem{Submission: c.Submission, Head: c.Head, Label: c.Label, Capsule: c.Capsule, Index: c.Index, Folios: c.Folios, Path: c.Path})
				}
			}}
		})
		chart, err := liar.Charts.OpenChart(t.Context(), n.elena.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "a check"})
		w.Must(err)
		if got := town.IDs(chart); got != "nuts" {
			t.Errorf("the chart holds %q", got)
		}
	})
}

// TestR16AMemberThatDoesNotKnowWhatIsRestrictedGivesNothing, until the wallet brings it.
func TestR16AMemberThatDoesNotKnowWhatIsRestrictedGivesNothing(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := granted(t, w)
		w.Apart = true
		w.Down["Elm"] = true
		_, err := n.elena.Restrict(t.Context(), slot.Restriction{
			Categories: []stele.Category{stele.Claims}, Warning: "stele.restrict.1", Language: "en", At: time.Now(),
		}, nil)
		w.Must(err)
		w.Down["Elm"] = false
		if open, released := n.open(); open != "allergies results" || released != 3 {
			t.Errorf("%q is open, %d trustees release", open, released)
		}
		_, err = n.elena.Collect(t.Context())
		w.Must(err)
		n.wants("brought", "allergies results")
	})
}

// TestR16AMemberThatWasAwayHasWhatIsRestrictedFromTheOthers: two of four were, and all four open the
// chart again without the wallet, by what it restricts.
func TestR16AMemberThatWasAwayHasWhatIsRestrictedFromTheOthers(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := granted(t, w)
		for _, away := range [][]string{{"Elm"}, {w.Names[0], w.Names[3]}} {
			for _, name := range away {
				w.Down[name] = true
			}
			_, err := n.elena.Restrict(t.Context(), slot.Restriction{
				Categories: []stele.Category{stele.Results}, Warning: "stele.restrict.1", Language: "en", At: time.Now(),
			}, nil)
			w.Must(err)
			for _, name := range away {
				w.Down[name] = false
			}
			if missing := n.elena.MissingSlot(); len(missing) != len(away) {
				t.Errorf("it is missing at %v", missing)
			}
			n.wants("without the wallet", "allergies")
			n.lifts(1)
		}
	})
}

// TestR16ARestrictionIsSaidOnceByWhoKnowsWhatCounts.
func TestR16ARestrictionIsSaidOnceByWhoKnowsWhatCounts(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := onWard(t, w)
		r := slot.Restriction{Categories: []stele.Category{stele.Results}, Warning: "stele.restrict.1", Language: "en", At: time.Now()}
		n.restricts(r)
		_, err := n.elena.Restrict(t.Context(), r, nil)
		w.Wants(err, stele.KindExists, "twice")
		_, err = n.elena.Lift(t.Context(), 2)
		w.Wants(err, stele.KindUsage, "lifting what is not there")
		_, err = n.elena.Restrict(t.Context(), slot.Restriction{Warning: "stele.restrict.1", Language: "en", At: time.Now()}, nil)
		w.Wants(err, stele.KindInvalid, "restricting nothing")
	})
}
