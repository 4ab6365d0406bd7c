package wallet

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wallet"
)

// TestR16TheScreenCountsNothingThatIsRestricted: the parts of an open chart are listed with how many
// records open. Were a restricted one counted, one less would come, and a grant of the whole category left no other reason.
func TestR16TheScreenCountsNothingThatIsRestricted(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		elena, okafor := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", elena, town.Note("ldl", stele.Results, "2023"), town.Note("hdl", stele.Results, "2023"))
		w.Gives(elena, okafor, stele.Results)
		records := w.Chart(elena).Records
		sibling, err := elena.Charts.Single(records[1])
		w.Must(err)
		_, err = elena.Restrict(t.Context(), slot.Restriction{
			Records: []slot.Record{placeOf(records[0])}, Warning: "stele.restrict.5", Language: "en", At: time.Now(),
		}, nil, []wallet.Single{sibling}...)
		w.Must(err)
		h, err := okafor.Charts.HoldChart(t.Context(), elena.Subject(), town.FollowUp, func(stele.Label) bool { return false })
		w.Must(err)
		defer h.Close()
		parts := partsOf(h.Folios())
		read, err := h.Read(t.Context(), func(*reading.Folio) bool { return true })
		w.Must(err)
		if len(parts) != 1 || parts[0].records != len(read) {
			t.Errorf("the screen lists %d records of %s, and %d come", parts[0].records, parts[0].category, len(read))
		}
	})
}
