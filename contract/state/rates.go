package state

import (
	"time"

	"github.com/stele-health/stele/ledger"
)

// The rates of this release.
var (
	AccessRate   = ledger.Rate{Burst: 60, Every: 20 * time.Second}  // permitted accesses under one grant: 4,320 a day
	AnchorRate   = ledger.Rate{Burst: 300, Every: 30 * time.Second} // anchors under one grant, of up to 4,000 records each: 2,880 a day
	GrantRate    = ledger.Rate{Burst: 200, Every: 5 * time.Minute}  // grants that one subject gives: 288 a day
	DelegateRate = ledger.Rate{Burst: 100, Every: 5 * time.Minute}  // as far as delegates may go in it: the subject can always give some
	KeyRate      = ledger.Rate{Burst: 20, Every: time.Hour}         // a subject's devices added and keys rotated: 24 a day
	IssuerRate   = ledger.Rate{Burst: 256, Every: time.Hour}        // issuers that the consortium admits: 24 a day
	StatusRate   = ledger.Rate{Burst: 20, Every: 10 * time.Minute}  // status lists that one subject posts: 144 a day
	DeathRate    = ledger.Rate{Burst: 2, Every: 24 * time.Hour}     // a subject's death recorded, and each time undone: 1 a day
	MergeRate    = ledger.Rate{Burst: 16, Every: 24 * time.Hour}    // merges that one subject is in, on either side: 1 a day
	SlotRate     = ledger.Rate{Burst: 20, Every: time.Hour}         // a subject's emergency slot set: 24 a day
	GlassRate    = ledger.Rate{Burst: 8, Every: 3 * time.Hour}      // openings of one chart in an emergency by one member: 8 a day
	ReceiptRate  = ledger.Rate{Burst: 600, Every: time.Second}      // batches that one trustee posts: 86,400 a day
)
