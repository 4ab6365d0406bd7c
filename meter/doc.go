// Package meter is how rooms count what they do: counters and histograms of
// durations that cost a few atomic additions and are read when somebody asks. It
// knows no monitoring system; probe turns what it reads into Prometheus' form.
package meter
