package consent_test

import (
	"testing"

	. "github.com/stele-health/stele/consent"
)

func BenchmarkEvaluate(b *testing.B) {
	g, r := samples()["substance-use"], asked()
	b.ReportAllocs()
	for b.Loop() {
		Evaluate(g, r)
	}
}

func BenchmarkParse(b *testing.B) {
	src := marshal(b, samples()["substance-use"])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(src); err != nil {
			b.Fatal(err)
		}
	}
}
