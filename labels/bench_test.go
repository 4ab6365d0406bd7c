package labels

import (
	"testing"

	"github.com/stele-health/stele/fhir"
)

// BenchmarkLabel labels real charts, with what their references lead to.
func BenchmarkLabel(b *testing.B) {
	type one struct {
		r *fhir.Resource
		c *chart
	}
	var all []one
	for _, c := range charts(b, "../../shared/data/fhir") {
		for _, r := range c.resources {
			all = append(all, one{r, c})
		}
	}
	p := Default()
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		x := all[i%len(all)]
		p.Label(x.r, x.c.resolve)
	}
}

// BenchmarkTables is what the first label of a process pays.
func BenchmarkTables(b *testing.B) {
	for b.Loop() {
		if _, err := newIndex(Shipped()...); err != nil {
			b.Fatal(err)
		}
	}
}
