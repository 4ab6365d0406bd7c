package ips_test

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/labels"
	"github.com/stele-health/stele/sample"
	"github.com/stele-health/stele/timeline"
)

// today is when the summaries of these tests are made.
var today = time.Date(2026, 11, 30, 8, 15, 0, 0, time.UTC)

// itemsOf are the records of a Bundle as a wallet has them, labelled by the policy.
func itemsOf(t testing.TB, bundle []byte, source string, from int) (items []timeline.Item) {
	t.Helper()
	var b struct {
		Entry []struct{ Resource json.RawMessage }
	}
	if err := json.Unmarshal(bundle, &b); err != nil {
		t.Fatal(err)
	}
	policy := labels.Default()
	for i, e := range b.Entry {
		it := item(e.Resource, source, from+i+1)
		r, err := fhir.Parse(e.Resource)
		if err != nil {
			t.Fatal(err)
		}
		l := policy.Label(r, nil)
		it.Label.Category, it.Label.Sensitivity, it.Label.Year = l.Category, l.Sensitivity, l.Year
		items = append(items, it)
	}
	return items
}

// item is a record of a source; n tells it from others.
func item(resource []byte, source string, n int) timeline.Item {
	it := timeline.Item{
		Record: resource, Source: stele.SubjectOf([]byte(source)), SourceName: source,
		Anchored: today.Add(-48 * time.Hour), Height: 7, Proof: stele.ID{9},
	}
	it.Label.Source = it.Source
	copy(it.Handle[:8], source)
	binary.BigEndian.PutUint64(it.Handle[8:], uint64(n))
	return it
}

// elena is the chart of the story, of both hospitals.
func elena(t testing.TB) []timeline.Item {
	a, b := sample.Story()
	return append(itemsOf(t, a, "Northside Hospital", 0), itemsOf(t, b, "Lakeview Hospital", 0)...)
}

// realCharts calls f with each real chart, found by walking up or in STELE_DATA; the test is
// skipped where there is none.
func realCharts(t *testing.T, f func(t *testing.T, items []timeline.Item)) {
	t.Helper()
	root := os.Getenv("STELE_DATA")
	for dir, _ := os.Getwd(); root == "" && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "shared", "data", "fhir")); err == nil {
			root = filepath.Join(dir, "shared", "data")
		}
	}
	files, _ := filepath.Glob(filepath.Join(root, "fhir", "*", "*.json"))
	if len(files) == 0 {
		t.Skip("no shared/data above this folder and no STELE_DATA: real charts not tried")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f(t, itemsOf(t, src, "Northside Hospital", 0))
		})
	}
}
