package delivery_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR38AGuestsProvenanceTakesBackItsOwn has a Provenance of activity DELETE name what
// another server calls so, which stands in the chart or comes in the same import, by its
// name and by its handle.
func TestR38AGuestsProvenanceTakesBackItsOwn(t *testing.T) {
	pa := patientOf("pa", "MA-1")
	says := provenance(delivery.DataOperation, "DELETE")
	deleted := func(target string) string { return strings.Replace(says, "Basic/1", target, 1) }
	const itself = "6f2f9a3e-0000-4000-8000-000000000001"
	ours, guests := at(labA, pa, basic("1", "pa", "glucose"), basic(itself, "pa", "sodium")), func(more ...string) string {
		return at(labB, append([]string{pa}, more...)...)
	}
	for what, c := range map[string]serverStory{
		"of home, in one import": {steps: []step{{files: []string{ours, guests(deleted(labA + "/Basic/1"))}, delivered: 4, refused: 1, says: "the server of Basic/1 in these files is " + labA}},
			ana: []string{"glucose", "sodium"}},
		"before what it names": {own: []string{labA}, steps: []step{{files: []string{guests(deleted(labA + "/Basic/1")), ours}, delivered: 4, refused: 1, says: "the server of Basic/1 in these files is " + labA}},
			ana: []string{"glucose", "sodium"}},
		"of a UUID of home, in one import": {steps: []step{{files: []string{ours, guests(deleted(labA + "/Basic/" + itself))}, delivered: 4, refused: 1, says: "in these files is " + labA}},
			ana: []string{"glucose", "sodium"}},
		"of what shows no server, in one import": {own: []string{labA}, steps: []step{{files: []string{ndjson(pa, basic("1", "pa", "glucose")), guests(deleted(labA + "/Basic/1"))}, delivered: 3, refused: 1, says: "in these files is not known"}},
			ana: []string{"glucose"}},
		"of its own, in one import": {steps: []step{{files: []string{ours, guests(basic("1", "pa", "potassium"), deleted("Basic/1"))}, delivered: 6, withdrawn: 1}},
			ana: []string{"glucose", "sodium"}},
		"of home's, by home": {own: []string{labA}, steps: []step{{files: []string{ours, ndjson(pa, deleted("Basic/1"))}, delivered: 4, known: 1, withdrawn: 1}},
			ana: []string{"sodium"}},
	} {
		t.Run(what, func(t *testing.T) { c.run(t, what) })
	}
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		in := func(text string) delivery.Imported {
			t.Helper()
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
			w.Must(err)
			return done
		}
		in(ours)
		handles := map[string]string{} // by what a record says
		for _, r := range w.Chart(ana).Records {
			for _, says := range []string{"glucose", "sodium"} {
				if strings.Contains(string(r.JSON), says) {
					handles[says] = r.Handle.String()
				}
			}
		}
		by := func(handle string) string {
			return strings.Replace(says, `{"reference":"Basic/1"}`, `{"identifier":{"system":"`+delivery.HandleSystem+`","value":"`+handle+`"}}`, 1)
		}
		if done := in(guests(by(handles["glucose"]))); done.Refused != 1 || !strings.Contains(lines(done.Issues, ""), "in the chart of Ana Alvar (MA-1) is "+labA) {
			t.Errorf("a guest's, by a handle: %+v", done)
		}
		if got := saying(w.Chart(ana)); !slices.Equal(got, []string{"glucose", "sodium"}) {
			t.Errorf("the chart says %q", got)
		}
		in(at(labA, pa, by(handles["sodium"])))
		if got := saying(w.Chart(ana)); !slices.Equal(got, []string{"glucose"}) {
			t.Errorf("after home's, by a handle, the chart says %q", got)
		}
	})
}
