package wallet

import (
	"cmp"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/threshold"
)

// Session is a wallet at work on a network: what a person does with it, up to grants and
// the own log. Rooms above build on it; package client has all of it together. Its methods
// are safe for concurrent use, but for Close: what is learned is in the wallet's book, of
// which each step is one change. Giving, taking back, collecting, joining and settling go
// one after another, so that no grant is given, kept or asked about twice; so does the
// reading of the own log; opening charts, delivering, importing and finding go on side by
// side.
type Session struct {
	*Wallet
	*Net
}

// On puts a wallet to work on a network. The genesis is pinned the first time; another one
// later is refused with KindProof.
func (w *Wallet) On(n *members.Network) (*Session, error) {
	g, err := proof.ReadGenesis(n.Genesis)
	if err != nil {
		return nil, err
	}
	if err := g.CheckMembers(); err != nil {
		return nil, err
	}
	if err := w.pin(g, n.Genesis); err != nil {
		return nil, err
	}
	history, err := w.followedSince(g)
	if err != nil {
		return nil, err
	}
	if err := n.Follow(history.Now()); err != nil {
		return nil, err
	}
	return NewSession(w, n, history), nil
}

// pin binds the wallet to the network of a genesis, once.
func (w *Wallet) pin(g proof.Genesis, raw []byte) error {
	switch pinned := w.State().Genesis; {
	case len(pinned) == 0:
		// Once, where it enters: what a trustee proves is worth what its
		// verification key is.
		if err := threshold.CheckCommittee(g.Founding.Committee.Held()); err != nil {
			return err
		}
		return w.update(func(s *State) error { s.Genesis = raw; return nil })
	case string(pinned) != string(raw):
		return stele.E("open wallet", stele.KindProof, "the wallet belongs to another network", nil).
			WithHint("a devnet that was started afresh is another network: make new wallets there")
	}
	return nil
}

// LetGo gives the wallet back while somebody thinks: other processes open it as ever. Its keys stay
// in memory, for what needs nothing but them and the members; for all else it has to be taken again.
// Nobody else uses the session meanwhile. Letting go twice does nothing.
func (s *Session) LetGo() error { return s.letGo() }

// TakeAgain takes a wallet that was let go, with what other processes have learned since. It fails
// with KindBusy where one of them has it, and as Open does.
func (s *Session) TakeAgain() error {
	if err := s.acquire(); err != nil {
		return err
	}
	err := s.openBook(false)
	if err == nil {
		err = s.follows()
	}
	if err != nil {
		return cmp.Or(err, s.letGo())
	}
	return nil
}

// follows goes on from where the wallet's book has come with the network.
func (s *Session) follows() error {
	g, err := proof.ReadGenesis(s.Network.Genesis)
	if err != nil {
		return err
	}
	history, err := s.followedSince(g)
	if err != nil {
		return err
	}
	s.past.Lock()
	s.history = history
	s.past.Unlock()
	s.finding.Lock()
	s.light = nil // it leads on from the block that is trusted by now
	s.finding.Unlock()
	return s.Network.Follow(history.Now())
}

// NewSession puts a wallet to work on members that nobody checks: on the network that
// history tells of, by the clock of this machine. On checks and pins.
func NewSession(w *Wallet, n *members.Network, history proof.History) *Session {
	return &Session{w, &Net{w: w, Network: n, Clock: time.Now, history: history}}
}

// Close closes the wallet and gives up the connections to the members.
func (s *Session) Close() error {
	for _, m := range s.Network.All() {
		if m.Close != nil {
			m.Close()
		}
	}
	return s.Wallet.Close()
}
