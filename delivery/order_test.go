package delivery_test

import (
	"slices"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// An order is labelled by the medicine that it refers to, from whichever server both
// come: what is called otherwise here is still what it was.
func TestR41AnOrderOfAnotherServerIsLabelledByItsMedicine(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		order := `{"resourceType":"MedicationRequest","id":"o","status":"active","intent":"order","medicationReference":{"reference":"Medication/m"},"subject":{"reference":"Patient/p"}}`
		medicine := `{"resourceType":"Medication","id":"m","code":{"coding":[{"system":"http://www.whocc.no/atc","code":"J05AR02"}]}}`
		for _, base := range []string{labA, labB} {
			done, err := h.Delivery.ImportFiles(t.Context(), files(at(base, patientOf("p", "MA-1"), medicine, order)), delivery.ImportOptions{})
			if err != nil || done[0].Refused > 0 {
				t.Fatalf("%s: %+v, %v", base, done[0], err)
			}
		}
		orders := 0
		for _, r := range w.Chart(ana).Records {
			if r.Type != "MedicationRequest" {
				continue
			}
			if orders++; !slices.Contains(r.Label.Sensitivity, stele.HIV) {
				t.Errorf("%s is labelled %v", nameOf(r.JSON), r.Label.Sensitivity)
			}
		}
		if orders != 2 {
			t.Errorf("%d orders", orders)
		}
	})
}
