package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// stage is a network with people, whose wallets stay open.
type stage struct {
	home          string
	network       *wire.Network
	devnet        *devnet.Network   // nil where the members run in other processes
	folder        string            // of people's wallets
	open          []*client.Session // of people
	organisations map[string]*client.Session
	people        atomic.Int64
}

// stage starts a devnet, as stele devnet does. The caller closes it.
func (r *Run) stage(ctx context.Context, members int) (*stage, error) {
	return r.stageIn(ctx, "net", members)
}

// stageIn starts one of several networks of a figure.
func (r *Run) stageIn(ctx context.Context, name string, members int) (*stage, error) {
	n, err := devnet.Start(ctx, devnet.Config{Home: filepath.Join(r.Home, name), Members: members, Log: r.Log})
	if err != nil {
		return nil, err
	}
	s := r.stageOn(n.Home, n.Network)
	s.devnet = n
	return s, nil
}

// stageOn is a stage on a network that runs elsewhere.
func (r *Run) stageOn(home string, network *wire.Network) *stage {
	return &stage{home: home, network: network, folder: home + "-people", organisations: map[string]*client.Session{}}
}

func (s *stage) close() {
	s.forget()
	_ = s.halt() // all that it held is thrown away
}

// forget closes people's wallets.
func (s *stage) forget() {
	for _, session := range s.open {
		session.Close()
	}
	s.open = nil
}

// halt stops the members and closes their wallets, which a start opens.
func (s *stage) halt() error {
	for _, session := range s.organisations {
		session.Close()
	}
	clear(s.organisations)
	if s.devnet == nil {
		return nil
	}
	return s.devnet.Stop()
}

// organisation opens a member's own wallet.
func (s *stage) organisation(name string) (*client.Session, error) {
	if session := s.organisations[name]; session != nil {
		return session, nil
	}
	passphrase, err := devnet.Passphrase(s.home)
	if err != nil {
		return nil, err
	}
	w, err := wallet.Open(filepath.Join(s.home, "wallets", name+wallet.Suffix), passphrase, pebblestore.Folders{})
	if err != nil {
		return nil, err
	}
	session, err := s.dial(w, w.Subject())
	if err == nil {
		s.organisations[name] = session
	}
	return session, err
}

// person makes a wallet and has its owner join the network.
func (s *stage) person(ctx context.Context, kind wallet.Kind) (*client.Session, error) {
	n := s.people.Add(1)
	w, err := wallet.Create(filepath.Join(s.folder, fmt.Sprintf("%d%s", n, wallet.Suffix)), "bench", pebblestore.Folders{},
		wallet.Options{Kind: kind, Name: fmt.Sprintf("Person %d", n), WorkFactor: devnet.WorkFactor})
	if err != nil {
		return nil, err
	}
	session, err := s.dial(w)
	if err != nil {
		return nil, err
	}
	s.open = append(s.open, session)
	_, err = session.Join(ctx)
	return session, err
}

// dial puts an open wallet to work. Whoever is first is asked first.
func (s *stage) dial(w *wallet.Wallet, first ...stele.Subject) (*client.Session, error) {
	n, err := client.Dial(s.network, first...)
	if err != nil {
		return nil, err
	}
	return client.Open(w, n)
}

// doctor makes a practitioner whom an organisation vouches for.
func (s *stage) doctor(ctx context.Context, at *client.Session) (*client.Session, error) {
	d, err := s.person(ctx, wallet.Practitioner)
	if err != nil {
		return nil, err
	}
	return d, d.Enlist(ctx, at.Session, wallet.Profile{
		Role: "doctor", Organisation: at.Subject(), Facility: "hospital", Until: time.Now().AddDate(1, 0, 0),
	})
}

// give has a patient give a grant, and its grantee collect it.
func (s *stage) give(ctx context.Context, patient, to *client.Session, terms wallet.Terms) error {
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

// ordinary are the terms of a grant to read everything that is not sensitive.
func ordinary() wallet.Terms {
	return wallet.Terms{
		Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{consent.AllCategories},
		End: time.Now().Add(24 * time.Hour),
	}
}
