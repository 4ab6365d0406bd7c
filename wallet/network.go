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
	"github.com/stele-health/stele/wire"
)

// Net is the network as a wallet meets it: who runs it and since when, as far as that was
// followed; what is signed for it and how many must say the same of it.
type Net struct {
	Network *members.Network
	Clock   func() time.Time // time.Now but in tests
	Begin   light.Start      // the newest block as somebody told it whom the person trusts; for who was away for long

	w       *Wallet
	past    sync.RWMutex  // guards history
	history proof.History // who ran the network when
	finding sync.Mutex    // guards light
	light   *light.Client // made when first needed
	wrote   lastWrite
	vain    atomic.Int64 // when the consortium's log was last asked for in vain; nanoseconds since 1970
}

// Submit signs a message and puts it on the ledger through one member, and asks
// others what became of it: the same bytes, so it happens once. One member alone
// may be behind or lie, about an outcome as about a refusal, which leaves nothing
// on the ledger: more must say it than may be faulty. It fails with the kind of
// the refusal, with KindUnreachable when nobody could be given it, and with
// KindUnknown when too few say the same: then it may be on the ledger (R46).
func (n *Net) Submit(ctx context.Context, message *wire.Transaction, signers ...wire.Signer) (stele.Outcome, error) {
	return n.SubmitSigned(ctx, n.SignTransaction(message, signers...))
}

// SignTransaction completes a transaction and signs it.
func (n *Net) SignTransaction(message *wire.Transaction, signers ...wire.Signer) []byte {
	return n.SignTransactionFor(message, validFor, signers...)
}

// SignTransactionFor is SignTransaction for one that others sign, too, and which may take so
// long to get on the ledger.
func (n *Net) SignTransactionFor(message *wire.Transaction, validFor time.Duration, signers ...wire.Signer) []byte {
	return wire.Marshal(n.signedFor(message, validFor, signers...))
}

func (n *Net) signedFor(message *wire.Transaction, validFor time.Duration, signers ...wire.Signer) *wire.Signed {
	id := stele.NewID()
	message.Chain, message.Nonce = n.Consortium().Chain, id[:]
	message.ExpiresMs = n.Clock().Add(validFor).UnixMilli()
	return wire.Sign(wire.TagTransaction, message, signers...)
}

// validFor is how long a transaction may take to get on the ledger.
const validFor = 5 * time.Minute

// SubmitSigned gives the bytes of a signed transaction to the members. Giving the same
// again is safe until it expires: a retry gets the first answer.
func (n *Net) SubmitSigned(ctx context.Context, raw []byte) (stele.Outcome, error) {
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
	outcome, err := agreed(ctx, n, "submit transaction", members.SubmitPatience, question, func(o stele.Outcome) string {
		return fmt.Sprintf("%s %d %d %d %x", o.Subject, o.Height, o.Seq, o.Time.UnixMilli(), o.Event)
	})
	if err == nil {
		n.wrote.note(n, outcome)
	}
	if err != nil && sent.Load() && members.Transient(err) {
		err = stele.E("submit transaction", stele.KindUnknown, "it is not known whether that happened: it was sent, and too few members answer", err).
			WithHint("when more are up (stele ledger status), give the same command again: it finds out, and does nothing twice")
	}
	return outcome, err
}

// agreed asks members until so many say the same, in the words of says, that one of them is honest.
func agreed[T any](ctx context.Context, n *Net, op string, wait time.Duration, question func(context.Context, members.Member) (T, error), says func(T) string) (T, error) {
	return members.NewRound(ctx, n.Network, n.founders(), question).Agree(op, wait, n.Quorum(), says)
}

// Quorum is how many members must say the same so that one of them is honest. Up to three
// members can stand no fault and all of them must be up for a block; two voices cost
// nothing there, and one may be behind.
func (n *Net) Quorum() int {
	all := len(n.Consortium().Members)
	return max(stele.Faulty(all)+1, min(all, 2))
}

// Keys returns a subject's current keys as so many members say alike that one of
// them at least is honest: more than may be faulty. One member alone could put
// its own key in somebody's place. It fails with KindNotFound when nobody knows
// the subject, and with KindUnreachable when too few agree.
func (n *Net) Keys(ctx context.Context, subject stele.Subject) ([]*wire.Device, error) {
	return n.keysWithin(ctx, subject, members.Lag)
}

// IsMerged reports whether a subject is merged into another, whose keys speak for it, as so many
// members say alike that one of them is honest.
func (n *Net) IsMerged(ctx context.Context, subject stele.Subject) (bool, error) {
	turn, err := n.Turn(ctx, subject)
	return turn%2 == 1, err
}

