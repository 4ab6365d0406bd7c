package wallet

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
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
	// askedAtOnce is how many offers the ledger is asked about at a time.
	askedAtOnce = 16
	// offersTake is how long all of them may take; those that are left wait.
	offersTake = 20 * time.Second
)

// Offered is what looks like a grant to the owner, of which the ledger has not said
// yet that it is one.
type Offered struct {
	Held
	Came time.Time `json:"came"`
}

// Collect fetches the grants that were delivered to the owner and keeps those
// that hold together and that the ledger knows: a document for a key of ours that
// the patient committed to. It returns how many were new; they are the last of
// State.Held.
//
// It also puts out what is due: grants given whose delivery failed, and fresh
// one-time keys when few are left. It fails with KindUnreachable when no member
// answered.
func (s *Session) Collect(ctx context.Context) (int, error) {
	answered := 0
	var last error
	s.forgetEnded()
	for _, m := range s.Network.Members {
		attempt, cancel := context.WithTimeout(ctx, silence)
		response, err := m.Directory.Collect(attempt, &wire.CollectRequest{Request: s.own(m.Subject, s.State.Collected[m.Subject])})
		cancel()
		if err != nil {
			last = err
			continue // one that is down: its post waits
		}
		answered++
		for _, d := range response.Deliveries {
			if held, ok := s.unpack(d.Sealed); ok && !s.knows(held) {
				s.State.Offered = append(s.State.Offered, Offered{held, s.Clock().UTC()})
			}
			if s.State.Collected == nil {
				s.State.Collected = map[stele.Subject]uint64{}
			}
			// Not the greatest of all times: a directory that was put back from a
			// backup goes on from an earlier number.
			s.State.Collected[m.Subject] = d.Number
		}
	}
	switch {
	case answered == 0 && last != nil && !transient(last): // all refuse: it is the request, as when this device's clock is wrong
		return 0, last
	case answered == 0:
		return 0, stele.E("collect", stele.KindUnreachable, "no member answered", last).
			WithHint("check that the network is running: stele ledger status")
	}
	fresh := s.takeOffers(ctx) + s.revive(ctx)
	if err := s.Save(); err != nil {
		return fresh, err
	}
	if _, err := s.SettleSent(ctx); err != nil && !transient(err) {
		return fresh, err
	}
	return fresh, errors.Join(s.replenish(ctx), s.deliverGrants(ctx, nil))
}

// unpack opens a delivery. What does not hold together is dropped.
func (s *Session) unpack(sealed []byte) (Held, bool) {
	me := s.Subject()
	raw, err := s.SealKey().Open(seal.TagDocument, me[:], sealed)
	if err != nil {
		return Held{}, false
	}
	var p wire.GrantPackage
	if wire.Decode(raw, &p) != nil || len(p.Salt) != seal.SaltLen {
		return Held{}, false
	}
	g, err := consent.Parse(p.Document)
	if err != nil || string(p.Grant) != string(g.ID[:]) || string(p.Subject) != string(g.Patient.Subject[:]) ||
		g.Grantee != wire.Key(s.OneTime(p.KeyIndex).Public()) {
		return Held{}, false
	}
	return Held{
		Grant: g.ID, Subject: g.Patient.Subject, Says: consent.Say(g, g.Language), Document: p.Document, Salt: p.Salt,
		KeyIndex: p.KeyIndex, Action: g.Action, End: g.End,
	}, true
}

// knows reports whether a grant is held, or the same was offered. Another document
// under the same id may be somebody else's doing: the ledger knows one of them.
func (s *Session) knows(h Held) bool {
	return s.holds(h.Grant) || slices.ContainsFunc(s.State.Offered, func(o Offered) bool {
		return o.Grant == h.Grant && string(o.Document) == string(h.Document) && string(o.Salt) == string(h.Salt)
	})
}

func (s *Session) holds(grant stele.ID) bool {
	return slices.ContainsFunc(s.State.Held, func(h Held) bool { return h.Grant == grant })
}

