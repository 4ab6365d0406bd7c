package trustee

import (
	"maps"
	"time"

	"github.com/stele-health/stele"
)

// accesses keeps something of each access for as long as it counts, in memory: what is over is swept
// each time that it has doubled. The zero value is ready; it is not safe for concurrent use.
type accesses[T any] struct {
	of    map[stele.ID]*counting[T] // by request
	sweep int                       // size at which to sweep next
}

type counting[T any] struct {
	is    T
	until time.Time
}

// at returns what is kept of an access, the zero T at first. It is kept until the latest time that was said of it,
// at least.
func (a *accesses[T]) at(request stele.ID, until, now time.Time) *T {
	if len(a.of) >= max(a.sweep, 4096) {
		maps.DeleteFunc(a.of, func(_ stele.ID, c *counting[T]) bool { return c.until.Before(now) })
		a.sweep = 2 * len(a.of)
	}
	c := a.of[request]
	if c == nil {
		c = &counting[T]{}
		if a.of == nil {
			a.of = map[stele.ID]*counting[T]{}
		}
		a.of[request] = c
	}
	if until.After(c.until) {
		c.until = until
	}
	return &c.is
}