// Turn returns how often a subject was merged into another and parted, as so many members say alike
// that one of them is honest. It fails as Spoke.
func (n *Net) Turn(ctx context.Context, subject stele.Subject) (uint32, error) {
	question := func(ctx context.Context, m members.Member) (uint32, error) { return m.Ledger.Turn(ctx, subject) }
	return agreed(ctx, n, "read subject", members.Patience, question, func(turn uint32) string { return fmt.Sprint(turn) })
}

// Late reports whether the death is recorded of whose chart a claim would take over, as so many members say alike that one of
// them is honest. It fails as Spoke, and with KindDenied where the slip's key has not signed the claim.
func (n *Net) Late(ctx context.Context, subject stele.Subject, claim *wire.Signed) (bool, error) {
	question := func(ctx context.Context, m members.Member) (bool, error) { return m.Ledger.Late(ctx, subject, claim) }
	return agreed(ctx, n, "read subject", members.Patience, question, func(died bool) string { return fmt.Sprint(died) })
}

// Spoke is an anchor, and whose signature its delivery could bear as one source's.
type Spoke struct {
	Anchor *wire.Anchored
	Keys   []stele.PublicKey // that whoever spoke for the source when it was made has now
}

// Spoke returns the anchor of a delivery to a chart and the keys of whoever spoke for its source when it was
// made, as so many members say alike that one of them is honest. It fails with KindNotFound when there is no
// such anchor or source, and with KindUnreachable when too few agree.
func (n *Net) Spoke(ctx context.Context, source, chart stele.Subject, submission stele.ID) (Spoke, error) {
	question := func(ctx context.Context, m members.Member) (s Spoke, err error) {
		anchor, devices, err := m.Ledger.Spoke(ctx, source, chart, submission)
		return Spoke{anchor, signing(devices)}, err
	}
	return agreed(ctx, n, "read keys", members.Patience, question, func(s Spoke) string { return fmt.Sprintf("%x %x", wire.Marshal(s.Anchor), s.Keys) })
}

// keysWithin is Keys with its own patience for members that are a block apart. Where
// many subjects are asked about, as for the cards that a directory lists, one lying
// member could have each waited for.
func (n *Net) keysWithin(ctx context.Context, subject stele.Subject, patience time.Duration) (devices []*wire.Device, err error) {
	if err := n.Current(ctx); err != nil {
		return nil, err
	}
	stopped := members.Retry(ctx, 20*time.Millisecond, patience, func() (known bool) {
		devices, known, err = n.vote(ctx, subject, n.Quorum())
		return err != nil && known // members that know different keys are a block apart, or one lies
	})
	return devices, cmp.Or(stopped, err)
}

// vote asks as many members as must agree, and another one for each that fails,
// says something else or says nothing for a while. known says that one knew the
// subject.
func (n *Net) vote(ctx context.Context, subject stele.Subject, need int) (agreed []*wire.Device, known bool, last error) {
	const op = "read keys"
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := members.NewRound(ctx, n.Network, n.founders(), func(ctx context.Context, m members.Member) ([]*wire.Device, error) {
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
func (n *Net) founders() []members.Member {
	seen := map[stele.Subject]bool{}
	return slices.DeleteFunc(n.Network.InTurn(), func(m members.Member) bool {
		double := seen[m.Subject]
		seen[m.Subject] = true
		return double || n.Consortium().Member(m.Subject) == nil
	})
}

// OwnRequest makes the signed request of a subject to a member about itself.
func (n *Net) OwnRequest(audience stele.Subject, since uint64) *wire.Signed {
	return n.ownPage(audience, since, 0)
}

// ownPage is OwnRequest for a page of the log, proved to a head of so many events; 0 asks
// for the newest.
func (n *Net) ownPage(audience stele.Subject, since, until uint64) *wire.Signed {
	return ownRequest(n.Consortium().Chain, n.w.Subject(), audience, n.Clock(), since, until, n.w.Keyring().Signer())
}

func ownRequest(chain string, subject, audience stele.Subject, now time.Time, since, until uint64, signer wire.Signer) *wire.Signed {
	nonce := stele.NewID()
	return wire.Sign(wire.TagOwn, &wire.OwnRequest{
		Chain: chain, Audience: audience[:], Subject: subject[:], AtMs: now.UnixMilli(), Nonce: nonce[:], Since: since, Until: until,
	}, signer)
}

// Member returns the member that a subject names, or nil.
func (n *Net) Member(subject stele.Subject) *members.Member {
	all := n.Network.All()
	if i := slices.IndexFunc(all, func(m members.Member) bool { return m.Subject == subject }); i >= 0 {
		return &all[i]
	}
	return nil
}
