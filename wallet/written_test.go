package wallet

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// TestOnlyItsOwnNewestWriteIsWaitedFor.
func TestOnlyItsOwnNewestWriteIsWaitedFor(t *testing.T) {
	s := &Session{Wallet: emptyWallet(t), Clock: time.Now}
	for _, o := range []stele.Outcome{{Subject: s.Subject(), Height: 5}, {Subject: s.Subject(), Height: 3}, {Subject: stele.Subject{9}, Height: 7}} {
		s.wrote.note(s, o)
	}
	if h := s.written().Height; h != 5 {
		t.Errorf("block %d is waited for", h)
	}
}
