package wallet

import (
	"fmt"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// TestR38ARecordAndWhatItReplacesGoTogether cuts a full pile: the withdrawal of an older
// version is in the submission of the newer one, or she could be left with neither.
func TestR38ARecordAndWhatItReplacesGoTogether(t *testing.T) {
	p := new(pile)
	for range maxBatchRecords {
		p.add(arrival{})
	}
	p.add(arrival{with: true})
	p.add(arrival{})
	parts := p.parts()
	if len(parts) != 2 || len(parts[0].arrivals) != maxBatchRecords+1 || len(parts[1].arrivals) != 1 {
		t.Fatalf("%d parts, the first of %d", len(parts), len(parts[0].arrivals))
	}
}

// A file that is too long to be held gives its room to others.
func TestAFileThatIsNotHeldTakesNoRoom(t *testing.T) {
	im := new(importing)
	im.room.Store(3 << 10)
	h := new(held)
	for h != nil {
		h = im.hold(h, fhir.Entry{})
	}
	if left := im.room.Load(); left != 3<<10 {
		t.Errorf("%d of %d bytes are left", left, 3<<10)
	}
}

// What is more than a submission holds goes out in several.
func TestALongPileGoesOutInParts(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		h, ana, _ := couple(w)
		p, n := new(pile), maxBatchRecords+1
		for i := range n {
			p.add(arrival{subject: ana.Subject(), kept: new(kept), record: note(fmt.Sprint("n", i), stele.Documents, "2020")})
		}
		seen, err := h.delivered()
		w.must(err)
		d, err := h.deliverParts(t.Context(), seen, ana.Subject(), p)
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
