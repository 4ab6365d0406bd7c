package wallet

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Held is a grant that somebody gave to the owner.
type Held struct {
	Grant    stele.ID          `json:"grant"`
	Subject  stele.Subject     `json:"subject"`
	Says     string            `json:"says"`
	Document []byte            `json:"document"`
	Salt     []byte            `json:"salt"`
	KeyIndex uint32            `json:"key_index"`
	Action   stele.Action      `json:"action"`
	End      time.Time         `json:"end"`
	Over     bool              `json:"over,omitempty"`     // the ledger has refused under it, as members say
	Stands   stele.GrantStatus `json:"stands,omitempty"`   // where it stands since it is over, where members said it
	Above    []Above           `json:"above,omitempty"`    // the delegations that it was given under, from the grant upwards
	Records  [][]byte          `json:"records,omitempty"`  // of one for single records: each a wire.SingleRecord
	Died     bool              `json:"died,omitempty"`     // of a delegation: the patient has, as members said last
	Returned bool              `json:"returned,omitempty"` // it is over, and the owner gave it back
	Told     bool              `json:"told,omitempty"`     // where it stands since it is over: it was asked for by itself
}

// HeldGrants lists the grants that the owner holds, the newest last.
func (w *Wallet) HeldGrants() ([]Held, error) { return book.Values(heldRows.All(w.learned)) }

// HeldGrant is a grant that the owner holds, by its id.
func (w *Wallet) HeldGrant(grant stele.ID) (h Held, known bool, err error) {
	held, err := book.Values(heldRows.Find(w.learned, heldByGrant, string(grant[:])))
	if err != nil || len(held) == 0 {
		return Held{}, false, err
	}
	return held[0], true, nil
}

// HeldFor returns the grants held on a subject for an action, newest last.
func (w *Wallet) HeldFor(subject stele.Subject, action stele.Action) ([]Held, error) {
	held, err := book.Values(heldRows.Find(w.learned, heldBySubject, string(subject[:])))
	return slices.DeleteFunc(held, func(h Held) bool { return h.Action != action }), err
}

// Within reports whether another grant allows all that this one does.
func (h Held) Within(other Held) bool {
	a, err := consent.Parse(h.Document)
	b, wrong := consent.Parse(other.Document)
	if err != nil || wrong != nil {
		return h.Grant == other.Grant
	}
	all := func(s stele.Sensitivity) bool { return slices.Contains(b.Sensitivity, s) }
	free := b.From.IsZero() && b.To.IsZero() && len(b.Sources) == 0 && len(b.Records) == 0
	same := a.From == b.From && a.To == b.To && slices.Equal(a.Sources, b.Sources) && slices.Equal(a.Records, b.Records)
	return len(other.Allows(a.Categories)) == len(a.Categories) &&
		!slices.ContainsFunc(a.Sensitivity, func(s stele.Sensitivity) bool { return !all(s) }) && (free || same)
}

// Usable reports whether the chart may be opened under the grant for a purpose.
func (h Held) Usable(now time.Time, purpose stele.Purpose) bool {
	return h.End.After(now) && !h.Over && h.IsFor(purpose) && (h.Action != stele.ActionDelegate || h.Acts(consent.ActRead, now) == nil)
}

// ByAnother reports whether somebody else than the patient gave it: who acts for them, or the two
// members where nobody had claimed the chart.
func (h Held) ByAnother() bool {
	g, err := consent.Parse(h.Document)
	return err == nil && g.Signed.By.Subject != g.Patient.Subject
}

// IsFor reports whether the grant is for a purpose.
func (h Held) IsFor(purpose stele.Purpose) bool {
	g, err := consent.Parse(h.Document)
	return err == nil && slices.Contains(g.Purposes, purpose)
}

// Allows lists the categories of those that the grant allows something of.
func (h Held) Allows(of []stele.Category) []stele.Category {
	g, err := consent.Parse(h.Document)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(of), func(c stele.Category) bool {
		return !slices.Contains(g.Categories, c) && !slices.Contains(g.Categories, consent.AllCategories)
	})
}

