package ips_test

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/sample"
	"github.com/stele-health/stele/timeline"
)

// long is a chart of so many records of many people, as if of one: of versions, ids and
// names it has what a long chart has.
func long(t testing.TB, records int) (items []timeline.Item) {
	for i := 0; len(items) < records; i++ {
		items = append(items, itemsOf(t, sample.Patient(1, i, sample.Options{}), "Northside Hospital", len(items))...)
	}
	return items[:records]
}

func BenchmarkMake(b *testing.B) {
	items := long(b, 5000)
	tell := func(b *testing.B) { timeline.Tell(items, timeline.Options{At: today}) }
	for name, allowed := range map[string][]stele.Sensitivity{"of 5000 records": stele.Sensitivities(), "without the sensitive": nil} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := ips.Make(items, ips.Options{At: today, Sensitive: allowed}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("the story alone", func(b *testing.B) {
		for b.Loop() {
			tell(b)
		}
	})
}

func BenchmarkText(b *testing.B) {
	doc := []byte(made(b, elena(b)))
	for b.Loop() {
		if _, err := ips.Text(doc, today); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	doc := []byte(made(b, elena(b)))
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, err := ips.Check(doc); err != nil {
			b.Fatal(err)
		}
	}
}
