package wallet

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/reading"
)

// TestWhoMakesASummaryIsToldWhatIsLeftOutAsSensitive: how many records, and marked as what, or not classified; not of what is named, nor of
// earlier summaries, which are never in one.
func TestWhoMakesASummaryIsToldWhatIsLeftOutAsSensitive(t *testing.T) {
	record := func(c stele.Category, marks ...stele.Sensitivity) reading.Record {
		return reading.Record{Label: stele.Label{Category: c, Sensitivity: marks}}
	}
	records := []reading.Record{record(stele.Allergies), record(stele.Problems, stele.HIV), record(stele.Problems, stele.HIV, stele.PSY), record(stele.Summary, stele.HIV), record(stele.Allergies, stele.Unclassified)}
	for _, c := range []struct {
		named []stele.Sensitivity
		says  string
	}{
		{nil, "left out of it is what is marked as sensitive or could not be classified: 3 records (HIV, PDS, PSY); --sensitive names what may be in it"},
		{[]stele.Sensitivity{stele.HIV}, "left out of it is what is marked as sensitive or could not be classified: 2 records (PDS, PSY); --sensitive names what may be in it"},
		{[]stele.Sensitivity{stele.PSY, stele.HIV}, "left out of it is what is marked as sensitive or could not be classified: 1 record (PDS); --sensitive names what may be in it"},
		{[]stele.Sensitivity{stele.PSY, stele.Unclassified}, "left out of it is what is marked as sensitive: 2 records (HIV); --sensitive names what may be in it"},
		{[]stele.Sensitivity{stele.PSY, stele.HIV, stele.Unclassified}, ""},
	} {
		if says := sensitiveLeftOut(records, c.named); says != c.says {
			t.Errorf("of %v it says %q", c.named, says)
		}
	}
}
