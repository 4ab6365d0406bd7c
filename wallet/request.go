package wallet

import (
	"context"
	"encoding/binary"
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
	Terms AskTerms      `json:"terms"`
	At    time.Time     `json:"at"`
}

// Ask asks a patient for access: who asks is the owner's card. Where the owner asked her for the
// same within NotAgain, that request is returned, and again is true: nothing is sent. It fails
// with KindUsage for terms that nobody could answer or a wallet without a card, with KindNotFound
// for who is not on the ledger, and with what the last member said where none took it.
func (s *Session) Ask(ctx context.Context, to stele.Subject, t AskTerms) (made Asking, again bool, err error) {
	if err := t.check(); err != nil {
		return made, false, err
	}
	card, _, err := s.Card()
	if err != nil {
		return made, false, err
	}
	if made, again, err = s.askedBefore(to, t); again || err != nil {
		return made, again, err
	}
	devices, err := s.Keys(ctx, to)
	if err != nil {
		return made, false, err
	}
	made = Asking{ID: stele.NewID(), To: to, Terms: t, At: s.Clock().UTC()}
	var index uint32
	if err := s.update(func(state *State) error { // before it is out: no key is used twice
		index, state.Published = state.Published, state.Published+1
		return nil
	}); err != nil {
		return made, false, err
	}
	sealed, err := s.sealRequest(devices, to, &wire.AccessRequest{
		Request: made.ID[:], Key: s.Keyring().OneTime(index).Public(), KeyIndex: index, Categories: texts(t.Categories), Sensitivity: texts(t.Sensitivity),
		Purpose: string(t.Purpose), ForS: int64(t.For / time.Second), Reason: t.Reason,
	})
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
func (s *Session) askedBefore(to stele.Subject, t AskTerms) (found Asking, again bool, err error) {
	err = s.learned.Change(func(c *book.Change) error {
		rows, err := book.Rows(askedRows.All(c))
		if err != nil {
			return err
		}
		_, err = askedRows.RemoveSome(c, rows, func(a Asking) bool {
			old := s.Clock().Sub(a.At) >= NotAgain
			if !old && a.To == to && a.Terms.same(t) {
				found, again = a, true
			}
			return old
		})
		return err
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

// Request is what somebody asks the owner for.
type Request struct {
	ID       stele.ID      `json:"id"`
	From     stele.Subject `json:"from"`
	Who      string        `json:"who"`         // by the card that was checked when it came: name, and organisation
	Of       stele.Subject `json:"of,omitzero"` // the organisation; zero: none
	Terms    AskTerms      `json:"terms"`
	Made     time.Time     `json:"made"`
	Key      []byte        `json:"key"` // wire.PublicKey
	KeyIndex uint32        `json:"key_index"`

	Answered time.Time `json:"answered,omitzero"`
	Grant    stele.ID  `json:"grant,omitzero"` // that was given; zero: none
}

// Waits reports whether a request may be answered.
func (r Request) Waits(now time.Time) bool {
	return r.Answered.IsZero() && now.Sub(r.Made) < requestGood
}

// Requests fetches what the owner is asked for, and returns all that is known, oldest first. Who
// asks is proved by a checked card; a second request of one asker for the same, while the first
// waits or within NotAgain of a no, is dropped. silent are members that did not answer: they may
// hold more. It fails with KindUnreachable when none did.
func (s *Session) Requests(ctx context.Context) (all []Request, silent []string, err error) {
	if err := s.giving.enter(ctx); err != nil {
		return nil, nil, err
	}
	defer s.giving.leave()
	left, numbers, silent, err := s.fetchAsked(ctx)
	if err != nil {
		return nil, silent, err
	}
	err = s.change(func(c *book.Change, state *State) error {
		asked := map[stele.Subject]uint64{}
		for m, n := range state.Asked {
			asked[m] = n
		}
		for m, n := range numbers {
			asked[m] = n
		}
		state.Asked = asked
		all, err = s.keepRequests(c, left)
		return err
	})
	return all, silent, err
}

// keepRequests adds those that are new to the book, and returns all.
func (s *Session) keepRequests(c *book.Change, left []Request) ([]Request, error) {
	rows, err := book.Rows(requestRows.All(c))
	if err != nil {
		return nil, err
	}
	now := s.Clock()
	if _, err := requestRows.RemoveSome(c, rows, func(r Request) bool { return now.Sub(r.Made) > keptRequests }); err != nil {
		return nil, err
	}
	known, err := book.Values(requestRows.All(c))
	if err != nil {
		return nil, err
	}
	for _, r := range left {
		if len(known) >= maxRequests || nagging(known, r, now) || crowded(known, r) {
			continue
		}
		if err := requestRows.Add(c, r); err != nil {
			return nil, err
		}
		known = append(known, r)
	}
	return known, nil
}

// nagging reports whether a request is one that is known, or asks again for what the same asker
// asked for, or is one too many of them.
func nagging(known []Request, r Request, now time.Time) bool {
	waiting := 0
	for _, k := range known {
		if k.ID == r.ID {
			return true
		}
		if k.From != r.From {
			continue
		}
		refused := !k.Answered.IsZero() && k.Grant == stele.ID{} && now.Sub(k.Answered) < NotAgain
		if k.Terms.same(r.Terms) && (k.Waits(now) || refused) {
			return true
		}
		if k.Waits(now) {
			waiting++
		}
	}
	return waiting >= maxRequestsOf
}

// crowded reports whether as many of the same organisation's people are kept as may be.
func crowded(known []Request, r Request) bool {
	n := 0
	for _, k := range known {
		if k.Of == r.Of {
			n++
		}
	}
	return n >= maxRequestsCrowd
}

// fetchAsked asks all members for what was left with the owner since the last time, and returns
// what holds together. What can't be checked now is fetched again.
func (s *Session) fetchAsked(ctx context.Context) (good []Request, numbers map[stele.Subject]uint64, silent []string, err error) {
	if err := s.Current(ctx); err != nil {
		return nil, nil, nil, err
	}
	numbers = map[stele.Subject]uint64{}
	since := s.State().Asked
	answered := 0
	for r := range members.All(ctx, s.Network, func(ctx context.Context, m members.Member) (*wire.AskedResponse, error) {
		return m.Directory.Asked(ctx, &wire.AskedRequest{Request: s.OwnRequest(m.Subject, since[m.Subject])})
	}) {
		if r.Err != nil {
			silent, err = append(silent, r.Member.Name), r.Err
			continue
		}
		answered++
		asked := r.Answer.GetAsked()
		found, open := s.readAsked(ctx, asked[:min(len(asked), maxRequests)])
		good = append(good, found...)
		for i, a := range asked {
			if i < len(open) && open[i] {
				break
			}
			numbers[r.Member.Subject] = a.Number
		}
	}
	if answered == 0 && err != nil {
		return nil, nil, silent, stele.E("read requests", stele.KindUnreachable, "no member answered", err).
			WithHint("check that the network is running: stele ledger status")
	}
	slices.SortStableFunc(good, func(a, b Request) int { return a.Made.Compare(b.Made) })
	return good, numbers, silent, nil
}

// readAsked checks what one member has; open says which could not be checked now.
func (s *Session) readAsked(ctx context.Context, asked []*wire.Asked) (good []Request, open []bool) {
	ctx, cancel := context.WithTimeout(ctx, CardsTimeout)
	defer cancel()
	read, open := make([]*Request, len(asked)), make([]bool, len(asked))
	work := new(errgroup.Group)
	work.SetLimit(cardsAtOnce)
	for i, a := range asked {
		work.Go(func() error {
			r, err := s.readAsk(ctx, a.GetAsk())
			if read[i] = r; err != nil {
				open[i] = members.Transient(err)
			}
			return nil
		})
	}
	_ = work.Wait()
	for _, r := range read {
		if r != nil {
			good = append(good, *r)
		}
	}
	return good, open
}

// readAsk checks one request: a good card, its holder's signature over the post, and that the
// post is for the owner and opens as this asker's.
func (s *Session) readAsk(ctx context.Context, ask *wire.AskRequest) (*Request, error) {
	card, holder, err := s.checkCard(ctx, ask.GetCard(), members.Lag)
	if err != nil {
		return nil, err
	}
	from, me := stele.Subject(card.Subject), s.Subject()
	post, err := readPost(ask.GetPost(), s.Consortium().Chain, me, from, holder)
	if err != nil {
		return nil, err
	}
	at := time.UnixMilli(post.AtMs).UTC()
	if age := s.Clock().Sub(at); age < -wrongClock || age > requestGood {
		return nil, notWhatItSays()
	}
	for _, envelope := range post.Sealed {
		plain, err := s.Keyring().SealKey().Open(seal.TagRequest, requestContext(me, from), envelope)
		if err != nil {
			continue // another device's
		}
		r, err := parseRequest(plain)
		if err != nil {
			return nil, err
		}
		r.From, r.Made, r.Who = from, at, s.Describe(Contact{Card: card})
		r.Of, _ = stele.SubjectFrom(card.Organisation)
		return r, nil
	}
	return nil, notWhatItSays()
}

func notWhatItSays() error {
	return stele.E("read request", stele.KindDenied, "the request is not what it says", nil)
}

// readPost reads a post to somebody that one of its sender's keys signed.
func readPost(signed *wire.Signed, chain string, to, from stele.Subject, holder []stele.PublicKey) (*wire.AccessPost, error) {
	post := new(wire.AccessPost)
	signers, err := wire.Open(wire.TagAsk, signed, post)
	if err != nil {
		return nil, err
	}
	if post.Chain != chain || string(post.To) != string(to[:]) || string(post.From) != string(from[:]) || len(signers) != 1 || !slices.Contains(holder, signers[0]) {
		return nil, notWhatItSays()
	}
	return post, nil
}

// parseRequest reads what was sealed.
func parseRequest(plain []byte) (*Request, error) {
	wrong := stele.E("read request", stele.KindInvalid, "the request is malformed", nil)
	if len(plain) != stele.RequestSize {
		return nil, wrong
	}
	n := 2 + int(binary.BigEndian.Uint16(plain))
	if n > len(plain) || slices.ContainsFunc(plain[n:], func(b byte) bool { return b != 0 }) {
		return nil, wrong
	}
	var m wire.AccessRequest
	if err := wire.Decode(plain[2:n], &m); err != nil {
		return nil, err
	}
	id, err := stele.IDFrom(m.Request)
	if err != nil || wire.ValidKey(m.Key) != nil || m.ForS > int64(longestAsked/time.Second) {
		return nil, wrong
	}
	t := AskTerms{Purpose: stele.Purpose(m.Purpose), For: time.Duration(m.ForS) * time.Second, Reason: m.Reason}
	for _, c := range m.Categories {
		t.Categories = append(t.Categories, stele.Category(c))
	}
	for _, v := range m.Sensitivity {
		t.Sensitivity = append(t.Sensitivity, stele.Sensitivity(v))
	}
	return &Request{ID: id, Terms: t, Key: wire.Marshal(m.Key), KeyIndex: m.KeyIndex}, t.check()
}
