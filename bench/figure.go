package bench

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Figure is one measured value. Its JSON is what stele bench --json prints, a
// line each.
type Figure struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Target *Target `json:"target"` // null: none, the value explains another one
	OK     bool    `json:"ok"`     // true without a target
}

// Target is what a value should reach: a bound, in the value's unit.
type Target struct {
	most  bool
	bound float64
}

// AtMost is the target of a value that should be small.
func AtMost(bound float64) *Target { return &Target{true, bound} }

// AtLeast is the target of a value that should be large.
func AtLeast(bound float64) *Target { return &Target{false, bound} }

// met reports whether a value reaches the target. No target is always met.
func (t *Target) met(value float64) bool {
	switch {
	case t == nil:
		return true
	case t.most:
		return value <= t.bound
	}
	return value >= t.bound
}

// String is "<= 50" or ">= 2500": plain ASCII, for machines, too.
func (t *Target) String() string {
	sign := ">= "
	if t.most {
		sign = "<= "
	}
	return sign + strconv.FormatFloat(t.bound, 'f', -1, 64)
}

// MarshalText makes a target a string in JSON.
func (t *Target) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Milliseconds is a duration as a value in ms.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Rate is how many a second n in d are.
func Rate(n int, d time.Duration) float64 { return float64(n) / max(d.Seconds(), 1e-9) }

// Quantile returns the q-quantile of durations (0.5 is the median), the nearest
// one that occurred; 0 of none.
func Quantile(of []time.Duration, q float64) time.Duration {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// Show writes a value for a person: three digits that count, more where it is large.
func (f Figure) Show() string {
	switch v := f.Value; {
	case v >= 1000 || v == float64(int64(v)):
		return grouped(int64(v + 0.5))
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.3f", v)
	}
}

// grouped writes 12345 as 12,345.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
