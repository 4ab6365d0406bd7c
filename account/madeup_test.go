package account_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
)

// TestTheAccountCountsNoMadeUpRecords: a vault lists a folio with a capsule for a record that there is not. No trustee releases it, and
// what the patient reads of the opening is what was opened.
func TestTheAccountCountsNoMadeUpRecords(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-03-02"))
		w.Gives(p, d, stele.Allergies)
		for _, liar := range w.Names {
			doctor := town.Bend(d, liar, func(m *members.Member) {
				m.Vault = town.LyingVault{Vault: m.Vault, List: w.MadeUpParts(p, stele.ID{})}
			})
			chart, err := doctor.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			w.Must(err)
			if line := opened(w, p); line.ReleasedRecords() != 2 || len(chart.Records) != 2 {
				t.Errorf("%s lies: %d records were opened, and her account says %d", liar, len(chart.Records), line.ReleasedRecords())
			}
			time.Sleep(time.Minute)
		}
	})
}
