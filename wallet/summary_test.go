package wallet_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestTheKeptSummaryIsTheOneThatWasSigned: it opens without a network, and not when somebody has
// written another into the wallet's book.
func TestTheKeptSummaryIsTheOneThatWasSigned(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena", "Northside")
		_, err := p.KeptSummary()
		w.Wants(err, stele.KindNotFound, "a summary that nobody kept")
		made := time.Now().UTC().Truncate(time.Second)
		w.Must(p.KeepSummary(wallet.KeptSummary{Document: []byte("a document"), Made: made, Records: 7}))
		k, err := p.KeptSummary()
		w.Must(err)
		if string(k.Document) != "a document" || !k.Made.Equal(made) || k.Records != 7 {
			t.Errorf("it is %+v", k)
		}
		other := wire.NewEd25519()
		for what, signed := range map[string]*wire.Signed{
			"by another":          wire.SignBytes(wire.TagSummary, k.Document, other),
			"by another, too":     wire.SignBytes(wire.TagSummary, k.Document, p.Keyring().Signer(), other),
			"as something else":   wire.SignBytes(wire.TagCard, k.Document, p.Keyring().Signer()),
			"with other contents": {Body: []byte("another document"), Signatures: wire.SignBytes(wire.TagSummary, k.Document, p.Keyring().Signer()).Signatures},
			"by nobody":           {Body: k.Document},
		} {
			w.Must(p.PutSummary(wallet.KeptSummary{Signed: wire.Marshal(signed)}))
			_, err := p.KeptSummary()
			w.Wants(err, stele.KindProof, "a summary signed "+what)
		}
	})
}
