package wallet

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Anybody may put anything into a box, so a package that looks like a grant is one
// only when the ledger says so: that there is such a grant, of this subject, for this
// key, with a commitment to this very document. Until then it is an offer, under which
// nothing is opened or delivered, and whose worst cases label nothing.

const (
	// maxOffered is how many offers wait to be known to the ledger.
	maxOffered = 1024
	// offeredFor is how long an offer waits: far longer than a node is behind.
	offeredFor = time.Hour
	// keptEnded is how long a grant is kept that has ended: whoever opens under one
	// hears that it has ended, and the patient sees the attempt.
	keptEnded = 90 * 24 * time.Hour
	// MaxAsked is how many offers the ledger is asked about at a time.
	MaxAsked = 16
	// OffersTimeout is how long all of them may take; those that are left wait.
	OffersTimeout = 20 * time.Second
)

// Offered is what looks like a grant to the owner, of which the ledger has not said
// yet that it is one.
type Offered struct {
	Held
	Came time.Time `json:"came"`
}

// Collect fetches the grants and credentials that were delivered to the owner and keeps those
// that hold together and that the ledger knows: a document for a key of ours that
// the patient committed to. It returns those that are new, and those that hold again.
//
// It also puts out what is due: grants given whose delivery failed, and fresh
// one-time keys when few are left. It fails with KindUnreachable when no member
// answered.
func (s *Session) Collect(ctx context.Context) ([]Held, error) {
	if err := s.giving.enter(ctx); err != nil {
		return nil, err
	}
	defer s.giving.leave()
	return s.collect(ctx)
}

func (s *Session) collect(ctx context.Context) ([]Held, error) {
	if err := s.forgetEnded(); err != nil {
		return nil, err
	}
	if err := s.retryCredentials(ctx); err != nil {
		return nil, err
	}
	if err := s.fetchOffers(ctx); err != nil {
		return nil, err
	}
	fresh, err := s.takeOffers(ctx)
	if err != nil {
		return fresh, err
	}
	again, err := s.revive(ctx)
	if fresh = append(fresh, again...); err != nil {
		return fresh, err
	}
	if _, err := s.settleAll(ctx); err != nil && !members.Transient(err) {
		return fresh, err
	}
	return fresh, errors.Join(s.Replenish(ctx), s.deliverGrants(ctx, nil), s.bringAgain(ctx, slotAgain))
}