// revive asks the ledger where those grants stand under which it was said to refuse: who
// said so may have been behind. Those that hold are held again; it returns them. Of the
// others it is not asked again.
func (s *Session) revive(ctx context.Context) (again []Held, err error) {
	ctx, cancel := context.WithTimeout(ctx, OffersTimeout)
	defer cancel()
	over, err := book.Values(heldRows.Find(s.learned, heldByOver, stillOpen))
	if err != nil || len(over) == 0 {
		return nil, err
	}
	status := map[stele.ID]stele.GrantStatus{}
	var mu sync.Mutex
	work := new(errgroup.Group)
	work.SetLimit(MaxAsked)
	for _, h := range over {
		if !h.End.After(s.Clock()) {
			continue
		}
		work.Go(func() error {
			is, err := s.grantStatus(ctx, h)
			if err != nil {
				return nil // asked again next time
			}
			mu.Lock()
			defer mu.Unlock()
			status[h.Grant] = is
			return nil
		})
	}
	_ = work.Wait()
	if len(status) == 0 {
		return nil, nil
	}
	err = s.learned.Change(func(c *book.Change) error {
		again = nil
		rows, err := book.Rows(heldRows.Find(c, heldByOver, stillOpen))
		if err != nil {
			return err
		}
		return heldRows.PutSome(c, rows, func(h *Held) bool {
			is, asked := status[h.Grant]
			if asked && is == stele.GrantActive {
				h.Over = false
				again = append(again, *h)
			}
			h.Told = h.Told || asked && is != stele.GrantActive
			h.Stands = overAs(is)
			return asked
		})
	})
	return again, err
}

// overAs is where a grant stands since it is over; 0 while it is not, or where nobody said it.
func overAs(is stele.GrantStatus) stele.GrantStatus {
	if is == stele.GrantActive {
		return 0
	}
	return is
}

// grantStatus asks the ledger where a grant stands that is as this one says.
func (s *Session) grantStatus(ctx context.Context, h Held) (stele.GrantStatus, error) {
	is, err := s.standsAt(ctx, s.AsGiven(h))
	return is.Status, err
}

// AsGiven is a grant as the ledger has it, if it has it.
func (s *Session) AsGiven(h Held) stele.Grant {
	return stele.Grant{
		ID: h.Grant, Subject: h.Subject, Action: h.Action, Grantee: wire.Key(s.Keyring().OneTime(h.KeyIndex).Public()),
		Commitment: seal.Commit(seal.Salt(h.Salt), seal.TagGrant, h.Document),
	}
}

