package wallet

import (
	"slices"

	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/issued"
	"github.com/stele-health/stele/links"
)

// Check reads everything that the wallet has learned. It fails with KindProof where a row
// is damaged, was taken out or exchanged for an older one.
func (w *Wallet) Check() error {
	mine := []book.Checked{givenRows, heldRows, offeredRows, sentRows, cosignedRows, credentialRows, waitingRows, enrolledRows,
		requestRows, askedRows, activationRows, reviewRows}
	return w.unopenedBook(w.learned.Check(slices.Concat(links.Tables(), issued.Tables(), mine)...))
}
