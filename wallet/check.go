package wallet

import "github.com/stele-health/stele/links"

// Check reads everything that the wallet has learned. It fails with KindProof where a row
// is damaged, was taken out or exchanged for an older one.
func (w *Wallet) Check() error {
	return w.unopenedBook(w.learned.Check(append(links.Tables(), givenRows, heldRows, offeredRows, sentRows)...))
}
