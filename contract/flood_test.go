package contract_test

import (
	"fmt"
	"testing"

	"github.com/stele-health/stele/contract/access"
	"github.com/stele-health/stele/wire"
)

// TestLaw3AStolenKeyDoesNotBuryALog: whoever holds a grant that was taken back
// can add a hundred refusals to the log, and no more.
func TestLaw3AStolenKeyDoesNotBuryALog(t *testing.T) {
	s := found(t, 1)
	s.block("+1s", "subject ann\ngive g end=+1000m")
	s.block("+1s", "revoke g")
	refused := 0
	for minute := range 2*access.Refusals/access.RefusalsPerMinute + 5 {
		s.block("+61s", fmt.Sprintf("open a%d grant=g\nopen b%d grant=g\nopen c%d grant=g\nopen d%d grant=g", minute, minute, minute, minute))
		s.events(s.town.Height, func(e *wire.Event) {
			if e.GetAccessRefused() != nil {
				refused++
			}
		})
	}
	if refused != access.Refusals {
		t.Errorf("%d refusals were logged, want %d", refused, access.Refusals)
	}
}
