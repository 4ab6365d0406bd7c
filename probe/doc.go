// Package probe is a member's admin listener: /livez (the process answers),
// /readyz (it is of use to others, or why not, a reason a line) and /metrics
// (Prometheus). It is for this machine only and refuses to listen elsewhere.
//
// It holds counts, times and sizes, never who or what: no subject, grant, key or
// text of anybody reaches an answer, and no label is taken from a request.
//
// Start with Member, which is what it asks; metrics.go says what is counted.
package probe
