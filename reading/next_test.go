package reading_test

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/reading"
)

// TestNoGrantIsTakenThatAllowsNothingOfWhatIsAsked: where the ledger refuses the grant that
// allows it, as it is used up, the next one is not opened under in its place: the chart
// would read as if there were no medicines, and her log would say that it was opened.
func TestNoGrantIsTakenThatAllowsNothingOfWhatIsAsked(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("m1", stele.Medications, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		once := town.Terms(stele.Medications)
		once.MaxUses = 1
		_, _, err := p.Give(t.Context(), w.ContactOf(p, d), once)
		w.Must(err)
		_, err = d.Collect(t.Context())
		w.Must(err)
		asked := reading.Question{Purpose: stele.Treatment, Categories: []stele.Category{stele.Medications}, Reason: "follow-up"}
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), asked)
		w.Must(err)
		if len(chart.Records) != 1 {
			t.Errorf("%d records", len(chart.Records))
		}
		_, err = d.Charts.OpenChart(t.Context(), p.Subject(), asked)
		w.Wants(err, stele.KindDenied, "the only grant of medicines is used up")
		log, err := p.Log(t.Context())
		w.Must(err)
		opened, refused := 0, 0
		for e, err := range log.Events() {
			w.Must(err)
			switch {
			case e.Event.GetAccessPermitted() != nil:
				opened++
			case e.Event.GetAccessRefused() != nil:
				refused++
			}
		}
		if opened != 1 || refused != 1 {
			t.Errorf("opened %d times and refused %d", opened, refused)
		}
	})
}
