package wallet

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// A request for access is post: nothing of it is on the ledger, and nothing comes back but the
// grant, where one is given. Who is told no is not told.

const (
	// NotAgain is how long after a request, or after a no to it, the same asker's request for
	// the same is no new one.
	NotAgain = 7 * 24 * time.Hour
	// keptRequests is how long a request is kept, answered or not.
	keptRequests = 90 * 24 * time.Hour
	// requestGood is how long a request may be answered.
	requestGood = 30 * 24 * time.Hour

	maxRequests      = 256 // kept
	maxRequestsOf    = 3   // of one asker, that wait for an answer
	maxRequestsCrowd = 32  // kept of one organisation's people, or of those of none: who issues cards may make up as many people as it likes
	longestAsked     = 10 * 366 * 24 * time.Hour
)

// AskTerms is what a request asks for.
type AskTerms struct {
	Purpose     stele.Purpose       `json:"purpose"`
	Categories  []stele.Category    `json:"categories"` // consent.AllCategories alone asks for all
	Sensitivity []stele.Sensitivity `json:"sensitivity,omitempty"`
	For         time.Duration       `json:"for"` // from the answer on; whole seconds
	Reason      string              `json:"reason"`
}

// check fails with KindUsage for what nobody could answer.
func (t AskTerms) check() error {
	const op = "ask for access"
	category := func(c stele.Category) bool { return c.Valid() || c == consent.AllCategories && len(t.Categories) == 1 }
	switch {
	case len(t.Categories) == 0 || !all(t.Categories, category):
		return stele.E(op, stele.KindUsage, "the request says for which part of the chart it is", nil).WithHint("stele words categories lists them")
	case !t.Purpose.Valid() || !all(t.Sensitivity, stele.Sensitivity.Valid):
		return stele.E(op, stele.KindUsage, "a purpose or a sensitivity is none", nil).WithHint("stele words purposes and stele words sensitivities list them")
	case t.For < time.Minute || t.For > longestAsked:
		return stele.E(op, stele.KindUsage, "access is asked for for a minute to ten years", nil)
	case t.Reason == "":
		return stele.E(op, stele.KindUsage, "the request says why", nil).WithHint("give it with --reason: the patient reads it")
	}
	return stele.CheckReason(t.Reason)
}

func all[T any](list []T, is func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !is(v) })
}

// same reports whether two requests ask for the same, for however long and why.
func (t AskTerms) same(o AskTerms) bool {
	return t.Purpose == o.Purpose && slices.Equal(sorted(t.Categories), sorted(o.Categories)) && slices.Equal(sorted(t.Sensitivity), sorted(o.Sensitivity))
}

func sorted[T ~string](list []T) []T { return slices.Compact(slices.Sorted(slices.Values(list))) }

// Asking is a request that the owner made.
type Asking struct {
	ID    stele.ID      `json:"id"`
	To    stele.Subject `json:"to"`
	Of    stele.Subject `json:"of,omitzero"` // whose chart, where somebody is asked who acts for a patient
	Terms AskTerms      `json:"terms"`
	At    time.Time     `json:"at"`
}

// Ask asks a patient for access: who asks is the owner's card. Where the owner asked her for the
// same within NotAgain, that request is returned, and again is true: nothing is sent. It fails
// with KindUsage for terms that nobody could answer or a wallet without a card, with KindNotFound
// for who is not on the ledger, and with what the last member said where none took it.
func (s *Session) Ask(ctx context.Context, to stele.Subject, t AskTerms) (made Asking, again bool, err error) {
	return s.AskDelegate(ctx, to, stele.Subject{}, t)
}

