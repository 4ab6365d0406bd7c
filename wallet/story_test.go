package wallet

import (
	"bytes"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
)

// TestStory is the whole story on one page: join, grant, deliver, open, account,
// own chart, export.
func TestStory(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside", "Lakeview"), w.newDoctor("Dr Okafor", "Lakeview")
		w.delivers("Northside", p, note("a1", stele.Allergies, "2020-01-02"), note("m1", stele.Medications, "2021"))
		w.delivers("Lakeview", p, note("a2", stele.Allergies, "2022-02"))
		w.gives(p, d, stele.Allergies)

		chart, err := d.OpenChart(t.Context(), p.Subject(), followUp)
		w.must(err)
		if ids(chart) != "a1 a2" || len(chart.Faults) > 0 {
			t.Errorf("opened %q, faults %v", ids(chart), chart.Faults)
		}
		w.post()
		report, err := linesOf(t.Context(), p)
		w.must(err)
		if len(report.Gaps) > 0 || report.Pending > 0 || len(report.Silent) > 0 || report.Receipts != 3 {
			t.Errorf("gaps %v, %d pending, silent %v", report.Gaps, report.Pending, report.Silent)
		}
		own, err := p.OpenOwn(t.Context())
		w.must(err)
		if ids(own) != "a1 a2 m1" || len(own.Faults) > 0 {
			t.Errorf("she opened %q, faults %v", ids(own), own.Faults)
		}
		var file bytes.Buffer
		exported, err := p.Export(t.Context(), &file)
		w.must(err)
		verified, err := proof.Verify(&file, proof.Expect{})
		w.must(err)
		if exported.Records != 3 || verified.Records != 3 || verified.Accesses != 1 || verified.Receipts != 3 || len(verified.Notes) > 0 {
			t.Errorf("exported %+v, verified %+v", exported, verified)
		}
	})
}
