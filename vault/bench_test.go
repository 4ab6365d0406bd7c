package vault

import (
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

func manyFolios(n, records, size int) (folios []leafs) {
	for i := range n {
		folios = append(folios, plainFolio(stele.Results, int32(1900+i), records, size))
	}
	return folios
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms-95th")
}

// 200 records of 4 kB in 40 folios, to a home and one copy, both in this process.
func BenchmarkPutSubmission(b *testing.B) {
	w := newWorld(b, 2, 1)
	var took []time.Duration
	for b.Loop() {
		b.StopTimer()
		sub := w.submission(0, manyFolios(40, 5, 4000)...)
		b.StartTimer()
		start := time.Now()
		w.mustPut(0, sub)
		took = append(took, time.Since(start))
	}
	report(b, took)
}

// 1,000 records of 4 kB in 100 folios, listed and fetched.
func BenchmarkReadChart(b *testing.B) {
	w := newWorld(b, 1, 0)
	for range 5 {
		w.delivered(0, manyFolios(20, 10, 4000)...)
	}
	var took []time.Duration
	for b.Loop() {
		r := w.reader(nil)
		start := time.Now()
		list, err := r.list(0)
		if err != nil || len(list.Folios) != 100 {
			b.Fatal(err)
		}
		if _, err := r.records(0, folioNames(list.Folios)); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	report(b, took)
}
