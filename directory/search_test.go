package directory

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// crowd lists as many people of one issuer, each of whom a search for "d" finds.
func (p *place) crowd(n int) {
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h, h.oneTime(0, 20)...)
	one := p.cards[h.subject]
	p.order = nil
	for i := range n {
		c := one
		c.subject = stele.SubjectOf(fmt.Append(nil, i))
		c.name = fmt.Sprint("Dr Somebody Else ", i)
		c.words = stele.Fold(c.name) + " practitioner doctor hospital " + c.subject.String()
		p.show(c)
	}
}

// TestR44SearchesKeepNoKeyAway: whoever searches for "d" in a directory of a whole
// country, again and again, keeps nobody from a key or from their own search. Each
// search sorted everybody, and all at once.
func TestR44SearchesKeepNoKeyAway(t *testing.T) {
	p := newPlace(t)
	p.crowd(50_000)
	doctor := stele.SubjectOf([]byte("Dr Amara Okafor"))
	ctx, stop := context.WithCancel(stele.WithCaller(context.Background(), stele.Caller{1}))
	defer stop()
	for range 200 {
		go func() {
			for ctx.Err() == nil {
				p.FindCards(ctx, &wire.FindCardsRequest{Query: "d"})
			}
		}()
	}
	time.Sleep(100 * time.Millisecond)
	const soon = 2 * time.Second
	for range 3 {
		start := time.Now()
		if _, err := p.TakeKey(context.Background(), &wire.TakeKeyRequest{Subject: doctor[:]}); err != nil || time.Since(start) > soon {
			t.Errorf("a key came after %v: %v", time.Since(start), err)
		}
		start = time.Now()
		quiet := stele.WithCaller(context.Background(), stele.Caller{2})
		if got, err := p.FindCards(quiet, &wire.FindCardsRequest{Query: "okafor"}); err != nil || len(got.Cards) != 1 || time.Since(start) > soon {
			t.Errorf("a search of somebody else's took %v: %v", time.Since(start), err)
		}
	}
}

// TestASearchThatIsLeftIsOver: who goes away while others search waits no more.
func TestASearchThatIsLeftIsOver(t *testing.T) {
	p := newPlace(t)
	for p.looks.Take(closed, stele.Caller{}) {
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.FindCards(ctx, &wire.FindCardsRequest{}); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("%v", err)
	}
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()
