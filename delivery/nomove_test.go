package delivery_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR38AnotherRecordOfTheDayIsNoMove imports, one after the other, files of two patients
// that show no server and count their records from 1, as converters write them, with the
// time at which they were written. What is Ana's is no earlier version of what is Ben's,
// for all that both are of one day, type and category: no number says so.
func TestR38AnotherRecordOfTheDayIsNoMove(t *testing.T) {
	const at = `"meta":{"lastUpdated":"2026-11-02T10:0`
	order := func(who, minute, what string) string {
		return `{"resourceType":"MedicationRequest","id":"1",` + at + minute + `:00Z"},"status":"active","intent":"order","subject":{"reference":"Patient/` + who + `"},"medicationCodeableConcept":{"text":"` + what + `"},"authoredOn":"2026-11-02"}`
	}
	allergy := func(who, minute, what string) string {
		return `{"resourceType":"AllergyIntolerance","id":"1",` + at + minute + `:00Z"},"recordedDate":"2026-11-02","patient":{"reference":"Patient/` + who + `"},"code":{"text":"` + what + `"}}`
	}
	result := func(who, minute, what string) string {
		return `{"resourceType":"Observation","id":"1",` + at + minute + `:00Z"},"status":"final","subject":{"reference":"Patient/` + who + `"},"code":{"text":"` + what + `"},"effectiveDateTime":"2026-11-02","valueString":"x"}`
	}
	for what, c := range map[string]struct{ name, hers, his string }{
		"medicines": {"MedicationRequest/1", order("pa", "0", "Warfarin 5 mg"), order("pb", "5", "Metformin 500 mg")},
		"allergies": {"AllergyIntolerance/1", allergy("pa", "0", "Penicillin"), allergy("pb", "5", "Latex")},
		"results":   {"Observation/1", result("pa", "0", "Potassium"), result("pb", "5", "Glucose")},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, ben := couple(w)
				for _, file := range []string{ndjson(patientOf("pa", "MA-1"), c.hers), ndjson(patientOf("pb", "MB-1"), c.his)} {
					_, err := h.Delivery.Import(t.Context(), strings.NewReader(file), delivery.ImportOptions{})
					w.Must(err)
				}
				if hers, his := tells(w.Chart(ana), c.name), tells(w.Chart(ben), c.name); hers != 1 || his != 1 {
					t.Errorf("%d stand in her chart and %d in his, want 1 and 1", hers, his)
				}
			})
		})
	}
}

// TestR38OneNumberTwiceIsNoMove: a server of the hospital's own that was set up anew counts
// ids and versions from 1 again. No server gives one number to two versions of a record, so
// what it calls 100 now is not what it called so before.
func TestR38OneNumberTwiceIsNoMove(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		w.Must(h.Delivery.AddSystem(labA))
		result := func(who, code, day string) string {
			return `{"resourceType":"Observation","id":"100","meta":{"versionId":"1","lastUpdated":"` + day + `T08:00:00Z"},"status":"final","subject":{"reference":"Patient/` + who + `"},"code":{"text":"` + code + `"},"effectiveDateTime":"` + day + `","valueString":"x"}`
		}
		for _, file := range []string{
			at(labA, patientOf("pa", "MA-1"), result("pa", "Potassium", "2026-01-02")), at(labA, patientOf("pb", "MB-1"), result("pb", "Glucose", "2026-06-02")),
		} {
			_, err := h.Delivery.Import(t.Context(), strings.NewReader(file), delivery.ImportOptions{})
			w.Must(err)
		}
		if hers, his := tells(w.Chart(ana), "Observation/100"), tells(w.Chart(ben), "Observation/100"); hers != 1 || his != 1 {
			t.Errorf("%d stand in her chart and %d in his, want 1 and 1", hers, his)
		}
	})
}
