package state

import (
	"time"

	"github.com/stele-health/stele/ledger"
)

// The rates of this release.
var (
	AccessRate = ledger.Rate{Burst: 60, Every: 20 * time.Second}  // permitted accesses under one grant: 4,320 a day
	AnchorRate = ledger.Rate{Burst: 300, Every: 30 * time.Second} // anchors under one grant, of up to 4,000 records each: 2,880 a day
	GlassRate  = ledger.Rate{Burst: 8, Every: 3 * time.Hour}      // openings of one chart in an emergency by one member: 8 a day

	GrantRate    = accountRate(200, 5*time.Minute, func(r *RateRow) *int64 { return &r.GrantsMs })   // grants that one subject gives: 288 a day
	DelegateRate = accountRate(100, 5*time.Minute, GrantRate.paid)                                   // as far as delegates may go in it: the subject can always give some
	KeyRate      = accountRate(20, time.Hour, func(r *RateRow) *int64 { return &r.KeysMs })          // a subject's devices added and keys rotated: 24 a day
	IssuerRate   = accountRate(256, time.Hour, func(r *RateRow) *int64 { return &r.IssuersMs })      // issuers that the consortium admits: 24 a day
	StatusRate   = accountRate(20, 10*time.Minute, func(r *RateRow) *int64 { return &r.StatusesMs }) // status lists that one subject posts: 144 a day
	DeathRate    = accountRate(2, 24*time.Hour, func(r *RateRow) *int64 { return &r.DeathsMs })      // a subject's death recorded, and each time undone: 1 a day
	MergeRate    = accountRate(16, 24*time.Hour, func(r *RateRow) *int64 { return &r.MergesMs })     // merges that one subject is in, on either side: 1 a day
	SlotRate     = accountRate(20, time.Hour, func(r *RateRow) *int64 { return &r.SlotsMs })         // a subject's emergency slot set: 24 a day
	ChangeRate   = accountRate(16, 3*time.Hour, func(r *RateRow) *int64 { return &r.ChangesMs })     // changes announced and devices frozen by one device: 8 a day
	ReceiptRate  = accountRate(600, time.Second, func(r *RateRow) *int64 { return &r.ReceiptsMs })   // batches that one trustee posts: 86,400 a day
)

// AccountRate is a rate of an account, which is a subject or what Account returns.
type AccountRate struct {
	ledger.Rate
	paid func(*RateRow) *int64 // where in the account's row it stands
}

func accountRate(burst int64, every time.Duration, paid func(*RateRow) *int64) AccountRate {
	return AccountRate{ledger.Rate{Burst: burst, Every: every}, paid}
}

// Allows reports whether one more may happen on an account.
func (r AccountRate) Allows(s ledger.Reader, account []byte, nowMS int64) bool {
	_, ok := r.Pay(*r.paid(rates(s, account)), nowMS)
	return ok
}

// Count counts one more on an account.
func (r AccountRate) Count(s ledger.Writer, account []byte, nowMS int64) {
	row := rates(s, account)
	paid := r.paid(row)
	*paid, _ = r.Pay(*paid, nowMS)
	Rates.Set(s, account, row)
}

func rates(s ledger.Reader, account []byte) *RateRow {
	if row := Rates.Get(s, account); row != nil {
		return row
	}
	return new(RateRow)
}
