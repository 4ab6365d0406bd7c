package delivery_test

import (
	"fmt"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// What is more than a submission holds goes out in several.
func TestALongPileGoesOutInParts(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		n := delivery.MaxBatchRecords + 1
		var records []delivery.Incoming
		for i := range n {
			records = append(records, town.Note(fmt.Sprint("n", i), stele.Documents, "2020"))
		}
		d, err := h.Delivery.DeliverPile(t.Context(), ana.Subject(), records)
		if err != nil || d.Records != n {
			t.Fatalf("%d of %d records: %v", d.Records, n, err)
		}
		anchors := 0
		account, err := ana.Log(t.Context())
		w.Must(err)
		for e, err := range account.Events() {
			w.Must(err)
			if e.Event.GetAnchored() != nil {
				anchors++
			}
		}
		if anchors != 2 {
			t.Errorf("%d submissions", anchors)
		}
	})
}
