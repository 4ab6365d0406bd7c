package delivery_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR37ADocumentOfMotherAndChild: each record goes into the chart of whom it names, and
// so it is with a message; a transaction over two charts can't be whole, and a document
// whose child is not linked goes nowhere, and says why.
func TestR37ADocumentOfMotherAndChild(t *testing.T) {
	entry := func(resource string) string {
		id := resource[strings.Index(resource, `"id":"`)+6:]
		typ := resource[strings.Index(resource, `:"`)+2:]
		return `{"fullUrl":"https://north.example/fhir/` + typ[:strings.IndexByte(typ, '"')] + "/" + id[:strings.IndexByte(id, '"')] + `","resource":` + resource + `}`
	}
	mother, child := patientOf("pa", "MA-1"), patientOf("pb", "MB-1")
	document := func(kind, child string) string {
		entries := []string{
			entry(`{"resourceType":"Composition","id":"c","status":"final","type":{"text":"Birth"},"subject":{"reference":"Patient/pa"},"date":"2026-01-01","author":[{"reference":"Patient/pa"}],"title":"Birth","section":[{"title":"Mother","entry":[{"reference":"Basic/m"}]},{"title":"Child","focus":{"reference":"Patient/pb"},"entry":[{"reference":"Basic/k"}]}]}`),
			entry(mother), entry(child), entry(basic("m", "pa", "Mother's")), entry(basic("k", "pb", "Child's")),
		}
		all := strings.Join(entries, ",")
		if kind == "transaction" {
			all = strings.ReplaceAll(all, `,"resource":{"resourceType":"Basic"`, `,"request":{"method":"PUT","url":"Basic/x"},"resource":{"resourceType":"Basic"`)
			all = strings.ReplaceAll(all, `,"resource":{"resourceType":"Patient"`, `,"request":{"method":"PUT","url":"Patient/x"},"resource":{"resourceType":"Patient"`)
			all = strings.ReplaceAll(all, `,"resource":{"resourceType":"Composition"`, `,"request":{"method":"PUT","url":"Composition/x"},"resource":{"resourceType":"Composition"`)
		}
		return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + all + `]}`
	}
	for kind, arrives := range map[string]bool{"document": true, "message": true, "transaction": false} {
		town.In(t, func(t *testing.T, w *town.Town) {
			h, ana, ben := couple(w)
			w.Must(h.Delivery.AddSystem("https://north.example/fhir"))
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(document(kind, child)), delivery.ImportOptions{})
			if arrives {
				w.Must(err)
			} else {
				w.Wants(err, stele.KindInvalid, "a transaction over two charts")
			}
			if got := done.Delivered == 5 && done.Refused == 0; got != arrives {
				t.Errorf("%s: %+v", kind, done)
			}
			a, b := w.Chart(ana), w.Chart(ben)
			if got := tells(a, "Basic/m") == 1 && tells(b, "Basic/k") == 1 && tells(a, "Composition/c") == 1; got != arrives {
				t.Errorf("%s: in the charts stand %d and %d records", kind, len(a.Records), len(b.Records))
			}
			if tells(a, "Basic/k")+tells(b, "Basic/m")+tells(b, "Composition/c") > 0 {
				t.Errorf("%s: a record is in the other chart", kind)
			}
		})
	}
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		done, err := h.Delivery.Import(t.Context(), strings.NewReader(document("document", patientOf("pb", "M-unknown"))), delivery.ImportOptions{})
		w.Wants(err, stele.KindInvalid, "a document of which a part is nobody's")
		if said := lines(done.Issues, "\n"); done.Delivered != 0 || !strings.Contains(said, "Patient/pb ("+mrn+"|M-unknown)") || !strings.Contains(stele.TextOf(err), "of a document") {
			t.Errorf("%+v: %v", done, err)
		}
		if n := len(w.Chart(ana).Records); n > 0 {
			t.Errorf("%d records arrived", n)
		}
	})
}
