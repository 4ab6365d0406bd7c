package ledger

import (
	"fmt"
	"time"
)

// A Rate is how often something may happen: so many times at once, and once more
// every so often. Every kind of event that somebody can append has one, or another
// bound: nobody may bury a log (docs/security.md has the table).
//
// One number keeps account: the block time up to which what has happened is paid
// for, one Every for each. It may lie at most Burst times Every ahead.
type Rate struct {
	Burst int64
	Every time.Duration
}

// Pay returns the time up to which one more is paid for, and whether it may
// happen. paidMS is what the last one returned, 0 before the first.
func (r Rate) Pay(paidMS, nowMS int64) (int64, bool) {
	every := r.Every.Milliseconds()
	paidMS = max(paidMS, nowMS) + every
	return paidMS, paidMS-nowMS <= r.Burst*every
}

// Hint says when one more is possible, which what names: "one opening more".
func (r Rate) Hint(what string) string {
	return fmt.Sprintf("%s is possible every %v", what, r.Every)
}
