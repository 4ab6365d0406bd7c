package wallet

import (
	"testing"

	"github.com/stele-health/stele"
)

// TestOnlyItsOwnNewestWriteIsWaitedFor.
func TestOnlyItsOwnNewestWriteIsWaitedFor(t *testing.T) {
	s := NewSession(emptyWallet(t), nil, nil)
	for _, o := range []stele.Outcome{{Subject: s.Subject(), Height: 5}, {Subject: s.Subject(), Height: 3}, {Subject: stele.Subject{9}, Height: 7}} {
		s.wrote.note(s.Net, o)
	}
	if h := s.written().Height; h != 5 {
		t.Errorf("block %d is waited for", h)
	}
}
