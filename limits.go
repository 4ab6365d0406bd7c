package stele

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// Limits that several rooms hold, each once. What a room takes, the next one must
// take too: a grant that its giver can write and the trustees then refuse, or a
// reason that the ledger commits to and nobody can keep, is worse than a refusal
// at the first door.
const (
	MaxTransaction = 16 << 10  // bytes of a signed transaction
	MaxParcel      = 256 << 10 // bytes of a parcel
	MaxInParcel    = 1024      // transactions in it

	MaxDocument = 56 << 10 // bytes of a grant document: with its envelope it fits a package
	RequestSize = 4 << 10  // bytes of a request for access, before it is sealed: all are as long
	MaxPackage  = 64 << 10 // bytes of one delivery to a holder's box

	MaxPageEvents = 4096    // of a log in one answer; a longer log is fetched in pages
	MaxPageBytes  = 1 << 20 // after which no further event is added

	MaxCard   = 8 << 10  // bytes of a card
	MaxLabel  = 1 << 10  // bytes of a folio's label
	MaxReason = 2 << 10  // bytes of the reason that a reader gives
	MaxDetail = 28 << 10 // bytes of an access detail: card, reason, credentials, and what is asked for
	MaxViewed = 32 << 10 // bytes of a statement of what was looked at

	MaxCredential = 4 << 10  // bytes of a credential as it is presented
	MaxStatusList = 64 << 10 // bytes of a status list token
)

// Times that several rooms hold.
const (
	// Fresh is how old a signed request may be, or how far ahead its maker's clock.
	Fresh = 5 * time.Minute
	// MaxSession is how long a chart stays open under one access, and ReleaseWithin how long
	// after it keys are released and folios listed: what was opened by then is read to the
	// end of the session, and anything further needs an access of its own.
	MaxSession    = 15 * time.Minute
	ReleaseWithin = 5 * time.Minute
	// StaleAfter is how old the newest block may be, by a member's own clock, for
	// anything to be opened (DESIGN §1, law 2).
	StaleAfter = 30 * time.Second
)

// CheckReason reports why a reader's reason cannot be kept for the patient, or
// nil. Wallets ask before anything is said to the ledger; trustees and vaults hold
// the same line.
func CheckReason(reason string) error {
	if !utf8.ValidString(reason) {
		return E("check reason", KindUsage, "the reason is not UTF-8", nil).WithHint("type it again; nothing was asked yet")
	}
	if len(reason) <= MaxReason {
		return nil
	}
	return E("check reason", KindUsage, fmt.Sprintf("the reason has %d bytes, and %d can be kept for the patient", len(reason), MaxReason), nil).
		WithHint("say it in a few sentences; nothing was asked yet")
}
