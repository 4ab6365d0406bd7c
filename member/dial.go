package member

import (
	"context"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Dial makes the network that a wallet works on out of a member list. Nobody is
// called yet. Members whose names are in first come first, so that they are
// asked first.
func Dial(network *wire.Network, first ...stele.Subject) (*wallet.Network, error) {
	if err := netfile.Check(network); err != nil {
		return nil, err
	}
	n := &wallet.Network{Genesis: network.Genesis}
	for _, a := range network.Members {
		subject, err := stele.SubjectFrom(a.Subject)
		if err != nil {
			return nil, err
		}
		client, err := api.DialMember(a)
		if err != nil {
			return nil, err
		}
		m := wallet.Member{
			Subject: subject, Name: a.Name, Kind: a.Kind,
			Ledger: api.Direct{Ledger: client.Ledger}, Directory: client.Directory, Vault: client.Vault, Trustee: client.Trustee,
			Close: client.Close,
		}
		n.Members = append(n.Members, m)
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

// Session puts a wallet to work on a network. The genesis is pinned the first
// time; another one later is refused with KindProof.
func Session(w *wallet.Wallet, n *wallet.Network) (*wallet.Session, error) {
	g, err := proof.ReadGenesis(n.Genesis)
	if err != nil {
		return nil, err
	}
	if err := g.CheckMembers(); err != nil {
		return nil, err
	}
	switch pinned := w.State().Genesis; {
	case len(pinned) == 0:
		// Once, where it enters: what a trustee proves is worth what its
		// verification key is.
		if err := checkCommittee(g.Founding.Committee); err != nil {
			return nil, err
		}
		if err := w.Update(func(s *wallet.State) error { s.Genesis = n.Genesis; return nil }); err != nil {
			return nil, err
		}
	case string(pinned) != string(n.Genesis):
		return nil, stele.E("open wallet", stele.KindProof, "the wallet belongs to another network", nil).
			WithHint("a devnet that was started afresh is another network: make new wallets there")
	}
	history, err := w.Followed(g)
	if err != nil {
		return nil, err
	}
	return &wallet.Session{Wallet: w, Network: n, History: history, Clock: time.Now}, nil
}

// checkCommittee checks that a committee's verification keys fit its key. It fails
// with KindProof.
func checkCommittee(c *wire.Committee) error {
	return threshold.CheckCommittee(stele.Committee{
		Epoch: c.GetEpoch(), Threshold: int(c.GetThreshold()), Key: c.GetKey(), Shares: c.GetShares(),
	})
}

// cardTerm is how long an organisation's own card is good for.
const cardTerm = 5 * 365 * 24 * time.Hour

// Enlist publishes an organisation's own card and one-time keys in its member's
// directory, so that patients can give it grants.
func Enlist(ctx context.Context, s *wallet.Session) error {
	p := wallet.Profile{Until: s.Clock().Add(cardTerm)}
	for _, m := range s.Network.Members {
		if m.Subject == s.Subject() {
			p.Facility = m.Kind
		}
	}
	return s.Enlist(ctx, s, p)
}
