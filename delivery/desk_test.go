package delivery

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
)

// newDesk is an organisation's work on no network.
func newDesk(t testing.TB) *Desk {
	t.Helper()
	return New(&wallet.Session{Wallet: wallettest.NewWallet(t), Clock: time.Now})
}

func TestAPatientIsNoOrganisation(t *testing.T) {
	if got := (&importing{s: newDesk(t)}).organisation(); got != (stele.Subject{}) {
		t.Errorf("a patient is taken for an organisation: %v", got)
	}
}
