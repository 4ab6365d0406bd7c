package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// stage is a network with people, whose wallets stay open.
type stage struct {
	*devnet.Network
	folder string
	open   []*wallet.Session
	people atomic.Int64
}

// stage starts a devnet, as stele devnet does. The caller closes it.
func (r *Run) stage(ctx context.Context, members int) (*stage, error) {
	n, err := devnet.Start(ctx, devnet.Config{Home: filepath.Join(r.Home, "net"), Members: members, Log: r.Log})
	if err != nil {
		return nil, err
	}
	return &stage{Network: n, folder: filepath.Join(r.Home, "people")}, nil
}

func (s *stage) close() {
	for _, session := range s.open {
		session.Close()
	}
	_ = s.Stop() // all that it held is thrown away
}

// organisation opens a member's own wallet.
func (s *stage) organisation(name string) (*wallet.Session, error) {
	passphrase, err := devnet.Passphrase(s.Home)
	if err != nil {
		return nil, err
	}
	w, err := wallet.Open(filepath.Join(s.Home, "wallets", name+wallet.Suffix), passphrase)
	if err != nil {
		return nil, err
	}
	return s.work(w, w.Subject())
}

// person makes a wallet and has its owner join the network.
func (s *stage) person(ctx context.Context, kind wallet.Kind) (*wallet.Session, error) {
	n := s.people.Add(1)
	w, err := wallet.Create(filepath.Join(s.folder, fmt.Sprintf("%d%s", n, wallet.Suffix)), "bench",
		wallet.Options{Kind: kind, Name: fmt.Sprintf("Person %d", n), WorkFactor: devnet.WorkFactor})
	if err != nil {
		return nil, err
	}
	session, err := s.work(w)
	if err != nil {
		return nil, err
	}
	_, err = session.Join(ctx)
	return session, err
}

// work puts an open wallet to work. Whoever is first is asked first.
func (s *stage) work(w *wallet.Wallet, first ...stele.Subject) (*wallet.Session, error) {
	n, err := member.Dial(s.Network.Network, first...)
	if err != nil {
		return nil, err
	}
	session, err := member.Session(w, n)
	if err != nil {
		return nil, err
	}
	s.open = append(s.open, session)
	return session, nil
}

// doctor makes a practitioner whom an organisation vouches for.
func (s *stage) doctor(ctx context.Context, at *wallet.Session) (*wallet.Session, error) {
	d, err := s.person(ctx, wallet.Practitioner)
	if err != nil {
		return nil, err
	}
	return d, d.Enlist(ctx, at, wallet.Profile{
		Role: "doctor", Organisation: at.Subject(), Facility: "hospital", Until: time.Now().AddDate(1, 0, 0),
	})
}

// give has a patient give a grant, and its grantee collect it.
func (s *stage) give(ctx context.Context, patient, to *wallet.Session, terms wallet.Terms) error {
	contact, err := patient.Find(ctx, to.Subject().String())
	if err != nil {
		return err
	}
	if _, _, err := patient.Give(ctx, contact, terms); err != nil {
		return err
	}
	_, err = to.Collect(ctx)
	return err
}

// reading are the terms of a grant to read everything that is not sensitive.
func reading() wallet.Terms {
	return wallet.Terms{
		Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{consent.AllCategories},
		End: time.Now().Add(24 * time.Hour),
	}
}

// access signs one opening of a chart under a grant that is held, as
// wallet.Session.OpenChart does.
func access(of *wallet.Session, held wallet.Held) (*wire.Transaction, wire.Signer) {
	request, detail, reader := stele.NewID(), stele.NewID(), stele.NewID()
	return &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
		Request: request[:], Grant: held.Grant[:], DetailCommitment: append(detail[:], detail[:]...),
		ReaderKeyHash: append(reader[:], reader[:]...), WindowMs: 60_000,
	}}}, of.OneTime(held.KeyIndex)
}
