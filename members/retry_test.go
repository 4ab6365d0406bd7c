package members

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stele-health/stele"
)

// TestTriesComeLessAndLessOften and never after patience has run out; nothing is waited for
// when there is nothing to try for, and a person who stops it is heard at once.
func TestTriesComeLessAndLessOften(t *testing.T) {
	const s = time.Second
	for what, c := range map[string]struct {
		patience, stop time.Duration // 0: nobody stops it
		content        int           // after so many tries
		at             []time.Duration
		took           time.Duration
	}{
		"content at once":        {8 * s, 0, 1, []time.Duration{0}, 0},
		"content at the third":   {8 * s, 0, 3, []time.Duration{0, s / 4, 3 * s / 4}, 3 * s / 4},
		"waits of a second":      {4 * s, 0, 99, []time.Duration{0, s / 4, 3 * s / 4, 7 * s / 4, 11 * s / 4, 15 * s / 4}, 15 * s / 4},
		"up to the very end":     {3 * s / 4, 0, 99, []time.Duration{0, s / 4, 3 * s / 4}, 3 * s / 4},
		"no patience":            {0, 0, 99, []time.Duration{0}, 0},
		"stopped between tries":  {8 * s, s / 2, 99, []time.Duration{0, s / 4}, s / 2},
		"stopped after the last": {s / 2, 2 * s, 99, []time.Duration{0, s / 4}, s / 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			if c.stop > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.stop)
				defer cancel()
			}
			start, tries := time.Now(), 0
			err := Retry(ctx, s/4, c.patience, func() bool {
				if tries == len(c.at) || time.Since(start) != c.at[tries] {
					t.Errorf("%s: try %d comes after %v", what, tries, time.Since(start))
				}
				tries++
				return tries < c.content
			})
			if stopped := c.stop > 0 && c.stop <= c.took; tries != len(c.at) || time.Since(start) != c.took || (err != nil) != stopped {
				t.Errorf("%s: %d tries in %v: %v", what, tries, time.Since(start), err)
			}
		})
	}
}

// TestADenialIsAskedAboutAgain while the member's node may be a block behind, and only a
// denial.
func TestADenialIsAskedAboutAgain(t *testing.T) {
	for kind, again := range map[stele.Kind]bool{stele.KindDenied: true, stele.KindInvalid: false} {
		synctest.Test(t, func(t *testing.T) {
			asked, start := 0, time.Now()
			_, err := Patiently(t.Context(), Lag, func(context.Context) (int, error) {
				asked++
				return 0, stele.E("ask", kind, "no", nil)
			})
			if err == nil || asked > 1 != again || time.Since(start) > Lag {
				t.Errorf("%v: asked %d times in %v: %v", kind, asked, time.Since(start), err)
			}
		})
	}
}
