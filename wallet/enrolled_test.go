package wallet

import (
	"strings"
	"testing"
)

// TestR37AnIDThatStoodInAnothersChartTiesNobody: an id under which a Patient stands in
// another's chart is of two people, though it was never linked to the first.
func TestR37AnIDThatStoodInAnothersChartTiesNobody(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		h, _, ben := couple(w)
		in := func(text string) {
			_, err := h.Import(t.Context(), strings.NewReader(text), ImportOptions{})
			w.must(err)
		}
		in(patientOf("pv", "MA-1"))
		tied, err := h.LinkID("pv", Link{Subject: ben.Subject()})
		w.must(err)
		in(patientOf("pv", "MB-1"))
		in(`{"resourceType":"AllergyIntolerance","id":"late","patient":{"reference":"Patient/pv"},"code":{"text":"Succinylcholine"}}`)
		if tied || tells(w.chart(ben), "AllergyIntolerance/late") != 0 {
			t.Error("a record of Ana's Patient/pv went to Ben's chart")
		}
	})
}
