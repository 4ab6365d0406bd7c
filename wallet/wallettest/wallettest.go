// Package wallettest is wallets without a network, for tests of the rooms above wallet, and
// members that say what a test has them say of grants.
package wallettest

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/internal/seam"
	"github.com/stele-health/stele/wire"
)

// GrantBook is a member's node that says what a test has it say.
type GrantBook struct {
	members.Ledger
	Says   map[stele.ID]any // a stele.GrantStatus, or an error
	NoKeys error

	mu    sync.Mutex // of asked
	Asked map[stele.ID]int
}

func (n *GrantBook) Grant(_ context.Context, g stele.Grant) (stele.Grant, error) {
	n.mu.Lock()
	n.Asked[g.ID]++
	n.mu.Unlock()
	switch says := n.Says[g.ID].(type) {
	case stele.GrantStatus:
		g.Status = says
		return g, nil
	case error:
		return g, says
	}
	return g, stele.E("read grant", stele.KindNotFound, "no such grant", nil)
}

func (n *GrantBook) Keys(context.Context, stele.Subject) ([]*wire.Device, error) {
	return nil, n.NoKeys
}

// SessionWith is a session whose members are these, each one of the consortium.
func SessionWith(w *wallet.Wallet, nodes ...*GrantBook) *wallet.Session {
	s := wallet.NewSession(w, &members.Network{}, proof.History{{Consortium: &wire.Consortium{Chain: "town"}}})
	for i, n := range nodes {
		n.Asked = map[stele.ID]int{}
		s.Network.Members = append(s.Network.Members, members.Member{Subject: stele.SubjectOf([]byte{byte(i)}), Ledger: n})
		s.Consortium().Members = append(s.Consortium().Members, &wire.Member{KeyDocument: []byte{byte(i)}})
	}
	return s
}

var ErrSilent = stele.E("read grant", stele.KindUnreachable, "down", nil)

// NewWallet makes a wallet of one kind in a temporary folder.
func NewWallet(t testing.TB) *wallet.Wallet {
	t.Helper()
	w, err := wallet.Create(filepath.Join(t.TempDir(), "w"+wallet.Suffix), "correct horse", pebblestore.Folders{}, wallet.Options{Kind: wallet.Patient, Name: "Elena", WorkFactor: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// Sure is a value without its error.
func Sure[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Keep has a wallet hold grants that nobody handed to it.
func Keep(w *wallet.Wallet, grants ...wallet.Held) { Sure(0, seam.Keep(w, grants)) }

// ForgetAsked has a wallet forget what its owner asked for.
func ForgetAsked(w *wallet.Wallet) { Sure(0, seam.ForgetAsked(w)) }

// Edit changes what a wallet has learned.
func Edit(w *wallet.Wallet, f func(*wallet.State)) {
	Sure(0, seam.Update(w, f))
}