// GivenStands asks the ledger where a grant stands that the owner gave for somebody by a delegation.
// It fails with KindNotFound where it is not there.
func (s *Session) GivenStands(ctx context.Context, g Given) (stele.Grant, error) {
	asked, err := g.onLedger()
	if err != nil {
		return stele.Grant{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, OffersTimeout)
	defer cancel()
	return s.standsAt(ctx, asked)
}

// onLedger is a grant that was given for somebody as the ledger has it, if it has it.
func (g Given) onLedger() (stele.Grant, error) {
	document, err := consent.Parse(g.Document)
	return stele.Grant{
		ID: g.Grant, Subject: g.For, Action: g.Action, Grantee: document.Grantee, Commitment: seal.Commit(seal.Salt(g.Salt), seal.TagGrant, g.Document),
	}, err
}

// standsAt asks the ledger where a grant stands that is as g says: its Status, whether it was Returned,
// and whether the subject has Died.
func (s *Session) standsAt(ctx context.Context, g stele.Grant) (stele.Grant, error) {
	return s.ledgerGrant(ctx, g, func(is stele.Grant) stele.Grant {
		return stele.Grant{Status: is.Status, Returned: is.Returned, Died: is.Died}
	})
}

// ledgerGrant asks members of a grant that is as g says until so many say the same of it that
// one of them is honest. part is what is asked for, and what it returns: of all else one
// member alone could say anything. Members a block apart may not agree; then it fails with
// KindUnreachable, and nothing is known.
func (s *Session) ledgerGrant(ctx context.Context, g stele.Grant, part func(stele.Grant) stele.Grant) (stele.Grant, error) {
	question := func(ctx context.Context, m members.Member) (stele.Grant, error) {
		is, err := m.Ledger.Grant(ctx, g)
		return part(is), err
	}
	return agreed(ctx, s.Net, "read grant", members.Patience, question, func(is stele.Grant) string { return fmt.Sprint(is) })
}

// forgetEnded forgets grants that have ended long ago: those of the days since it last did.
func (s *Session) forgetEnded() error {
	today := s.Clock().UTC().Truncate(24 * time.Hour)
	day := s.State().Forgotten
	if day = day.UTC().Truncate(24*time.Hour).AddDate(0, 0, -1); day.Before(firstDay) {
		day = firstDay
	}
	var ended []string
	if err := s.learned.View(func(v *book.View) error {
		for ; !day.After(today); day = day.AddDate(0, 0, 1) {
			for row, err := range heldRows.Find(v, heldByDay, day.Format(time.DateOnly)) {
				if err != nil {
					return err
				}
				if s.ended(row.Value) {
					ended = append(ended, day.Format(time.DateOnly))
					break
				}
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if len(ended) == 0 && s.State().Forgotten.Equal(today) {
		return nil
	}
	return s.change(func(c *book.Change, state *State) error {
		state.Forgotten = today
		for _, day := range ended {
			rows, err := book.Rows(heldRows.Find(c, heldByDay, day))
			if err == nil {
				err = heldRows.RemoveSome(c, rows, s.ended)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Session) ended(h Held) bool { return s.Clock().Sub(h.End) > keptEnded }

// CheckWriteGrant tells whether there is a write grant on a subject that the ledger says holds.
// asked is false where the ledger said nothing, and the grant is believed.
func (s *Session) CheckWriteGrant(ctx context.Context, subject stele.Subject) (asked bool, err error) {
	for {
		held, err := s.HeldWriteGrant(subject)
		if err != nil {
			return false, err
		}
		switch status, err := s.grantStatus(ctx, held); {
		case err != nil:
			return false, nil
		case status == stele.GrantActive:
			return true, nil
		}
		if err := s.MarkOver(held.Grant); err != nil {
			return false, err
		}
	}
}

// HeldWriteGrant returns the newest write grant that this wallet holds on a subject, for records of
// some labels, and that has not ended. It fails with KindDenied.
func (s *Session) HeldWriteGrant(subject stele.Subject, labels ...stele.Label) (Held, error) {
	held, err := s.HeldFor(subject, stele.ActionWrite)
	if err != nil {
		return Held{}, err
	}
	narrow := false
	for _, h := range slices.Backward(held) {
		if h.Over || !h.End.After(s.Clock()) {
			continue
		}
		if all(labels, h.Takes) {
			return h, nil
		}
		narrow = true
	}
	if narrow {
		return Held{}, stele.E("deliver", stele.KindDenied, "who acts for "+subject.String()+" has given a write grant for other parts of the chart alone", nil).
			WithHint("deliver those parts by themselves, or ask for a wider one; stele wallet grants --long tells what it covers")
	}
	return Held{}, stele.E("deliver", stele.KindDenied, fmt.Sprintf("%s has given %s no write grant that holds", subject, s.Name()), nil).
		WithHint("the patient runs: stele wallet grant --write --to \"" + s.Name() + "\"")
}

// ownOver marks as over what the owner gave to themselves: parting took it back, or it is given anew.
func (s *Session) ownOver() error {
	me := s.Subject()
	return s.learned.Change(func(c *book.Change) error {
		held, err := book.Rows(heldRows.Find(c, heldBySubject, string(me[:])))
		if err != nil {
			return err
		}
		return heldRows.PutSome(c, held, func(h *Held) bool { h.Over = true; return true })
	})
}

// changeHeld changes what is known of a grant, where it is held.
func changeHeld(c *book.Change, grant stele.ID, change func(*Held)) error {
	held, err := book.Rows(heldRows.Find(c, heldByGrant, string(grant[:])))
	if err != nil {
		return err
	}
	return heldRows.PutSome(c, held, func(h *Held) bool { change(h); return true })
}

// markReturned remembers of a grant that the owner gave it back: nobody is asked any more where it stands.
func markReturned(c *book.Change, grant stele.ID) error {
	return changeHeld(c, grant, func(h *Held) { h.Over, h.Told, h.Returned = true, true, true })
}

// MarkOver remembers that the ledger refused under a grant, so that another one
// is tried first next time.
func (s *Session) MarkOver(grant stele.ID) error {
	return s.learned.Change(func(c *book.Change) error {
		return changeHeld(c, grant, func(h *Held) { h.Over = true })
	})
}

// AskStands asks the ledger where those grants to read and to write stand that the owner holds for good, and keeps which
// are over; and of what an executor gave, whether the death that it counts from is undone. Who cannot be asked about
// within seconds stays as known.
func (s *Session) AskStands(ctx context.Context, held []Held) error {
	ctx, cancel := context.WithTimeout(ctx, othersTimeout)
	defer cancel()
	var mu sync.Mutex
	now := map[stele.ID]stele.Grant{}
	work := new(errgroup.Group)
	work.SetLimit(MaxAsked)
	for _, h := range held {
		if h.Action == stele.ActionDelegate || h.Over || !h.End.After(s.Clock()) {
			continue
		}
		work.Go(func() error {
			is, err := s.standsAt(ctx, s.AsGiven(h))
			if err == nil && (is.Status != stele.GrantActive || ByExecutor(h.Above) && !is.Died) {
				mu.Lock()
				defer mu.Unlock()
				now[h.Grant] = is
			}
			return nil // what is not known stays as it was
		})
	}
	_ = work.Wait()
	if len(now) == 0 {
		return nil
	}
	return s.learned.Change(func(c *book.Change) error {
		for grant, is := range now {
			if err := changeHeld(c, grant, func(h *Held) { h.Over, h.Stands, h.Died = true, overAs(is.Status), is.Died }); err != nil {
				return err
			}
		}
		return nil
	})
}

// ByExecutor reports whether an executor is among those by whose delegations something was given: it counts for as long as
// the death is recorded.
func ByExecutor(above []Above) bool {
	return slices.ContainsFunc(above, func(a Above) bool {
		g, err := consent.Parse(a.Document)
		return err == nil && g.Delegation.Kind == consent.Executor
	})
}
