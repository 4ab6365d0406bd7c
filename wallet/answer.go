package wallet

import (
	"context"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wire"
)

// FindRequest returns a request that waits for an answer, by the beginning of its id. It fails
// with KindNotFound, and with KindUsage where two begin so.
func (w *Wallet) FindRequest(prefix string, now time.Time) (found Request, err error) {
	const op = "find request"
	all, err := book.Values(requestRows.All(w.learned))
	if err != nil {
		return found, err
	}
	all = slices.DeleteFunc(all, func(r Request) bool { return !r.Waits(now) || !startsWith(r.ID, prefix) })
	switch {
	case len(all) == 0:
		return found, stele.E(op, stele.KindNotFound, "no such request waits for an answer", nil).WithHint("stele wallet requests lists them")
	case len(all) > 1:
		return found, stele.E(op, stele.KindUsage, "more than one request begins so", nil).WithHint("give more of it; stele wallet requests lists them")
	}
	return all[0], nil
}

func startsWith(id stele.ID, prefix string) bool {
	text := id.String()
	return prefix != "" && len(prefix) <= len(text) && text[:len(prefix)] == prefix
}

// Refuse says no to a request: nobody is told, and the same is not asked again for NotAgain.
func (s *Session) Refuse(r Request) error { return s.answered(r.ID, stele.ID{}) }

// DraftAnswer drafts the grant of what a request asks for, or of part of it: t is for reading, for the request's
// purpose, and within what it asks for; what is more fails with KindUsage. For somebody for whom the owner acts it
// is by a delegation that lets them answer and give (DelegationToGive), and fails with KindDenied where none does.
func (s *Session) DraftAnswer(ctx context.Context, r Request, t Terms) (Draft, error) {
	if err := r.Covers(t, s.Clock()); err != nil {
		return Draft{}, err
	}
	d, err := s.draftAnswer(ctx, r, t)
	if err != nil {
		return Draft{}, err
	}
	d.answers = &r
	return d, nil
}

func (s *Session) draftAnswer(ctx context.Context, r Request, t Terms) (Draft, error) {
	to, err := s.Find(ctx, r.From.String())
	if err != nil {
		return Draft{}, err
	}
	if r.For.IsZero() {
		return s.Draft(ctx, to, t)
	}
	under, err := s.DelegationToGive(r.For, t, consent.ActAnswer)
	if err != nil {
		return Draft{}, err
	}
	return s.DraftFor(ctx, under, to, t)
}

// Answer gives what a request asks for, or part of it: a grant to the key that came with it. It fails as DraftAnswer
// does, with KindProof for a key that another grant has, and else as [Session.Give] does; it may be repeated.
func (s *Session) Answer(ctx context.Context, r Request, t Terms) (Given, stele.Outcome, error) {
	d, err := s.DraftAnswer(ctx, r, t)
	if err != nil {
		return Given{}, stele.Outcome{}, err
	}
	return s.GiveDraft(ctx, d)
}

func (s *Session) answer(ctx context.Context, r Request, d Draft) (Given, stele.Outcome, error) {
	answer := s.answerOwn
	if d.Under != nil {
		answer = s.answerFor
	}
	given, outcome, err := answer(ctx, r, d)
	if err != nil {
		return Given{}, outcome, err
	}
	if err := s.answered(r.ID, given.Grant); err != nil {
		return given, outcome, err
	}
	return given, outcome, s.deliverGrants(ctx, &given)
}

func (s *Session) answerOwn(ctx context.Context, r Request, d Draft) (Given, stele.Outcome, error) {
	earlier, outcome, err := s.givenBefore(ctx, d.to, d.terms)
	if err != nil || earlier != nil {
		return orNone(earlier), outcome, err
	}
	key, err := s.freshKey(r)
	if err != nil {
		return Given{}, stele.Outcome{}, err
	}
	return s.giveBy(ctx, d, key, r.KeyIndex)
}

func (s *Session) answerFor(ctx context.Context, r Request, d Draft) (Given, stele.Outcome, error) {
	settled, err := s.settleAll(ctx)
	if err != nil {
		return Given{}, stele.Outcome{}, err
	}
	given, outcome, err := s.answeredBefore(r, settled)
	if err != nil || !given.Grant.IsZero() {
		return given, outcome, err
	}
	key, err := s.freshKey(r)
	if err != nil {
		return Given{}, stele.Outcome{}, err
	}
	return s.giveForBy(ctx, d, key, r.KeyIndex)
}

// answeredBefore finds the grant that answered a request already, of which only now is known that
// it was given; none is no error.
func (s *Session) answeredBefore(r Request, settled []Settled) (Given, stele.Outcome, error) {
	had, err := book.Values(givenRows.Find(s.learned, givenByKey, keyOf(r.From, r.KeyIndex)))
	for _, g := range had {
		for _, done := range settled {
			if done.Kind == SentGrant && done.Object == g.Grant && done.Happened && g.For == r.For {
				return g, done.Outcome, err
			}
		}
	}
	return Given{}, stele.Outcome{}, err
}

// freshKey is the key that came with a request. It fails with KindProof where a grant has it.
func (s *Session) freshKey(r Request) (*wire.PublicKey, error) {
	had, err := book.Values(givenRows.Find(s.learned, givenByKey, keyOf(r.From, r.KeyIndex)))
	if err != nil {
		return nil, err
	}
	if len(had) > 0 {
		return nil, stele.E("answer request", stele.KindProof, "the request names a key that another grant has: both would show whose they are", nil).
			WithHint("give what you want to give with: stele wallet grant")
	}
	key := new(wire.PublicKey)
	return key, wire.Decode(r.Key, key)
}

// Covers fails with KindUsage for terms that go beyond a request.
func (r Request) Covers(t Terms, now time.Time) error {
	asked := r.Terms
	whole := slices.Contains(asked.Categories, consent.AllCategories)
	category := func(c stele.Category) bool { return whole || slices.Contains(asked.Categories, c) }
	sensitivity := func(v stele.Sensitivity) bool { return slices.Contains(asked.Sensitivity, v) }
	if t.Action != stele.ActionRead || len(t.Categories) == 0 || !all(t.Categories, category) || !all(t.Sensitivity, sensitivity) ||
		len(t.Purposes) != 1 || t.Purposes[0] != asked.Purpose || t.End.Sub(now) > asked.For+2*time.Minute {
		return stele.E("answer request", stele.KindUsage, "that is more than was asked for", nil).
			WithHint("give what was asked, or less; stele wallet grant gives what nobody asked for")
	}
	return nil
}

// answered keeps the answer to a request.
func (s *Session) answered(id, grant stele.ID) error {
	return s.learned.Change(func(c *book.Change) error {
		rows, err := book.Rows(requestRows.All(c))
		if err != nil {
			return err
		}
		return requestRows.PutSome(c, rows, func(r *Request) bool {
			if r.ID != id {
				return false
			}
			r.Answered, r.Grant = s.Clock().UTC(), grant
			return true
		})
	})
}
