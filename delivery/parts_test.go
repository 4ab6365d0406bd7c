package delivery

import (
	"testing"

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
