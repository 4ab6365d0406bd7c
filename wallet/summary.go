package wallet

import (
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/wire"
)

// KeptSummary is the owner's emergency summary as it lies on this device, to be opened where
// there is no network.
type KeptSummary struct {
	Document  []byte              `json:"-"`                   // a Bundle, the International Patient Summary
	Sensitive []stele.Sensitivity `json:"sensitive,omitempty"` // what may be in it beyond ordinary data
	Made      time.Time           `json:"made,omitzero"`
	Records   int                 `json:"records"`            // of the chart that it was made of
	Delivered stele.ID            `json:"delivered,omitzero"` // the submission into the owner's chart; zero: not yet
	Signed    []byte              `json:"signed"`             // a wire.Signed of the document, by the owner's key
	Parted    bool                `json:"parted,omitempty"`   // one was kept, and thrown away: another's chart was parted from the owner's
}

var summaryRow = book.Value[KeptSummary]{Name: "summary"}

// KeepSummary keeps a summary, signed by the owner, instead of the one before.
func (s *Session) KeepSummary(k KeptSummary) error {
	k.Signed = wire.Marshal(wire.SignBytes(wire.TagSummary, k.Document, s.Keyring().Signer()))
	return s.learned.Change(func(c *book.Change) error { return summaryRow.Set(c, k) })
}

// dropSummary throws away what is kept, which may tell of somebody else.
func (s *Session) dropSummary() error {
	return s.learned.Change(func(c *book.Change) error {
		k, err := summaryRow.Get(c)
		if err != nil || len(k.Signed) == 0 {
			return err
		}
		return summaryRow.Set(c, KeptSummary{Sensitive: k.Sensitive, Parted: true})
	})
}

// KeptSummary returns the summary that was kept. It fails with KindNotFound where there is none,
// and with KindProof where it is not what this wallet signed.
func (w *Wallet) KeptSummary() (KeptSummary, error) {
	const op = "open summary"
	k, err := summaryRow.Get(w.learned)
	switch {
	case err != nil:
		return k, err
	case k.Parted:
		return k, stele.E(op, stele.KindNotFound, "the summary that was kept may have told of another person, whose chart was parted from yours, and was thrown away", nil).
			WithHint("make it anew: stele wallet summary --keep; the one in your chart tells on until then")
	case len(k.Signed) == 0:
		return k, stele.E(op, stele.KindNotFound, "no summary is kept on this device", nil).WithHint("make one while there is a network: stele wallet summary --keep")
	}
	signed := new(wire.Signed)
	if err = wire.Decode(k.Signed, signed); err == nil {
		var keys []stele.PublicKey
		if keys, err = wire.Check(wire.TagSummary, signed); err == nil && len(keys) == 1 && keys[0] == wire.Key(w.Keyring().Signer().Public()) {
			k.Document = signed.Body
			return k, nil
		}
	}
	return k, stele.E(op, stele.KindProof, "the summary is not what this wallet signed", err).WithHint("make it anew: stele wallet summary --keep")
}
