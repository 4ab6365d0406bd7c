package wallet

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// grantBook is a member's node that says what a test has it say.
type grantBook struct {
	Ledger
	grants map[stele.ID]any // a stele.GrantStatus, or an error
	keys   error

	mu    sync.Mutex // of asked
	asked map[stele.ID]int
}

func (n *grantBook) Grant(_ context.Context, g stele.Grant) (stele.GrantStatus, error) {
	n.mu.Lock()
	n.asked[g.ID]++
	n.mu.Unlock()
	switch says := n.grants[g.ID].(type) {
	case stele.GrantStatus:
		return says, nil
	case error:
		return 0, says
	}
	return 0, stele.E("read grant", stele.KindNotFound, "no such grant", nil)
}

func (n *grantBook) Keys(context.Context, stele.Subject) ([]*wire.Device, error) { return nil, n.keys }

// sessionWith is a session whose members are these, each one of the consortium.
func sessionWith(w *Wallet, nodes ...*grantBook) *Session {
	s := &Session{Wallet: w, Network: &Network{}, History: proof.History{{Consortium: &wire.Consortium{Chain: "town"}}}, Clock: time.Now}
	for i, n := range nodes {
		n.asked = map[stele.ID]int{}
		s.Network.Members = append(s.Network.Members, Member{Subject: stele.SubjectOf([]byte{byte(i)}), Ledger: n})
		s.Consortium().Members = append(s.Consortium().Members, &wire.Member{KeyDocument: []byte{byte(i)}})
	}
	return s
}

var errSilent = stele.E("read grant", stele.KindUnreachable, "down", nil)

// newWallet makes a wallet of one kind in a temporary folder.
func newWallet(t testing.TB) *Wallet {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "w"+Suffix), "correct horse", Options{Kind: Patient, Name: "Elena", WorkFactor: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// sure is a value without its error.
func sure[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// edit changes what a wallet has learned.
func edit(w *Wallet, f func(*State)) {
	sure(0, w.Update(func(s *State) error { f(s); return nil }))
}
