package client

import (
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/issuing"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
)

// Session is a wallet at work on a network, with everything that can be done with it: what
// concerns the person and the grants are its own methods, and each further concern is a part.
type Session struct {
	*wallet.Session                 // join, find, give and take back grants, collect, read the log
	Charts          *reading.Reader // open charts: others' under a grant, one's own
	Account         *account.Teller // who asked and who opened what; the export
	Delivery        *delivery.Desk  // deliver and import records, take them back
	Issuing         *issuing.Desk   // issue credentials, take them back
}

// Open puts a wallet to work on a network. The genesis is pinned the first time; another
// one later is refused with KindProof.
func Open(w *wallet.Wallet, n *members.Network) (*Session, error) {
	s, err := w.On(n)
	if err != nil {
		return nil, err
	}
	return Of(s), nil
}

// Of gives a wallet's session its parts.
func Of(s *wallet.Session) *Session {
	charts := reading.New(s)
	return &Session{Session: s, Charts: charts, Account: account.New(s, charts), Delivery: delivery.New(s), Issuing: issuing.New(s)}
}
