package timeline_test

import (
	"testing"

	. "github.com/stele-health/stele/timeline"
)

func BenchmarkTell(b *testing.B) {
	items := open(b, charts(b)+"/uscore/uscore_bundle_patient_355.json", "Northside Hospital")
	b.ReportAllocs()
	for b.Loop() {
		Tell(items, Options{})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(items)), "ns/record")
}
