package directory

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// A member that was away when a patient said something has no envelope of it, and opens nothing of her chart. She
// brings each member what she sealed to the others, too, and they hand it over when one of them asks: nobody
// else can open it, and who gets it holds it against the commitment.

// Others are how a directory gets from the other members what it missed.
type Others struct {
	Peers  func() []Peer                                                // the other members that may be up
	Signer wire.Signer                                                  // the member's node key
	Opens  func(stele.Subject, stele.Digest, []byte) (slot.Slot, error) // what is sealed to this member
}

// Peer is another member's directory.
type Peer interface {
	Subject() stele.Subject
	GetSlot(context.Context, *wire.GetSlotRequest) (*wire.GetSlotResponse, error)
}

const (
	fetchLimit = time.Second     // all members have so long together, with the wait for a turn
	fetchAgain = 5 * time.Second // nobody is asked again before
	maxFetches = 32              // at a time
	maxMissed  = 1 << 12         // are remembered
)

// fetches are askings of other members that are under way, or were in vain.
type fetches struct {
	turns chan struct{}

	mu     sync.Mutex
	missed map[opened]time.Time
}

// due reports whether the others are to be asked now.
func (f *fetches) due(of opened, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.missed[of]) < fetchAgain {
		return false
	}
	if f.missed == nil || len(f.missed) >= maxMissed {
		f.missed = map[opened]time.Time{}
	}
	f.missed[of] = now
	return true
}

// fetchSlot asks the other members for what counts of a subject and did not come here, and keeps it. It
// reports whether it has come.
func (d *Directory) fetchSlot(subject stele.Subject, commitment stele.Digest) bool {
	patient, err := d.cfg.Ledger.Subject(subject)
	if d.cfg.Others.Peers == nil || err != nil || patient.Emergency != commitment {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), fetchLimit)
	defer cancel()
	select {
	case d.fetches.turns <- struct{}{}:
		defer func() { <-d.fetches.turns }()
	case <-ctx.Done():
		return false
	}
	// After the turn: whom others kept from asking asks again at once.
	if !d.fetches.due(opened{subject, commitment}, d.cfg.Clock()) {
		return false
	}
	peers := d.cfg.Others.Peers()
	answers := make(chan *wire.GetSlotResponse, len(peers))
	for _, p := range peers {
		go func() {
			out, err := p.GetSlot(ctx, &wire.GetSlotRequest{Request: d.takeSlot(p.Subject(), subject, commitment)})
			if err != nil {
				out = nil
			}
			answers <- out
		}()
	}
	for range peers {
		select {
		case out := <-answers:
			if d.fits(subject, commitment, out) && d.keepFetched(subject, commitment, out) == nil {
				return true
			}
		case <-ctx.Done():
			return false
		}
	}
	return false
}

// takeSlot asks a member for what it has of a commitment.
func (d *Directory) takeSlot(of, subject stele.Subject, commitment stele.Digest) *wire.Signed {
	m := &wire.MemberRequest{
		Chain: d.cfg.Chain, Audience: of[:], Member: d.cfg.Member[:], AtMs: d.cfg.Clock().UnixMilli(), Nonce: make([]byte, 16),
		Ask: &wire.MemberRequest_TakeSlot{TakeSlot: &wire.TakeSlot{Subject: subject[:], Commitment: commitment[:]}},
	}
	rand.Read(m.Nonce)
	return wire.Sign(wire.TagMember, m, d.cfg.Others.Signer)
}

// fits reports whether what another member gave is what the patient committed to, whole.
func (d *Directory) fits(subject stele.Subject, commitment stele.Digest, out *wire.GetSlotResponse) bool {
	if out == nil || len(out.Capsules) > slot.MaxCapsulesLen {
		return false
	}
	says, err := d.cfg.Others.Opens(subject, commitment, out.Envelope)
	return err == nil && wire.SlotCapsulesDigest(out.Capsules) == says.Capsules
}

// keepFetched keeps what another member gave, as old as can be: what the patient brings herself comes first.
func (d *Directory) keepFetched(subject stele.Subject, commitment stele.Digest, out *wire.GetSlotResponse) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.db.Set(slotRow(subject, commitment), slices.Concat(make([]byte, 8), out.Envelope, out.Capsules), pebble.Sync)
}

// GetSlot hands to another member what a patient sealed to it, of the commitment that counts now. It
// fails with KindDenied for what is no fresh request of a member, and with KindNotFound.
func (d *Directory) GetSlot(_ context.Context, in *wire.GetSlotRequest) (*wire.GetSlotResponse, error) {
	from, ask, err := d.members.Check(d.cfg.Clock(), in.GetRequest())
	if err != nil {
		return nil, err
	}
	take := ask.GetTakeSlot()
	if take == nil {
		return nil, own.NotAMember()
	}
	absent := stele.E("hand over emergency slot", stele.KindNotFound, "it is not here", nil)
	subject, err := stele.SubjectFrom(take.Subject)
	commitment, err2 := stele.DigestFrom(take.Commitment)
	if err != nil || err2 != nil {
		return nil, absent
	}
	if patient, err := d.cfg.Ledger.Subject(subject); err != nil || patient.Emergency != commitment {
		return nil, absent
	}
	envelope, err := database.Get(d.db, otherRow(subject, commitment, from))
	if err != nil || envelope == nil {
		return nil, absent
	}
	_, capsules, err := d.slot(subject, commitment)
	if err != nil {
		return nil, absent
	}
	return &wire.GetSlotResponse{Envelope: envelope, Capsules: capsules}, nil
}

// checkOthers finds out to which members a patient sealed what she brings. It fails with KindInvalid for what
// is no envelope, is to nobody who is a member, or to one twice.
func (d *Directory) checkOthers(others []*wire.SlotEnvelope) (map[stele.Subject][]byte, error) {
	run, err := d.cfg.Ledger.Consortium()
	if err != nil {
		return nil, err
	}
	if len(others) > slot.MaxOthers {
		return nil, stele.E("put emergency slot", stele.KindInvalid, "it is sealed to too many others", nil)
	}
	of := map[stele.Subject][]byte{}
	for _, o := range others {
		member, err := stele.SubjectFrom(o.Member)
		known := slices.ContainsFunc(run.Members, func(m stele.Member) bool { return m.Subject == member })
		if err != nil || len(o.Envelope) != slot.EnvelopeLen || !known || of[member] != nil {
			return nil, stele.E("put emergency slot", stele.KindInvalid, "what is sealed to others is one envelope to each member", nil)
		}
		of[member] = o.Envelope
	}
	delete(of, d.cfg.Member)
	return of, nil
}

func otherRow(subject stele.Subject, commitment stele.Digest, member stele.Subject) []byte {
	return slices.Concat(rowOf(rowSlotOther, subject), commitment[:], member[:])
}

// dropOthers drops what was sealed to others with a commitment.
func (d *Directory) dropOthers(b *pebble.Batch, subject stele.Subject, commitment stele.Digest) error {
	return d.scan(append(rowOf(rowSlotOther, subject), commitment[:]...), func(key, _ []byte) bool {
		return b.Delete(key, nil) == nil
	})
}
