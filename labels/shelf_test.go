package labels

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// TestR41NoMedicineIsLostAmongNamesakes: many charts with a Medication/1 each in
// one import. Beyond what is kept the name leads where nothing can be read, and
// what is kept counts all the same.
func TestR41NoMedicineIsLostAmongNamesakes(t *testing.T) {
	order, err := fhir.Parse([]byte(`{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 * maxNamesakes {
		for at := range n + 1 { // the one that says something is the at-th of n+1
			shelf := NewShelf()
			for i := range n + 1 {
				name := fmt.Sprintf("Ordinary tablets of kind %c", 'a'+i%20)
				if i >= 20 {
					name += strings.Repeat("x", i)
				}
				if i == at {
					name = "Biktarvy"
				}
				r, err := fhir.Parse([]byte(`{"resourceType":"Medication","id":"1","code":{"text":"` + name + `"}}`))
				if err != nil {
					t.Fatal(err)
				}
				shelf.Keep("", r)
				shelf.Keep("", r) // once more: the same counts once
			}
			got := Default().Label(order, shelf.Meant).Sensitivity
			if at < maxNamesakes && !slices.Contains(got, stele.HIV) || n >= maxNamesakes && !slices.Contains(got, stele.Unclassified) || n < maxNamesakes && len(got) != 1 {
				t.Fatalf("%d of %d: %v", at, n+1, got)
			}
		}
	}
	shelf := NewShelf()
	shelf.bytes = maxShelf
	r, err := fhir.Parse([]byte(`{"resourceType":"Medication","id":"1","code":{"text":"Ramipril"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if shelf.Keep("", r); !slices.Contains(Default().Label(order, shelf.Meant).Sensitivity, stele.Unclassified) {
		t.Error("what a full shelf has no place for is ordinary")
	}
}

// TestR41AMedicineIsFoundUnderEachOfItsNames: by its id, its address, its
// version and its place in a Bundle; of two of one name both count.
func TestR41AMedicineIsFoundUnderEachOfItsNames(t *testing.T) {
	shelf := NewShelf()
	put := func(fullURL, src string) {
		r, err := fhir.Parse([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		shelf.Keep(fullURL, r)
	}
	put("", `{"resourceType":"Medication","id":"a","code":{"text":"Ramipril"}}`)
	put("urn:uuid:0b", `{"resourceType":"Medication","code":{"text":"Methadone"}}`)
	put("https://x.example/fhir/Medication/c", `{"resourceType":"Medication","id":"c","code":{"text":"Ramipril"}}`)
	put("", `{"resourceType":"Medication","id":"c","code":{"text":"Olanzapine"}}`)
	put("", `{"resourceType":"Observation","id":"d","code":{"text":"HIV"}}`)
	for ref, want := range map[string][]stele.Sensitivity{
		"Medication/a": nil, "https://y.example/Medication/a/_history/2": nil, "urn:uuid:0b": {stele.SUD}, "Medication/0b": {stele.SUD},
		"Medication/c": {stele.PSY}, "Medication/z": {stele.Unclassified}, "Observation/d": {stele.Unclassified},
	} {
		order, err := fhir.Parse([]byte(`{"resourceType":"MedicationRequest","medicationReference":{"reference":"` + ref + `"}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := Default().Label(order, shelf.Meant).Sensitivity; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", ref, got, want)
		}
	}
}
