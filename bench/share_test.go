package bench

import (
	"slices"
	"testing"
	"time"
)

// BenchmarkShare is what a node of one and the empty application in its place take for a
// transaction of the mix, in turn and several times, so that both have the machine as it
// is: in processor time, and how much of the empty application's rate the node reaches,
// by that time and by the clock; medians. An operation is a transaction.
func BenchmarkShare(b *testing.B) {
	const rounds = 3
	r := &Run{Home: b.TempDir()}
	var node, empty, byCPU, byClock []float64
	measure := func(app application) (cpu, clock float64) {
		v, m, err := r.peopled(b.Context(), 1, app, subjects, b.N)
		if err != nil {
			b.Fatal(err)
		}
		defer v.stop()
		txs := m.transactions(b.N)
		before, start := processorTime(), time.Now()
		if err := v.submit(b.Context(), txs); err != nil {
			b.Fatal(err)
		}
		per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 / float64(b.N) }
		return per(processorTime() - before), per(time.Since(start))
	}
	b.ResetTimer()
	for range rounds {
		cpu, clock := measure(realLedger)
		least, leastClock := measure(emptyApplication)
		node, empty = append(node, cpu), append(empty, least)
		byCPU, byClock = append(byCPU, least/cpu), append(byClock, leastClock/clock)
		b.Logf("node %.1f µs (%.1f by the clock), empty %.1f µs (%.1f)", cpu, clock, least, leastClock)
	}
	for _, of := range [][]float64{node, empty, byCPU, byClock} {
		slices.Sort(of)
	}
	b.ReportMetric(node[rounds/2], "node-cpu-µs")
	b.ReportMetric(empty[rounds/2], "empty-cpu-µs")
	b.ReportMetric(byCPU[rounds/2], "share-cpu")
	b.ReportMetric(byClock[rounds/2], "share-clock")
}
