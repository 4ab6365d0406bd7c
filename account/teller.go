package account

import (
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
)

// Teller tells a wallet's owner who asked and who opened.
type Teller struct {
	w *wallet.Session
	r *reading.Reader
}

// New makes a teller for a wallet at work, which opens the owner's chart with r.
func New(w *wallet.Session, r *reading.Reader) *Teller { return &Teller{w, r} }
