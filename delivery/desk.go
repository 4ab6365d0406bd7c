package delivery

import (
	"sync"

	"github.com/stele-health/stele/wallet"
)

// Desk is where an organisation's deliveries go out: one for each wallet that is open, or
// they know nothing of each other. It is safe for concurrent use.
type Desk struct {
	w *wallet.Session

	keyed sync.Once
	key   [32]byte  // of fingerprints
	macs  sync.Pool // keyed by it, used again: an import makes three for each record

	once sync.Mutex // guards set
	set  *deliveredSet

	remembering sync.Mutex // held while a book of the memory grows
}

// New puts a desk up for a wallet at work.
func New(w *wallet.Session) *Desk { return &Desk{w: w} }
