package client

import (
	"context"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Dial makes the network that a wallet works on out of a network file. Nobody is
// called yet. Members whose subjects are in first come first, so that they are
// asked first.
func Dial(network *wire.Network, first ...stele.Subject) (*members.Network, error) {
	if err := netfile.Check(network); err != nil {
		return nil, err
	}
	n := &members.Network{Genesis: network.Genesis}
	for _, a := range network.Members {
		subject, err := stele.SubjectFrom(a.Subject)
		if err != nil {
			return nil, err
		}
		c, err := api.DialMember(a)
		if err != nil {
			return nil, err
		}
		n.Members = append(n.Members, members.Member{
			Subject: subject, Name: a.Name, Kind: a.Kind,
			Ledger: api.Direct{Ledger: c.Ledger}, Directory: c.Directory, Vault: c.Vault, Trustee: c.Trustee,
			Close: c.Close,
		})
	}
	for i := len(first) - 1; i >= 0; i-- {
		for j, m := range n.Members {
			if m.Subject == first[i] {
				copy(n.Members[1:j+1], n.Members[:j])
				n.Members[0] = m
			}
		}
	}
	return n, nil
}

// cardTerm is how long an organisation's own card is good for.
const cardTerm = 5 * 365 * 24 * time.Hour

// EnlistMember publishes an organisation's own card and one-time keys in its member's
// directory, so that patients can give it grants.
func EnlistMember(ctx context.Context, s *Session) error {
	p := wallet.Profile{Until: s.Clock().Add(cardTerm)}
	for _, m := range s.Network.Members {
		if m.Subject == s.Subject() {
			p.Facility = m.Kind
		}
	}
	return s.Enlist(ctx, s.Session, p)
}
