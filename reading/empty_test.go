package reading_test

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/client/town"
)

// TestR45WhoFindsNothingIsToldByNameAndReason: who opens a chart in which nothing is for
// them has learned that, and the patient learns who asked and why, as of any opening.
func TestR45WhoFindsNothingIsToldByNameAndReason(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Documents, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		if len(chart.Records) > 0 {
			t.Errorf("%d records are in a scope that has none", len(chart.Records))
		}
		openings := 0
		_, err = p.Account.Report(t.Context(), func(l account.Line) error {
			if l.Event.GetAccessPermitted() == nil {
				return nil
			}
			openings++
			if l.Card.GetName() != "Dr Okafor" || l.Detail.GetReason() != town.FollowUp.Reason || len(l.Details) < l.Needed {
				t.Errorf("the opening is told as %q, %q, by %d trustees", l.Card.GetName(), l.Detail.GetReason(), len(l.Details))
			}
			for _, k := range l.Details {
				if asking.Reason(k.Detail.Why) != asking.Nothing {
					t.Errorf("%s says why: %q", k.Member, k.Detail.Why)
				}
			}
			return nil
		})
		w.Must(err)
		if openings != 1 {
			t.Errorf("%d openings", openings)
		}
	})
}
