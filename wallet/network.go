package wallet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/light"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// Session is a wallet at work on a network: keys, grants and the own log. Rooms above
// build on it; package client has all of it together. Its methods are safe for concurrent
// use, but for Close: what is
// learned is in the wallet's book, of which each step is one change. Giving, taking back,
// collecting, joining and settling go one after another, so that no grant is given, kept
// or asked about twice; so does the reading of the own log; opening charts, delivering, importing and finding go on side by side.
type Session struct {
	*Wallet
	Network *members.Network
	Clock   func() time.Time // time.Now but in tests
	Begin   light.Start      // the newest block as somebody told it whom the person trusts; for who was away for long

	past    sync.RWMutex  // guards history
	history proof.History // who ran the network when, as far as this wallet has followed it
	finding sync.Mutex    // guards light
	light   *light.Client // made when first needed
	wrote   lastWrite
	vain    atomic.Int64 // when the consortium's log was last asked for in vain; nanoseconds since 1970
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

// NewSession puts a wallet to work on members that nobody checks: on the network that
// history tells of, by the clock of this machine. On checks and pins.
func NewSession(w *Wallet, n *members.Network, history proof.History) *Session {
	return &Session{Wallet: w, Network: n, Clock: time.Now, history: history}
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

// Submit signs a message and puts it on the ledger through one member, and asks
// others what became of it: the same bytes, so it happens once. One member alone
// may be behind or lie, about an outcome as about a refusal, which leaves nothing
// on the ledger: more must say it than may be faulty. It fails with the kind of
// the refusal, with KindUnreachable when nobody could be given it, and with
// KindUnknown when too few say the same: then it may be on the ledger (R46).
func (s *Session) Submit(ctx context.Context, message *wire.Transaction, signers ...wire.Signer) (stele.Outcome, error) {
	return s.SubmitSigned(ctx, s.SignTransaction(message, signers...))
}

// SignTransaction completes a transaction and signs it.
func (s *Session) SignTransaction(message *wire.Transaction, signers ...wire.Signer) []byte {
	id := stele.NewID()
	message.Chain, message.Nonce = s.Consortium().Chain, id[:]
	message.ExpiresMs = s.Clock().Add(validFor).UnixMilli()
	return wire.Marshal(wire.Sign(wire.TagTransaction, message, signers...))
}

// validFor is how long a transaction may take to get on the ledger.
const validFor = 5 * time.Minute

// SubmitSigned gives the bytes of a signed transaction to the members. Giving the same
// again is safe until it expires: a retry gets the first answer.
func (s *Session) SubmitSigned(ctx context.Context, raw []byte) (stele.Outcome, error) {
	var sent atomic.Bool
	question := func(ctx context.Context, m members.Member) (stele.Outcome, error) {
		outcome, err := m.Ledger.Submit(ctx, raw)
		if err != nil && stele.TextOf(err) == stele.ForAnotherChain { // no word on this one, nor was it given to the member
			return outcome, stele.E("submit transaction", stele.KindUnreachable, "another network answers at the address of "+m.Name, err)
		}
		if !errors.Is(err, syscall.ECONNREFUSED) { // else nobody is there who could have got it
			sent.Store(true)
		}
		return outcome, err
	}
	outcome, err := members.NewRound(ctx, s.Network, s.founders(), question).Agree("submit transaction", members.SubmitPatience, s.Quorum(), func(o stele.Outcome, err error) string {
		if err != nil {
			return stele.KindOf(err).String()
		}
		return fmt.Sprintf("%s %d %d %d %x", o.Subject, o.Height, o.Seq, o.Time.UnixMilli(), o.Event)
	})
	if err == nil {
		s.wrote.note(s, outcome)
	}
	if err != nil && sent.Load() && members.Transient(err) {
		err = stele.E("submit transaction", stele.KindUnknown, "it is not known whether that happened: it was sent, and too few members answer", err).
			WithHint("look when they are up again: stele ledger status")
	}
	return outcome, err
}

// Quorum is how many members must say the same so that one of them is honest. Up to three
// members can stand no fault and all of them must be up for a block; two voices cost
// nothing there, and one may be behind.
func (s *Session) Quorum() int {
	n := len(s.Consortium().Members)
	return max(stele.Faulty(n)+1, min(n, 2))
}

// Keys returns a subject's current keys as so many members say alike that one of
// them at least is honest: more than may be faulty. One member alone could put
// its own key in somebody's place. It fails with KindNotFound when nobody knows
// the subject, and with KindUnreachable when too few agree.
func (s *Session) Keys(ctx context.Context, subject stele.Subject) ([]*wire.Device, error) {
	return s.keysWithin(ctx, subject, members.Lag)
}

// keysWithin is Keys with its own patience for members that are a block apart. Where
// many subjects are asked about, as for the cards that a directory lists, one lying
// member could have each waited for.
func (s *Session) keysWithin(ctx context.Context, subject stele.Subject, patience time.Duration) (devices []*wire.Device, err error) {
	if err := s.Current(ctx); err != nil {
		return nil, err
	}
	stopped := members.Retry(ctx, 20*time.Millisecond, patience, func() (known bool) {
		devices, known, err = s.vote(ctx, subject, s.Quorum())
		return err != nil && known // members that know different keys are a block apart, or one lies
	})
	return devices, cmp.Or(stopped, err)
}

// vote asks as many members as must agree, and another one for each that fails,
// says something else or says nothing for a while. known says that one knew the
// subject.
func (s *Session) vote(ctx context.Context, subject stele.Subject, need int) (agreed []*wire.Device, known bool, last error) {
	const op = "read keys"
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := members.NewRound(ctx, s.Network, s.founders(), func(ctx context.Context, m members.Member) ([]*wire.Device, error) {
		return m.Ledger.Keys(ctx, subject)
	})
	a.Next(need)
	tick := time.NewTicker(members.Patience)
	defer tick.Stop()
	votes, none := map[string]int{}, 0 // none: members that know no such subject
	var absent error
	for len(a.Waiting) > 0 {
		select {
		case <-tick.C:
			a.NoteWaiting()
			a.Next(1)
		case r := <-a.Replies:
			if a.Heard(r); r.Err != nil {
				if last = r.Err; stele.KindOf(r.Err) == stele.KindNotFound {
					absent, none = r.Err, none+1
				}
				a.Next(1)
				continue
			}
			known = true
			said := string(wire.Marshal(&wire.KeyDocument{Devices: r.Answer}))
			if votes[said]++; votes[said] >= need {
				return r.Answer, true, nil
			}
			if len(a.Waiting) == 0 {
				a.Next(1)
			}
		}
	}
	if !known && none >= need {
		return nil, false, absent
	}
	return nil, known, stele.E(op, stele.KindUnreachable, "too few members agree on whose keys these are", last).
		WithHint("check that the network is running: stele ledger status")
}

// founders lists the members that the consortium names, each once, in the
// order in which to ask them.
func (s *Session) founders() []members.Member {
	seen := map[stele.Subject]bool{}
	return slices.DeleteFunc(s.Network.InTurn(), func(m members.Member) bool {
		double := seen[m.Subject]
		seen[m.Subject] = true
		return double || s.Consortium().Member(m.Subject) == nil
	})
}

// OwnRequest makes the signed request of a subject to a member about itself.
func (s *Session) OwnRequest(audience stele.Subject, since uint64) *wire.Signed {
	return s.ownPage(audience, since, 0)
}

// ownPage is OwnRequest for a page of the log, proved to a head of so many events; 0 asks
// for the newest.
func (s *Session) ownPage(audience stele.Subject, since, until uint64) *wire.Signed {
	nonce, subject := stele.NewID(), s.Subject()
	return wire.Sign(wire.TagOwn, &wire.OwnRequest{
		Chain: s.Consortium().Chain, Audience: audience[:], Subject: subject[:], AtMs: s.Clock().UnixMilli(), Nonce: nonce[:], Since: since, Until: until,
	}, s.Keyring().Signer())
}

// Member returns the member that a subject names, or nil.
func (s *Session) Member(subject stele.Subject) *members.Member {
	all := s.Network.All()
	if i := slices.IndexFunc(all, func(m members.Member) bool { return m.Subject == subject }); i >= 0 {
		return &all[i]
	}
	return nil
}
