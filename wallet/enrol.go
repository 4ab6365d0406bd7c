package wallet

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/keyring"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/wire"
)

// A member enrols a person without a device: their subject is made with the code of a slip of
// paper, which the person takes home, and of which nothing stays here. What they say of
// emergencies, which is nothing, the member brings to all members in their stead until they have
// claimed their chart.

// Enrolled is a person whom this member enrolled, until it is known that they have claimed their
// chart.
type Enrolled struct {
	Subject stele.Subject `json:"subject"`
	Slot    Slot          `json:"slot"`
	Made    time.Time     `json:"made"`
	Mark    string        `json:"mark,omitempty"`  // printed on the slip
	Known   bool          `json:"known,omitempty"` // that it is on the ledger

	// Spoken is since when another's keys speak for it: it was merged, and may be parted again. Zero: none do.
	Spoken time.Time `json:"spoken,omitzero"`
	Rests  time.Time `json:"rests,omitzero"` // until when it is not asked whether they still do
}

const (
	enrolledRests = 7 * 24 * time.Hour
	enrolledGone  = 365 * 24 * time.Hour // another's keys have spoken for it for so long: it is forgotten
)

// speak notes that another's keys speak for whom the owner enrolled, or that none do.
func (e *Enrolled) speak(keys bool, now time.Time) {
	switch {
	case !keys && !e.Spoken.IsZero(): // it was merged, and is parted
		e.Spoken, e.Rests, e.Slot.Brought = time.Time{}, time.Time{}, nil
	case keys && e.Spoken.IsZero():
		e.Spoken, e.Rests = now, now.Add(enrolledRests)
	case keys:
		e.Rests = now.Add(enrolledRests)
	}
}

var enrolledRows = &book.Table[Enrolled]{Name: "enrolled"}

// NewSlip draws the code of a slip, and derives its keys. The code is to be printed and forgotten.
func NewSlip() (spell.Code, keyring.Slip) {
	for {
		var random [17]byte
		rand.Read(random[:])
		code := spell.NewCode(random)
		if slip := keyring.SlipOf(code.Bytes()); !stele.IsText(slip.Salt[:]) { // the ledger takes no salt that reads as text
			return code, slip
		}
	}
}

// NewMark draws a mark that is on no other slip whose chart waits to be claimed.
func (w *Wallet) NewMark() (string, error) {
	waiting, err := w.Enrolled()
	if err != nil {
		return "", err
	}
	for {
		var random [4]byte
		rand.Read(random[:])
		mark := spell.NewMark(random)
		if !slices.ContainsFunc(waiting, func(e Enrolled) bool { return e.Mark == mark }) {
			return mark, nil
		}
	}
}

// Enrol creates the subject of a slip with a mark, for a person without a device. It fails with KindDenied
// where the owner is no member, and with KindUnknown when too few members answer: then the
// subject may be there, and the slip good.
func (s *Session) Enrol(ctx context.Context, slip keyring.Slip, mark string) (stele.Outcome, error) {
	const op = "enrol"
	if err := s.Current(ctx); err != nil {
		return stele.Outcome{}, err
	}
	if s.Consortium().Member(s.Subject()) == nil {
		return stele.Outcome{}, stele.E(op, stele.KindDenied, s.Name()+" is no member of the network, and only members enrol people without a device", nil).
			WithHint("use the wallet of a hospital, a clinic or another member")
	}
	e := Enrolled{Subject: slip.Subject, Slot: newSlot(nil), Made: s.Clock().UTC(), Mark: mark}
	commitment, err := e.Slot.Commitment()
	if err != nil {
		return stele.Outcome{}, err
	}
	if err := s.learned.Change(func(c *book.Change) error { return enrolledRows.Add(c, e) }); err != nil {
		return stele.Outcome{}, err
	}
	member := s.Subject()
	outcome, err := s.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_CreateSubject{
		CreateSubject: &wire.CreateSubject{KeyDocument: slip.Document, Emergency: commitment, Member: member[:]},
	}}, slip.Signer, s.Keyring().Signer())
	switch {
	case stele.KindOf(err) == stele.KindUnknown:
		return outcome, err
	case err != nil:
		if failed := s.keepEnrolled(e, false); failed != nil {
			return outcome, failed
		}
		return outcome, err
	}
	e.Known = true
	e.Slot, _ = s.bring(ctx, e.Subject, e.Slot, slotWait)
	return outcome, s.keepEnrolled(e, true)
}

// keepEnrolled writes down what is known of an enrolment now, or forgets it.
func (s *Session) keepEnrolled(now Enrolled, keep bool) error {
	return s.learned.Change(func(c *book.Change) error {
		rows, err := book.Rows(enrolledRows.All(c))
		if err != nil {
			return err
		}
		for _, r := range rows {
			switch {
			case string(r.Value.Slot.Salt) != string(now.Slot.Salt): // which each has of its own
			case keep:
				err = enrolledRows.Put(c, r.Number, now)
			default:
				err = enrolledRows.Remove(c, r.Number)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Enrolled lists whom the owner enrolled and who has not claimed their chart, as far as that is
// known here.
func (w *Wallet) Enrolled() ([]Enrolled, error) {
	all, err := book.Values(enrolledRows.All(w.learned))
	return slices.DeleteFunc(all, func(e Enrolled) bool { return !e.Spoken.IsZero() }), err
}

// enrolledAtOnce is for how many people slots are brought again at one contact.
const enrolledAtOnce = 16

// bringEnrolled brings to members the slots of whom the owner enrolled, as far as they lack them,
// and forgets who has claimed their chart, for whom another's keys have spoken for long, and who never
// came onto the ledger.
func (s *Session) bringEnrolled(ctx context.Context, wait time.Duration) error {
	all, err := book.Values(enrolledRows.All(s.learned))
	if err != nil {
		return err
	}
	tried := 0
	for _, e := range all {
		if e.Known && len(s.missing(e.Slot)) == 0 && e.Spoken.IsZero() || s.Clock().Before(e.Rests) {
			continue
		}
		if tried++; tried > enrolledAtOnce {
			return nil
		}
		devices, err := s.Keys(ctx, e.Subject)
		now, merged := s.Clock().UTC(), false
		if len(devices) > 0 {
			merged, err = s.IsMerged(ctx, e.Subject)
		}
		over := err == nil && len(devices) > 0 && (!merged || !e.Spoken.IsZero() && now.After(e.Spoken.Add(enrolledGone)))
		never := stele.KindOf(err) == stele.KindNotFound && s.Clock().After(e.Made.Add(validFor+LogGrace))
		switch {
		case over || never:
			err = s.keepEnrolled(e, false)
		case err != nil:
			continue // it is tried again
		case len(devices) > 0:
			after := e
			after.speak(true, now)
			err = s.keepEnrolled(after, true)
		default:
			after := e
			after.speak(false, now)
			after.Known = true
			after.Slot, _ = s.bring(ctx, e.Subject, after.Slot, wait)
			if e.Known && e.Spoken.IsZero() && after.Slot.Since.Equal(e.Slot.Since) && maps.Equal(after.Slot.Brought, e.Slot.Brought) {
				continue
			}
			err = s.keepEnrolled(after, true)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
