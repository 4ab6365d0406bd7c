package contract_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// TestAnEventIsAboutWhatItsTransactionAsksFor: of each kind of transaction the event that
// answers it names the same object; and an object drawn for an owner is taken of no other.
func TestAnEventIsAboutWhatItsTransactionAsksFor(t *testing.T) {
	_, kinds := everything(t)
	for kind := range kinds {
		s, all := everything(t) // one each: what one changes the others would find changed
		good := all[kind]
		tx := good.message()
		asks := tx.Asks()
		done := s.town.Block(time.Second, s.town.Parcel(s.town.Tx(tx, good.by...)))
		e := new(wire.Event)
		if v := done.Verdicts[0]; v.Err != nil || wire.Decode(v.Outcome.Event, e) != nil {
			t.Errorf("%s is not taken: %v", kind, v.Err)
			continue
		}
		if about := e.About(); !bytes.Equal(about.Object(), asks.Object) {
			t.Errorf("%s is about %x, and its event about %x", kind, asks.Object, about.Object())
		}
		if asks.Owner == nil {
			continue
		}
		other := good.message()
		other.Nonce = ledgertest.ID("another")
		id := other.Asks().Object // of the transaction itself
		id[len(id)-1] ^= 1
		if _, err := s.town.Ledger.Admit(s.town.Tx(other, good.by...)); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s takes an id that was drawn for somebody else: %v", kind, err)
		}
	}
}
