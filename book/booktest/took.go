package booktest

import (
	"slices"
	"testing"
	"time"
)

// Median runs f often and holds its median to a bound; it tells the slowest of ten, too.
func Median(t testing.TB, what string, times int, most time.Duration, f func()) {
	t.Helper()
	f() // what is read for the first time costs the disk
	took := make([]time.Duration, times)
	for i := range took {
		took[i] = Took(f)
	}
	slices.Sort(took)
	Within(t, what, took[times/2], most)
	t.Logf("%50s  nine of ten", took[times*9/10].Round(time.Microsecond))
}

// Within tells how long something took and holds it to a bound.
func Within(t testing.TB, what string, took, most time.Duration) {
	t.Helper()
	t.Logf("%-48s %v", what, took.Round(time.Microsecond))
	if took > most {
		t.Errorf("%s takes %v, and may take %v", what, took, most)
	}
}

// Took is how long f takes.
func Took(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
