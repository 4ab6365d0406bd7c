package reading

import "github.com/stele-health/stele/wallet"

// Reader opens charts for a wallet at work.
type Reader struct {
	w *wallet.Session
}

// New makes a reader for a wallet at work.
func New(w *wallet.Session) *Reader { return &Reader{w} }
