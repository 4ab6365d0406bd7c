package ledger

import "time"

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

// The rates of this release.
var (
	AccessRate  = Rate{60, 20 * time.Second}  // permitted accesses under one grant: 4,320 a day
	AnchorRate  = Rate{300, 30 * time.Second} // anchors under one grant, of up to 4,000 records each: 2,880 a day
	GrantRate   = Rate{200, 5 * time.Minute}  // grants that one subject gives: 288 a day
	KeyRate     = Rate{20, time.Hour}         // a subject's devices added and keys rotated: 24 a day
	ReceiptRate = Rate{600, time.Second}      // batches that one trustee posts: 86,400 a day
)