// fetchOffers fetches what lies in the owner's boxes, and keeps what looks like grants.
func (s *Session) fetchOffers(ctx context.Context) error {
	answered, numbers := 0, map[stele.Subject]uint64{}
	var last error
	var came []Held
	var others [][]byte
	for _, m := range s.Network.All() {
		attempt, cancel := context.WithTimeout(ctx, members.Silence)
		response, err := m.Directory.Collect(attempt, &wire.CollectRequest{Request: s.OwnRequest(m.Subject, s.State().Collected[m.Subject])})
		cancel()
		if err != nil {
			last = err
			continue // one that is down: its post waits
		}
		answered++
		for _, d := range response.Deliveries {
			if held, ok := s.unpack(d.Sealed); ok {
				came = append(came, held)
			} else {
				others = append(others, d.Sealed)
			}
			// Not the greatest of all times: a directory that was put back from a
			// backup goes on from an earlier number.
			numbers[m.Subject] = d.Number
		}
	}
	switch {
	case answered == 0 && last != nil && !members.Transient(last): // all refuse: it is the request, as when this device's clock is wrong
		return last
	case answered == 0:
		return stele.E("collect", stele.KindUnreachable, "no member answered", last).
			WithHint("check that the network is running: stele ledger status")
	case len(numbers) == 0:
		return nil
	}
	papers, waiting := s.unpackCredentials(ctx, others)
	return s.change(func(c *book.Change, state *State) error {
		state.Collected = maps.Clone(state.Collected)
		if state.Collected == nil {
			state.Collected = map[stele.Subject]uint64{}
		}
		maps.Copy(state.Collected, numbers)
		if err := errors.Join(keepCredentials(c, papers, s.Clock()), keepWaiting(c, waiting)); err != nil {
			return err
		}
		for _, held := range came {
			known, err := knows(c, held)
			if err == nil && !known {
				err = offeredRows.Add(c, Offered{held, s.Clock().UTC()})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// unpack opens a delivery. What does not hold together is dropped.
func (s *Session) unpack(sealed []byte) (Held, bool) {
	me := s.Subject()
	raw, err := s.Keyring().SealKey().Open(seal.TagDocument, me[:], sealed)
	if err != nil {
		return Held{}, false
	}
	var p wire.GrantPackage
	if wire.Decode(raw, &p) != nil || len(p.Salt) != seal.SaltLen {
		return Held{}, false
	}
	g, err := consent.Parse(p.Document)
	if err != nil || string(p.Grant) != string(g.ID[:]) || string(p.Subject) != string(g.Patient.Subject[:]) ||
		g.Grantee != wire.Key(s.Keyring().OneTime(p.KeyIndex).Public()) {
		return Held{}, false
	}
	held := Held{
		Grant: g.ID, Subject: g.Patient.Subject, Says: consent.Say(g, g.Language), Document: p.Document, Salt: p.Salt,
		KeyIndex: p.KeyIndex, Action: g.Action, End: g.End, Records: packed(g, p.Records),
	}
	for _, d := range p.Delegations {
		held.Above = append(held.Above, Above{d.GetDocument(), d.GetSalt()})
	}
	return held, true
}

// knows reports whether a grant is held, or the same was offered. Another document
// under the same id may be somebody else's doing: the ledger knows one of them.
func knows(r book.Reader, h Held) (bool, error) {
	known, err := holds(r, h.Grant)
	if known || err != nil {
		return known, err
	}
	offers, err := book.Rows(offeredRows.All(r))
	return slices.ContainsFunc(offers, func(row book.Row[Offered]) bool {
		o := row.Value
		return o.Grant == h.Grant && string(o.Document) == string(h.Document) && string(o.Salt) == string(h.Salt)
	}), err
}

func holds(r book.Reader, grant stele.ID) (bool, error) {
	held, err := book.Rows(heldRows.Find(r, heldByGrant, string(grant[:])))
	return len(held) > 0, err
}

// takeOffers asks the ledger about what was offered, and keeps what it knows. A grant
// that was given a moment ago may be new to the nodes that are asked: those are asked
// again for a moment. It returns what is held now that was not.
func (s *Session) takeOffers(ctx context.Context) (fresh []Held, err error) {
	_ = members.Retry(ctx, members.Lag/8, members.Lag, func() (unknown bool) {
		var taken []Held
		taken, unknown, err = s.askOffers(ctx)
		fresh = append(fresh, taken...)
		return err == nil && unknown
	}) // whoever stops waiting has what is known so far
	if err != nil {
		return fresh, err
	}
	return fresh, s.learned.Change(func(c *book.Change) error {
		if err := offeredRows.RemoveWhere(c, s.late); err != nil {
			return err
		}
		offers, err := book.Rows(offeredRows.All(c))
		if err != nil || len(offers) <= maxOffered {
			return err
		}
		return offeredRows.RemoveSome(c, offers[:len(offers)-maxOffered], func(Offered) bool { return true })
	})
}

// late reports whether an offer waits no longer.
func (s *Session) late(o Offered) bool {
	return s.Clock().Sub(o.Came) > offeredFor || !o.End.After(s.Clock())
}

// askOffers asks once. unknown says that there was one, new here, which the ledger
// does not know.
func (s *Session) askOffers(ctx context.Context) (taken []Held, unknown bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, OffersTimeout)
	defer cancel()
	offers, err := book.Values(offeredRows.All(s.learned))
	if err != nil || len(offers) == 0 {
		return nil, false, err
	}
	status, errs := make([]stele.GrantStatus, len(offers)), make([]error, len(offers))
	work := new(errgroup.Group)
	work.SetLimit(MaxAsked)
	for i := range offers {
		work.Go(func() error {
			status[i], errs[i] = s.grantStatus(ctx, offers[i].Held)
			return nil
		})
	}
	_ = work.Wait()
	for i, err := range errs {
		unknown = unknown || s.Clock().Sub(offers[i].Came) < members.Lag && stele.KindOf(err) == stele.KindNotFound
	}
	err = s.learned.Change(func(c *book.Change) error {
		taken = nil
		for i, o := range offers {
			if held, err := holds(c, o.Grant); held || err != nil || errs[i] != nil {
				if err != nil {
					return err
				}
				continue
			}
			o.Over = status[i] == stele.GrantRevoked || status[i] == stele.GrantEnded
			o.Told = o.Over
			o.Stands = overAs(status[i])
			taken = append(taken, o.Held)
			if err := heldRows.Add(c, o.Held); err != nil {
				return err
			}
		}
		return dropOffers(c)
	})
	return taken, unknown, err
}

// dropOffers forgets the offers of grants that are held.
func dropOffers(c *book.Change) error {
	var wrong error
	err := offeredRows.RemoveWhere(c, func(o Offered) bool {
		held, err := holds(c, o.Grant)
		wrong = errors.Join(wrong, err)
		return held
	})
	return errors.Join(wrong, err)
}

// AskAboutOffers asks the ledger about what was offered before it is said that there is no
// grant.
func (s *Session) AskAboutOffers(ctx context.Context) error {
	if n, err := offeredRows.Count(s.learned); n == 0 || err != nil {
		return err
	}
	if err := s.giving.enter(ctx); err != nil {
		return err
	}
	defer s.giving.leave()
	_, err := s.takeOffers(ctx)
	return err
}
