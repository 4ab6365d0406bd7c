package wallet

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
	"github.com/stele-health/stele/links"
)

var million = flag.Int("links", 0, "make a wallet with so many links and grants, and measure it: 1000000 is what is promised")

// TestAWalletOfAMillionLinksAndGrants opens in a second, finds in a millisecond and changes
// in five: the median of many, and of opening the worst of a few.
func TestAWalletOfAMillionLinksAndGrants(t *testing.T) {
	n := *million
	if n == 0 {
		t.Skip("with -links 1000000")
	}
	w := emptyWallet(t)
	s := NewSession(w, nil, nil)
	dice, end := rand.New(rand.NewPCG(1, 2)), time.Now().AddDate(1, 0, 0)
	who := func(i int) stele.Subject { return stele.Subject{1, byte(i), byte(i >> 8), byte(i >> 16)} }
	start := time.Now()
	linked, held := make([]links.Link, n), make([]Held, n)
	for i := range n {
		linked[i] = links.Link{Number: fmt.Sprint("MRN", i), Name: surname(i/7) + ", " + surname(i%500), Born: "1961-03-02", Sex: "female", Subject: who(i), Firm: true, Made: end}
		held[i] = Held{Grant: stele.ID{2, byte(i), byte(i >> 8), byte(i >> 16)}, Subject: who(i), Says: "may write until next year", Document: make([]byte, 700), Salt: make([]byte, 32), Action: stele.ActionWrite, End: end}
	}
	check(t, links.Fill(w.learned, links.Contents{Links: linked}))
	check(t, heldRows.Fill(w.learned, held))
	linked, held = nil, nil
	t.Logf("made in %v", time.Since(start).Round(time.Second))

	var worst time.Duration
	for range 3 {
		took := booktest.Took(func() { check(t, w.Reopen()) })
		worst = max(worst, took)
	}
	booktest.Within(t, "open, the slowest of three", worst, time.Second)
	any := func(f func(i int)) func() { return func() { f(dice.IntN(n)) } }
	booktest.Median(t, "find by number", 200, time.Millisecond, any(func(i int) { atLeast[links.Link](t, 1)(s.Links().Near(fmt.Sprint("MRN", i))) }))
	booktest.Median(t, "find by a number that is nearly it", 200, time.Millisecond, any(func(i int) { atLeast[links.Link](t, 1)(s.Links().Near(fmt.Sprint("mrn-", i))) }))
	booktest.Median(t, "find by person", 200, time.Millisecond, any(func(i int) { atLeast[links.Link](t, 1)(s.Links().Of(who(i))) }))
	booktest.Median(t, "find by number, as a command does", 200, time.Millisecond, any(func(i int) { atLeast[links.Link](t, 1)(s.Links().Find(fmt.Sprint("MRN", i))) }))
	booktest.Median(t, "find a name that few have", 200, time.Millisecond, any(func(i int) { atLeast[links.Link](t, 1)(s.Links().Find(surname(i/7) + " " + surname(i%500))) }))
	booktest.Median(t, "find the grant to write", 200, time.Millisecond, any(func(i int) {
		_, err := s.HeldWriteGrant(who(i))
		check(t, err)
	}))
	next := n
	booktest.Median(t, "change: a link", 200, 5*time.Millisecond, func() {
		next++
		check(t, s.Links().Link([]links.Link{{Number: fmt.Sprint("MRN", next), Name: surname(next) + ", Ana", Subject: who(next)}}, links.Confirmed{Same: true}))
	})
	booktest.Median(t, "change: a number moves", 200, 5*time.Millisecond, any(func(i int) {
		check(t, s.Links().Link([]links.Link{{Number: fmt.Sprint("MRN", i), Name: "Moved, Ana", Subject: who(next)}}, links.Confirmed{Same: true, Move: true, Reason: "typed wrong"}))
	}))
	booktest.Median(t, "change: a grant is held", 200, 5*time.Millisecond, any(func(i int) {
		check(t, s.learned.Change(func(c *book.Change) error {
			return heldRows.Add(c, Held{Grant: stele.NewID(), Subject: who(i), Action: stele.ActionRead, End: end, Document: make([]byte, 700)})
		}))
	}))
	booktest.Median(t, "change: a grant is over", 200, 5*time.Millisecond, any(func(i int) { check(t, s.MarkOver(stele.ID{2, byte(i), byte(i >> 8), byte(i >> 16)})) }))
	booktest.Median(t, "change: how far the log was read", 200, 5*time.Millisecond, func() {
		check(t, s.update(func(s *State) error { s.Head.Size++; return nil }))
	})
	took := booktest.Took(func() { check(t, s.forgetEnded()) })
	t.Logf("%-48s %v", "forget what ended, the first time", took)
	took = booktest.Took(func() {
		all, err := s.Links().Find("")
		check(t, err)
		if len(all) < n {
			t.Errorf("%d links", len(all))
		}
	})
	t.Logf("%-48s %v", "read all links, which nothing does", took)
}

// surname is one of many that sound like one.
func surname(i int) (name string) {
	for ; i > 0 || name == ""; i /= 60 {
		name += string("bdfghklmnprt"[i%12]) + string("aeiou"[i/12%5])
	}
	return name
}

func atLeast[T any](t *testing.T, least int) func([]T, error) {
	return func(found []T, err error) {
		t.Helper()
		check(t, err)
		if len(found) < least {
			t.Fatalf("%d are found", len(found))
		}
	}
}
