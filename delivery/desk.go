package delivery

import (
	"sync"

	"github.com/stele-health/stele/wallet"
)

// Desk is where an organisation's deliveries go out. It is safe for concurrent use.
type Desk struct {
	*wallet.Session
	*desk
}

// desk is what is kept at hand of what was delivered: once for each wallet that is open.
type desk struct {
	keyed sync.Once
	key   [32]byte  // of fingerprints
	macs  sync.Pool // keyed by it, used again: an import makes three for each record

	once sync.Mutex // guards set
	set  *deliveredSet

	remembering sync.Mutex // held while a book of the memory grows
}

// New puts a desk up for a wallet at work: one for each wallet, or they know nothing of
// each other.
func New(s *wallet.Session) *Desk { return &Desk{s, new(desk)} }

// With is the same desk with other members.
func (d *Desk) With(s *wallet.Session) *Desk { return &Desk{s, d.desk} }
