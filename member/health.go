package member

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/probe"
)

// Alive reports whether the member's parts still answer: that none of them holds
// a lock for ever, and that consensus has not failed here.
func (m *Member) Alive() bool {
	m.ledger.Newest()
	m.Trustee()
	return m.chain.Failed() == ""
}

// clockSlack is how far block time may lie ahead of this machine's clock.
const clockSlack = 10 * time.Second

// Wanting says why the member is of no use to others now, in words for its
// operator; nothing when it is ready.
func (m *Member) Wanting() (why []string) {
	if reason := m.chain.Failed(); reason != "" {
		why = append(why, "consensus has failed on this node; restart the member")
	}
	newest := m.ledger.Newest()
	age := time.Since(newest.Time).Round(time.Second)
	switch {
	case newest.Height == 0:
		why = append(why, "there is no block yet; more than two thirds of the members must run")
	case age > stele.StaleAfter:
		why = append(why, fmt.Sprintf("the newest block is %s old, and after %s the trustee refuses everything; do the other members run, and is this machine's clock right?", age, stele.StaleAfter))
	case age < -clockSlack:
		why = append(why, fmt.Sprintf("this machine's clock is %s behind block time; set it right (NTP)", -age))
	}
	if m.chain.Syncing() {
		why = append(why, "the node is catching up with the other members")
	}
	if !m.Trustee() {
		why = append(why, "the trustee is stopped")
	}
	if c, err := m.ledger.Consortium(); err == nil && m.config.Identity.lacks(c) {
		why = append(why, "the trustee holds no share of the committee of today")
	}
	if err := m.vault.Answers(); err != nil {
		why = append(why, "the vault's index does not answer")
	}
	return why
}

// serveProbes answers on the admin listener.
func (m *Member) serveProbes(l net.Listener) {
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := probe.Serve(ctx, l, probe.Handler(m)); err != nil {
			m.failed <- err
		}
	}()
	m.stops = append(m.stops, func() error {
		cancel()
		<-served
		return nil
	})
}
