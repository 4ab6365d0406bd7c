package delivery_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/reading"
)

// TestR37AnIDThatStoodInAnothersChartTiesNobody: an id under which a Patient stands in
// another's chart is of two people, though it was never linked to the first.
func TestR37AnIDThatStoodInAnothersChartTiesNobody(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, ben := couple(w)
		in := func(text string) {
			_, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
			w.Must(err)
		}
		in(patientOf("pv", "MA-1"))
		tied, err := h.Delivery.LinkID("pv", links.Link{Subject: ben.Subject()})
		w.Must(err)
		in(patientOf("pv", "MB-1"))
		in(`{"resourceType":"AllergyIntolerance","id":"late","patient":{"reference":"Patient/pv"},"code":{"text":"Succinylcholine"}}`)
		if tied || tells(w.Chart(ben), "AllergyIntolerance/late") != 0 {
			t.Error("a record of Ana's Patient/pv went to Ben's chart")
		}
	})
}

// TestR37AnAnswerOutlivesTheNextEnrolment: what somebody said of an id counts still when
// the same person is enrolled again, as with a new number.
func TestR37AnAnswerOutlivesTheNextEnrolment(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, ben := couple(w)
		_, err := h.Delivery.Import(t.Context(), strings.NewReader(patientOf("pv", "MA-1")), delivery.ImportOptions{})
		w.Must(err)
		w.Must(h.Links().Link([]links.Link{{System: intake.PatientID, Number: "pv", Subject: ben.Subject()}}, links.Confirmed{}))
		tied, err := h.Delivery.LinkID("pv", links.Link{Subject: ben.Subject()})
		w.Must(err)
		if !tied {
			t.Error("an id that is said to be Ben's does not tie him, as it stood in Ana's chart")
		}
	})
}

// TestR37AnIDOfAnotherServerThatStoodInAnothersChartTiesNobody is
// TestR37AnIDThatStoodInAnothersChartTiesNobody of a server that is not the organisation's own.
func TestR37AnIDOfAnotherServerThatStoodInAnothersChartTiesNobody(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, ben := couple(w)
		in := func(text string) {
			_, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
			w.Must(err)
		}
		in(at(labA, patientOf("pv", "MA-1")))
		tied, err := h.Delivery.LinkID(labA+"/Patient/pv", links.Link{Subject: ben.Subject()}) // as enrol --from does
		w.Must(err)
		in(at(labA, `{"resourceType":"AllergyIntolerance","id":"late","patient":{"reference":"Patient/pv"},"code":{"text":"Succinylcholine"}}`))
		his := slices.ContainsFunc(w.Chart(ben).Records, func(r reading.Record) bool { return strings.Contains(string(r.JSON), "Succinylcholine") })
		if tied || his {
			t.Errorf("tied %v; a record of Ana's Patient/pv is in Ben's chart: %v", tied, his)
		}
	})
}
