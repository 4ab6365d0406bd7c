package delivery_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR37AnIDOfTwoServersIsNoOnesAlone has a file that shows no server name a Patient of
// another server, by an id that one of its own has, too: whatever came before, and in
// whatever order, it does not go into the chart of the one who is not meant.
func TestR37AnIDOfTwoServersIsNoOnesAlone(t *testing.T) {
	const b = "https://b.example/fhir"
	ours := ndjson(patientOf("ana", "MA-1"), basic("x", "ana", "penicillin"))
	theirs := at(b, patientOf("ana", "MB-1"), basic("y", "ana", "latex"))
	secret := strings.Replace(basic("z", "ana", "HIV"), `"Patient/ana"`, `"`+b+`/Patient/ana"`, 1)
	alone, beside := ndjson(secret), ndjson(patientOf("ana", "MA-1"), secret)
	for what, c := range map[string]struct {
		own  string
		came []string
		last string
	}{
		"theirs came":                 {came: []string{theirs}, last: beside},
		"ours, then theirs":           {came: []string{ours, theirs}, last: beside},
		"theirs, then ours":           {came: []string{theirs, ours}, last: beside},
		"ours came":                   {came: []string{ours}, last: beside},
		"both, the Patient not again": {came: []string{ours, theirs}, last: alone},
		"ours is known":               {own: "https://a.example/fhir", came: []string{theirs, ours}, last: beside},
		"with ours in one file":       {last: ours + beside},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, _ := couple(w)
				if c.own != "" {
					w.Must(h.Delivery.AddSystem(c.own))
				}
				for _, text := range c.came {
					done, err := h.Delivery.ImportFiles(t.Context(), files(text), delivery.ImportOptions{})
					if w.Must(err); done[0].Refused > 0 {
						t.Fatalf("%+v", done)
					}
				}
				done, err := h.Delivery.ImportFiles(t.Context(), files(c.last), delivery.ImportOptions{})
				w.Must(err)
				if slices.Contains(saying(w.Chart(ana)), "HIV") || done[0].Refused == 0 {
					t.Errorf("a record of b's Patient/ana is in Ana's chart: %+v", done)
				}
			})
		})
	}
}
