package wallet

import "testing"

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
