package wallet

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// newDesk is an organisation's work on no network.
func newDesk(t testing.TB) *Session {
	t.Helper()
	return &Session{Wallet: newWallet(t), Clock: time.Now}
}

func TestAPatientIsNoOrganisation(t *testing.T) {
	if got := (&importing{s: newDesk(t)}).organisation(); got != (stele.Subject{}) {
		t.Errorf("a patient is taken for an organisation: %v", got)
	}
}
