package reading_test

import (
	"context"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// TestR22SubstanceUseRecordsComeWithTheNotice: with the words of 42 CFR 2.32 and what the
// patient consented to, said by each trustee; other records come without. What a trustee
// releases without them, or with other words, is not taken.
func TestR22SubstanceUseRecordsComeWithTheNotice(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		sud := town.Note("a2", stele.Problems, "2021-01-02")
		sud.Sensitivity = []stele.Sensitivity{stele.SUD}
		w.Delivers("Northside", p, town.Note("a1", stele.Problems, "2020-01-02"), sud)
		terms := town.Terms(stele.Problems)
		terms.Sensitivity = sud.Sensitivity
		given, _, err := p.Give(t.Context(), w.ContactOf(p, d), terms)
		w.Must(err)
		_, err = d.Collect(t.Context())
		w.Must(err)

		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		if town.IDs(chart) != "a1 a2" {
			t.Fatalf("opened %q", town.IDs(chart))
		}
		held, err := d.HeldFor(p.Subject(), stele.ActionRead)
		w.Must(err)
		document, err := consent.Parse(held[0].Document)
		w.Must(err)
		want := &wire.Disclosure{
			Notice: "42 CFR part 2 prohibits unauthorized use or disclosure of these records.",
			Scope:  `The patient consented to this: "` + consent.Say(document, "en") + `"`,
		}
		if got := chart.Access.Disclosure; got.GetNotice() != want.Notice || got.GetScope() != want.Scope {
			t.Errorf("it came with %v", got)
		}
		for _, signed := range chart.Access.Receipts {
			receipt := new(wire.Receipt)
			w.Must(wire.Decode(signed.Body, receipt))
			if receipt.Disclosure.GetNotice() != want.Notice || receipt.Disclosure.GetScope() != want.Scope {
				t.Errorf("a trustee signed %v", receipt.Disclosure)
			}
		}

		for what, says := range map[string]*wire.Disclosure{
			"nothing":     nil,
			"other words": {Notice: "for your eyes only", Scope: want.Scope},
			"more":        {Notice: want.Notice, Scope: "everything"},
		} {
			for i, name := range w.Names[:2] { // of four trustees two, so that three cannot be had
				d = town.Bend(d, name, func(m *members.Member) {
					m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Answers: w.Accompanies(i, says)}
				})
			}
			if _, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp); err == nil {
				t.Errorf("with %s it opened all the same", what)
			}
		}
		_, err = p.Revoke(t.Context(), given.Grant)
		w.Must(err)
	})
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Problems, "2020-01-02"))
		w.Gives(p, d, stele.Problems)
		chart, err := d.Charts.OpenChart(context.Background(), p.Subject(), town.FollowUp)
		w.Must(err)
		if chart.Access.Disclosure != nil {
			t.Errorf("records of no substance use came with %v", chart.Access.Disclosure)
		}
	})
}
