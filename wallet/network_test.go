package wallet

import (
	"testing"

	"github.com/stele-health/stele/members"
)

// TestCloseGivesUpConnections: whoever closes a session keeps no member's connection.
func TestCloseGivesUpConnections(t *testing.T) {
	closed := 0
	s := NewSession(emptyWallet(t), &members.Network{Members: []members.Member{{Close: func() { closed++ }}, {}, {Close: func() { closed++ }}}}, nil)
	if err := s.Close(); err != nil || closed != 2 {
		t.Errorf("%d of 2 were given up: %v", closed, err)
	}
}
