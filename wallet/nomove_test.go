package wallet

import (
	"strings"
	"testing"
)

// TestR38OneNumberTwiceIsNoMove: a server of the hospital's own that was set up anew counts
// ids and versions from 1 again. No server gives one number to two versions of a record, so
// what it calls 100 now is not what it called so before.
func TestR38OneNumberTwiceIsNoMove(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		h, ana, ben := couple(w)
		w.must(h.AddSystem(labA))
		result := func(who, code, day string) string {
			return `{"resourceType":"Observation","id":"100","meta":{"versionId":"1","lastUpdated":"` + day + `T08:00:00Z"},"status":"final","subject":{"reference":"Patient/` + who + `"},"code":{"text":"` + code + `"},"effectiveDateTime":"` + day + `","valueString":"x"}`
		}
		for _, file := range []string{
			at(labA, patientOf("pa", "MA-1"), result("pa", "Potassium", "2026-01-02")), at(labA, patientOf("pb", "MB-1"), result("pb", "Glucose", "2026-06-02")),
		} {
			_, err := h.Import(t.Context(), strings.NewReader(file), ImportOptions{})
			w.must(err)
		}
		if hers, his := tells(w.chart(ana), "Observation/100"), tells(w.chart(ben), "Observation/100"); hers != 1 || his != 1 {
			t.Errorf("%d stand in her chart and %d in his, want 1 and 1", hers, his)
		}
	})
}
