package client

import (
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
)

// Session is a wallet at work on a network, with everything that can be done with it.
type Session struct {
	*wallet.Session
	*reading.Reader
	*account.Teller
	*delivery.Desk
}

// Open puts a wallet to work on a network. The genesis is pinned the first
// time; another one later is refused with KindProof.
func Open(w *wallet.Wallet, n *members.Network) (*Session, error) {
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
		if err := threshold.CheckCommittee(g.Founding.Committee.Held()); err != nil {
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
	if err := n.Follow(history.Now()); err != nil {
		return nil, err
	}
	return Of(&wallet.Session{Wallet: w, Network: n, History: history, Clock: time.Now}), nil
}

// Of gives a wallet's session everything that the rooms above it can do.
func Of(s *wallet.Session) *Session {
	return with(s, delivery.New(s))
}

// On is the same session with other members, as tests have it where one lies.
func (s *Session) On(n *members.Network) *Session {
	on := &wallet.Session{Wallet: s.Wallet, Network: n, History: s.FollowedHistory(), Clock: s.Clock}
	return with(on, s.Desk.With(on))
}

func with(s *wallet.Session, d *delivery.Desk) *Session {
	r := &reading.Reader{Session: s}
	return &Session{Session: s, Reader: r, Teller: &account.Teller{Reader: r}, Desk: d}
}
