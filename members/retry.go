package members

import (
	"context"
	"time"

	"github.com/stele-health/stele"
)

// Lag is how long a member's node may need to have a block that another one's
// already has.
const Lag = 2 * time.Second

// longestWait is how long Retry waits between two tries at most.
const longestWait = time.Second

// Retry tries until there is nothing more to try for: first at once, then after a wait
// that doubles, as long as the wait ends within patience. It fails with ctx's error when
// ctx ends in a wait; what the last try came to is the caller's.
func Retry(ctx context.Context, wait, patience time.Duration, try func() (again bool)) error {
	deadline := time.Now().Add(patience)
	for try() && !time.Now().Add(wait).After(deadline) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait = min(2*wait, longestWait)
	}
	return nil
}

// Patiently repeats a question that was denied: the member's node may be a block
// behind the one that took the access. All denials look alike, so it can't be
// told apart from a real one.
func Patiently[T any](ctx context.Context, patience time.Duration, question func(context.Context) (T, error)) (answer T, err error) {
	_ = Retry(ctx, 50*time.Millisecond, patience, func() bool {
		answer, err = question(ctx)
		return stele.KindOf(err) == stele.KindDenied
	}) // whoever stops waiting has the denial
	return answer, err
}
