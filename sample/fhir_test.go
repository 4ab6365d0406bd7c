package sample

import (
	"encoding/json"
	"testing"

	"github.com/stele-health/stele/fhir"
)

func TestEveryResourceIsValidR4(t *testing.T) {
	check := func(b []byte) {
		var bundle struct {
			Entry []struct{ Resource json.RawMessage }
		}
		if err := json.Unmarshal(b, &bundle); err != nil {
			t.Fatal(err)
		}
		sources := []json.RawMessage{b}
		for _, e := range bundle.Entry {
			sources = append(sources, e.Resource)
		}
		for _, src := range sources {
			r, err := fhir.Parse(src)
			if err != nil {
				t.Fatal(err)
			}
			for _, issue := range r.Validate() {
				t.Errorf("%+v", issue)
			}
		}
	}
	for h := HospitalA; h <= HospitalB; h++ {
		for i := range 25 {
			check(Patient(11, i, Options{Hospital: h}))
		}
	}
	a, b := Story()
	check(a)
	check(b)
}
