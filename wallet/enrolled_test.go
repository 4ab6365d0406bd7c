package wallet

import (
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele/intake"
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

// TestR37AnAnswerOutlivesTheNextEnrolment: what somebody said of an id counts still when
// the same person is enrolled again, as with a new number.
func TestR37AnAnswerOutlivesTheNextEnrolment(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		h, _, ben := couple(w)
		_, err := h.Import(t.Context(), strings.NewReader(patientOf("pv", "MA-1")), ImportOptions{})
		w.must(err)
		w.must(h.Link([]Link{{System: intake.PatientID, Number: "pv", Subject: ben.Subject()}}, Linking{}))
		tied, err := h.LinkID("pv", Link{Subject: ben.Subject()})
		w.must(err)
		if !tied {
			t.Error("an id that is said to be Ben's does not tie him, as it stood in Ana's chart")
		}
	})
}

// TestR37AnIDOfAnotherServerThatStoodInAnothersChartTiesNobody is
// TestR37AnIDThatStoodInAnothersChartTiesNobody of a server that is not the organisation's own.
func TestR37AnIDOfAnotherServerThatStoodInAnothersChartTiesNobody(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		h, _, ben := couple(w)
		in := func(text string) {
			_, err := h.Import(t.Context(), strings.NewReader(text), ImportOptions{})
			w.must(err)
		}
		in(at(labA, patientOf("pv", "MA-1")))
		tied, err := h.LinkID(labA+"/Patient/pv", Link{Subject: ben.Subject()}) // as enrol --from does
		w.must(err)
		in(at(labA, `{"resourceType":"AllergyIntolerance","id":"late","patient":{"reference":"Patient/pv"},"code":{"text":"Succinylcholine"}}`))
		his := slices.ContainsFunc(w.chart(ben).Records, func(r Record) bool { return strings.Contains(string(r.JSON), "Succinylcholine") })
		if tied || his {
			t.Errorf("tied %v; a record of Ana's Patient/pv is in Ben's chart: %v", tied, his)
		}
	})
}