// takeOffers asks the ledger about what was offered, and keeps what it knows. A grant
// that was given a moment ago may be new to the nodes that are asked: those are asked
// again for a moment. It returns how many are held now that were not.
func (s *Session) takeOffers(ctx context.Context) (fresh int) {
	deadline := s.Clock().Add(lag)
	for wait := lag / 8; ; wait *= 2 {
		taken, unknown := s.askOffers(ctx)
		fresh += taken
		if !unknown || s.Clock().Add(wait).After(deadline) {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	s.State.Offered = slices.DeleteFunc(s.State.Offered, func(o Offered) bool { return s.Clock().Sub(o.Came) > offeredFor || !o.End.After(s.Clock()) })
	if more := len(s.State.Offered) - maxOffered; more > 0 {
		s.State.Offered = slices.Delete(s.State.Offered, 0, more)
	}
	return fresh
}

// askOffers asks once. unknown says that there was one, new here, which the ledger
// does not know.
func (s *Session) askOffers(ctx context.Context) (taken int, unknown bool) {
	ctx, cancel := context.WithTimeout(ctx, offersTake)
	defer cancel()
	offers := s.State.Offered
	status, errs := make([]stele.GrantStatus, len(offers)), make([]error, len(offers))
	work := new(errgroup.Group)
	work.SetLimit(askedAtOnce)
	for i := range offers {
		work.Go(func() error {
			status[i], errs[i] = s.grantStatus(ctx, offers[i].Held)
			return nil
		})
	}
	_ = work.Wait()
	var left []Offered
	for i, o := range offers {
		switch {
		case errs[i] == nil && !s.holds(o.Grant):
			o.Over = status[i] == stele.GrantRevoked || status[i] == stele.GrantEnded
			o.Told = o.Over
			s.State.Held = append(s.State.Held, o.Held)
			taken++
		case errs[i] == nil:
		default:
			unknown = unknown || s.Clock().Sub(o.Came) < lag && stele.KindOf(errs[i]) == stele.KindNotFound
			left = append(left, o)
		}
	}
	s.State.Offered = slices.DeleteFunc(left, func(o Offered) bool { return s.holds(o.Grant) })
	return taken, unknown
}

// revive asks the ledger where those grants stand under which it was said to refuse: who
// said so may have been behind. Those that hold are held again; it returns how many. Of the
// others it is not asked again.
func (s *Session) revive(ctx context.Context) (held int) {
	ctx, cancel := context.WithTimeout(ctx, offersTake)
	defer cancel()
	var mu sync.Mutex
	work := new(errgroup.Group)
	work.SetLimit(askedAtOnce)
	for i := range s.State.Held {
		h := &s.State.Held[i]
		if !h.Over || h.Told || !h.End.After(s.Clock()) {
			continue
		}
		work.Go(func() error {
			status, err := s.grantStatus(ctx, *h)
			if err != nil {
				return nil // asked again next time
			}
			mu.Lock()
			defer mu.Unlock()
			if status == stele.GrantActive {
				h.Over, held = false, held+1
			} else {
				h.Told = true
			}
			return nil
		})
	}
	_ = work.Wait()
	return held
}

// grantStatus asks the ledger where a grant stands that is as this one says.
func (s *Session) grantStatus(ctx context.Context, h Held) (stele.GrantStatus, error) {
	g := stele.Grant{
		ID: h.Grant, Subject: h.Subject, Action: h.Action, Grantee: wire.Key(s.OneTime(h.KeyIndex).Public()),
		Commitment: seal.Commit(seal.Salt(h.Salt), seal.TagGrant, h.Document),
	}
	question := func(ctx context.Context, m Member) (stele.GrantStatus, error) { return m.Ledger.Grant(ctx, g) }
	return agree(ctx, s.Network, s.founders(), s.voices(), "read grant", patience, question, func(status stele.GrantStatus, err error) string {
		if err != nil {
			return stele.KindOf(err).String()
		}
		return "it stands" // members a block apart may not agree where
	})
}

// offers asks the ledger about what was offered before it is said that there is no
// grant.
func (s *Session) offers(ctx context.Context) error {
	s.giving.Lock()
	defer s.giving.Unlock()
	if len(s.State.Offered) == 0 {
		return nil
	}
	if s.takeOffers(ctx) == 0 {
		return nil
	}
	return s.Save()
}

// forgetEnded forgets grants that have ended long ago.
func (s *Session) forgetEnded() {
	s.State.Held = slices.DeleteFunc(s.State.Held, func(h Held) bool { return s.Clock().Sub(h.End) > keptEnded })
}
