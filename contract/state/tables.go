package state

import (
	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// The tables of the contracts. The consortium's stands with the frame, which asks it
// who may hand in parcels (ledger.Consortium).
var (
	Subjects = ledger.NewTable[SubjectRow]("su")              // by subject
	Grants   = ledger.NewTable[GrantRow]("gr").OfFirstUses()  // by grant id
	Uses     = ledger.NewTable[UseRow]("us").OfFirstUses()    // of a grant, by its id; none before the first
	Accesses = ledger.NewTable[ledger.Place]("ac").OfNewIDs() // of the event that permitted it, by request id
	Anchors  = ledger.NewTable[ledger.Place]("an").OfNewIDs() // of the anchor, by submission id
	Batches  = ledger.NewTable[ledger.Place]("ba").OfNewIDs() // of the posting of receipts, by batch id
	Statuses = ledger.NewTable[StatusRow]("sl")               // the newest status list of a subject, by its id; none before the first
	Glass    = ledger.NewTable[PaidRow]("gl")                 // of GlassRate, by subject and member; none before the first
	Broken   = ledger.NewTable[CountRow]("br")                // openings in an emergency, by member and day (8 bytes, since 1970); in any order the same
	Rates    = ledger.NewTable[RateRow]("ra").OfFirstUses()   // of a subject, by its id; none before the first
)

// Kinds of deadline, one for each thing that ends by itself.
const (
	DueGrant     byte = 1 // a grant's end
	DueEmergency byte = 2 // the end of an opening in an emergency
	DueReview    byte = 3 // when such an opening must have been reviewed
)

// ChangeRates changes what a subject has used of its rates.
func ChangeRates(s ledger.Writer, subject []byte, change func(*RateRow)) {
	row := Rates.Get(s, subject)
	if row == nil {
		row = new(RateRow)
	}
	change(row)
	Rates.Set(s, subject, row)
}

// SignedFor reports whether a current key of the subject signed a transaction.
func SignedFor(row *SubjectRow, tx *ledger.Tx) bool {
	for _, d := range row.GetDevices() {
		if tx.SignedBy(wire.Key(d.GetSigning())) {
			return true
		}
	}
	return false
}

// Minute returns the Unix minute of a time, for limits per minute.
func Minute(timeMS int64) int64 { return timeMS / 60_000 }

// GrantStatus returns a grant's status at a block time: its end holds by
// comparison, not by the event that tells of it.
func GrantStatus(row *GrantRow, uses *UseRow, timeMS int64) stele.GrantStatus {
	status := stele.GrantStatus(row.Status)
	switch {
	case status != stele.GrantActive:
		return status
	case row.EndMs <= timeMS:
		return stele.GrantEnded
	case row.MaxUses != 0 && uses.GetUses() >= row.MaxUses:
		return stele.GrantUsedUp
	}
	return status
}
