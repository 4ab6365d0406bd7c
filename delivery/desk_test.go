package delivery

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
)

// newDesk is an organisation's work on no network.
func newDesk(t testing.TB) *Desk {
	t.Helper()
	return New(wallet.NewSession(wallettest.NewWallet(t), nil, nil))
}

func TestAPatientIsNoOrganisation(t *testing.T) {
	if got := (&importing{desk: newDesk(t)}).organisation(); got != (stele.Subject{}) {
		t.Errorf("a patient is taken for an organisation: %v", got)
	}
}
