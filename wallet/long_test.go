package wallet

import (
	"fmt"
	"testing"

	"github.com/stele-health/stele"
)

// What is more than a submission holds goes out in several.
func TestALongPileGoesOutInParts(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		h, ana, _ := couple(w)
		n := maxBatchRecords + 1
		var records []Incoming
		for i := range n {
			records = append(records, note(fmt.Sprint("n", i), stele.Documents, "2020"))
		}
		d, err := h.DeliverPile(t.Context(), ana.Subject(), records)
		if err != nil || d.Records != n {
			t.Fatalf("%d of %d records: %v", d.Records, n, err)
		}
		anchors := 0
		account, err := ana.Log(t.Context())
		w.must(err)
		for e, err := range account.Events() {
			w.must(err)
			if e.Event.GetAnchored() != nil {
				anchors++
			}
		}
		if anchors != 2 {
			t.Errorf("%d submissions", anchors)
		}
	})
}
