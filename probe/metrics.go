package probe

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/stele-health/stele/meter"
)

// Figure is one number of a member, or one histogram. Labels are words of this
// program, such as a kind of error or a procedure: never of anybody.
type Figure struct {
	Name   string // in Prometheus' form, with the unit: stele_block_height
	Help   string
	Rising bool // a counter, rather than a gauge
	Labels []Label
	Value  float64
	Of     *meter.Reading // a histogram in seconds; Value is of no meaning then
}

// Label tells figures of one name apart.
type Label struct{ Name, Value string }

// metrics answers /metrics from a registry of its own, read at each scrape.
func metrics(m Member) http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(figures{m}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 20 * time.Second})
}

// figures is a member's figures as Prometheus collects them. Which there are is
// known when they are read.
type figures struct{ m Member }

// Describe says nothing: see Collect.
func (figures) Describe(chan<- *prometheus.Desc) {}

// Collect reads the figures.
func (f figures) Collect(out chan<- prometheus.Metric) {
	for _, x := range f.m.Figures() {
		names, values := make([]string, len(x.Labels)), make([]string, len(x.Labels))
		for i, l := range x.Labels {
			names[i], values[i] = l.Name, l.Value
		}
		desc := prometheus.NewDesc(x.Name, x.Help, names, nil)
		switch {
		case x.Of != nil:
			buckets := make(map[float64]uint64, len(x.Of.Bounds))
			for i, bound := range x.Of.Bounds {
				buckets[bound.Seconds()] = x.Of.Counts[i]
			}
			out <- prometheus.MustNewConstHistogram(desc, x.Of.Count, x.Of.Sum.Seconds(), buckets, values...)
		case x.Rising:
			out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, x.Value, values...)
		default:
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, x.Value, values...)
		}
	}
}
