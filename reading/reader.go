package reading

import "github.com/stele-health/stele/wallet"

// Reader opens charts for a wallet at work.
type Reader struct {
	*wallet.Session
}
