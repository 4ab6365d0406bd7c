package wallet

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Request is what somebody asks the owner for.
type Request struct {
	ID       stele.ID      `json:"id"`
	From     stele.Subject `json:"from"`
	Who      string        `json:"who"`          // by the card that was checked when it came: name, and organisation
	Of       stele.Subject `json:"of,omitzero"`  // the organisation; zero: none
	For      stele.Subject `json:"for,omitzero"` // whose chart, of somebody for whom the owner may act; zero: the owner's
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
	now := s.Clock()
	if err := requestRows.RemoveWhere(c, func(r Request) bool { return now.Sub(r.Made) > keptRequests }); err != nil {
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
		if k.For == r.For && k.Terms.same(r.Terms) && (k.Waits(now) || refused) {
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
		if r.For == me {
			r.For = stele.Subject{}
		}
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
	r := &Request{ID: id, Terms: t, Key: wire.Marshal(m.Key), KeyIndex: m.KeyIndex}
	if len(m.Subject) > 0 {
		if r.For, err = stele.SubjectFrom(m.Subject); err != nil {
			return nil, wrong
		}
	}
	return r, t.check()
}
