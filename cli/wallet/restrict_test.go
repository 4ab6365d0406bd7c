package wallet

import (
	"fmt"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/slot"
)

// TestR16WhereCapsulesCannotBeBroughtTheWholeFolioIsRestricted: for what lies beside single records there
// is room for 512 of them; beyond, the folio goes along, and the restriction says so before it is made.
func TestR16WhereCapsulesCannotBeBroughtTheWholeFolioIsRestricted(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		elena := w.NewPatient("Elena", "Northside")
		var notes []delivery.Incoming
		for i := range 600 {
			notes = append(notes, town.Note(fmt.Sprint("n", i), stele.Results, "2023"))
		}
		w.Delivers("Northside", elena, notes...)
		in, seen := &found{chart: w.Chart(elena)}, map[stele.Digest]bool{}
		var whole []bool
		for _, record := range in.chart.Records {
			if seen[record.Folio.Digest] {
				continue
			}
			seen[record.Folio.Digest] = true
			r, siblings := in.restrictsRecords(t.Context(), elena, slot.Restriction{Records: []slot.Record{placeOf(record)}})
			whole = append(whole, r.WholeFolios)
			r = r.Warned(time.Now())
			_, err := elena.Restrict(t.Context(), r, nil, siblings...)
			w.Must(err)
			if kept := in.touched(new(cli.Face), r, nil, 1).Siblings[stele.Results]; (kept > 0) != r.WholeFolios {
				t.Errorf("%d others are said to be kept back", kept)
			}
		}
		if len(whole) != 3 || whole[0] || whole[1] || !whole[2] {
			t.Errorf("whole folios are restricted: %v", whole)
		}
	})
}