// AskDelegate is Ask of somebody who acts for a patient, for the patient's chart: it goes to the
// delegate alone.
func (s *Session) AskDelegate(ctx context.Context, to, of stele.Subject, t AskTerms) (made Asking, again bool, err error) {
	if of == to {
		of = stele.Subject{}
	}
	if err := t.check(); err != nil {
		return made, false, err
	}
	card, _, err := s.Card()
	if err != nil {
		return made, false, err
	}
	if made, again, err = s.askedBefore(to, of, t); again || err != nil {
		return made, again, err
	}
	devices, err := s.Keys(ctx, to)
	if err == nil && len(devices) == 0 {
		err = stele.E("ask for access", stele.KindNotFound, "nobody has claimed this chart: there is no device to ask", nil).
			WithHint("ask who acts for them: stele request PATIENT --to WHO")
	}
	if err != nil {
		return made, false, err
	}
	made = Asking{ID: stele.NewID(), To: to, Of: of, Terms: t, At: s.Clock().UTC()}
	var index uint32
	if err := s.update(func(state *State) error { // before it is out: no key is used twice
		index, state.Published = state.Published, state.Published+1
		return nil
	}); err != nil {
		return made, false, err
	}
	r := &wire.AccessRequest{
		Request: made.ID[:], Key: s.Keyring().OneTime(index).Public(), KeyIndex: index, Categories: texts(t.Categories), Sensitivity: texts(t.Sensitivity),
		Purpose: string(t.Purpose), ForS: int64(t.For / time.Second), Reason: t.Reason,
	}
	if !of.IsZero() {
		r.Subject = of[:]
	}
	sealed, err := s.sealRequest(devices, to, r)
	if err != nil {
		return made, false, err
	}
	if err := s.post(ctx, card, to, sealed); err != nil {
		return made, false, err
	}
	return made, false, s.learned.Change(func(c *book.Change) error { return askedRows.Add(c, made) })
}

func texts[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// askedBefore finds a request for the same that is not old, and forgets those that are.
func (s *Session) askedBefore(to, of stele.Subject, t AskTerms) (found Asking, again bool, err error) {
	err = s.learned.Change(func(c *book.Change) error {
		return askedRows.RemoveWhere(c, func(a Asking) bool {
			old := s.Clock().Sub(a.At) >= NotAgain
			if !old && a.To == to && a.Of == of && a.Terms.same(t) {
				found, again = a, true
			}
			return old
		})
	})
	return found, again, err
}

// requestContext is the context of the envelope around a request: whom it is to ‖ who asks.
// Somebody else can't send it on as their own.
func requestContext(to, from stele.Subject) []byte {
	return append(append([]byte(nil), to[:]...), from[:]...)
}

// sealRequest seals a request to each of a patient's devices.
func (s *Session) sealRequest(devices []*wire.Device, to stele.Subject, r *wire.AccessRequest) (sealed [][]byte, err error) {
	const op = "ask for access"
	body := wire.Marshal(r)
	if len(body) > stele.RequestSize-2 {
		return nil, stele.E(op, stele.KindUsage, "the request is too long", nil).WithHint("give a shorter reason")
	}
	padded := make([]byte, stele.RequestSize)
	binary.BigEndian.PutUint16(padded, uint16(len(body)))
	copy(padded[2:], body)
	for _, d := range devices {
		envelope, err := seal.SealTo(d.SealKey, seal.TagRequest, requestContext(to, s.Subject()), padded)
		if err != nil {
			return nil, err
		}
		sealed = append(sealed, envelope)
	}
	return sealed, nil
}

// post leaves a request at so many members that one of them is honest, the own one first; one
// that took it is enough.
func (s *Session) post(ctx context.Context, card *wire.Signed, to stele.Subject, sealed [][]byte) (last error) {
	from, took := s.Subject(), 0
	all := slices.Clone(s.Network.InTurn())
	slices.SortStableFunc(all, func(a, b members.Member) int { return rank(a, s.State().Home) - rank(b, s.State().Home) })
	for _, m := range all {
		attempt, cancel := context.WithTimeout(ctx, members.Silence)
		_, err := m.Directory.Ask(attempt, &wire.AskRequest{Card: card, Post: wire.Sign(wire.TagAsk, &wire.AccessPost{
			Chain: s.Consortium().Chain, Audience: m.Subject[:], To: to[:], From: from[:], Sealed: sealed, AtMs: s.Clock().UnixMilli(),
		}, s.Keyring().Signer())})
		cancel()
		if err != nil {
			last = err
			continue
		}
		if took++; took >= s.Quorum() {
			return nil
		}
	}
	if took > 0 {
		return nil
	}
	return last
}

func rank(m members.Member, home stele.Subject) int {
	if m.Subject == home {
		return 0
	}
	return 1
}
