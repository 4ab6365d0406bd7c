package wallet

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
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
		took := clock(func() { check(t, w.Reopen()) })
		worst = max(worst, took)
	}
	takesAtMost(t, "open, the slowest of three", worst, time.Second)
	any := func(f func(i int)) func() { return func() { f(dice.IntN(n)) } }
	median(t, "find by number", time.Millisecond, any(func(i int) { atLeast[links.Link](t, 1)(s.Links().Near(fmt.Sprint("MRN", i))) }))
	median(t, "find by a number that is nearly it", time.Millisecond, any(func(i int) { atLeast[links.Link](t, 1)(s.Links().Near(fmt.Sprint("mrn-", i))) }))
	median(t, "find by person", time.Millisecond, any(func(i int) { atLeast[links.Link](t, 1)(s.Links().Of(who(i))) }))
	median(t, "find by number, as a command does", time.Millisecond, any(func(i int) { atLeast[links.Link](t, 1)(s.Links().Find(fmt.Sprint("MRN", i))) }))
	median(t, "find a name that few have", time.Millisecond, any(func(i int) { atLeast[links.Link](t, 1)(s.Links().Find(surname(i/7) + " " + surname(i%500))) }))
	median(t, "find the grant to write", time.Millisecond, any(func(i int) {
		_, err := s.HeldWriteGrant(who(i))
		check(t, err)
	}))
	next := n
	median(t, "change: a link", 5*time.Millisecond, func() {
		next++
		check(t, s.Links().Link([]links.Link{{Number: fmt.Sprint("MRN", next), Name: surname(next) + ", Ana", Subject: who(next)}}, links.Confirmed{Same: true}))
	})
	median(t, "change: a number moves", 5*time.Millisecond, any(func(i int) {
		check(t, s.Links().Link([]links.Link{{Number: fmt.Sprint("MRN", i), Name: "Moved, Ana", Subject: who(next)}}, links.Confirmed{Same: true, Move: true, Reason: "typed wrong"}))
	}))
	median(t, "change: a grant is held", 5*time.Millisecond, any(func(i int) {
		check(t, s.learned.Change(func(c *book.Change) error {
			return heldRows.Add(c, Held{Grant: stele.NewID(), Subject: who(i), Action: stele.ActionRead, End: end, Document: make([]byte, 700)})
		}))
	}))
	median(t, "change: a grant is over", 5*time.Millisecond, any(func(i int) { check(t, s.MarkOver(stele.ID{2, byte(i), byte(i >> 8), byte(i >> 16)})) }))
	median(t, "change: how far the log was read", 5*time.Millisecond, func() {
		check(t, s.update(func(s *State) error { s.Head.Size++; return nil }))
	})
	took := clock(func() { check(t, s.forgetEnded()) })
	t.Logf("%-48s %v", "forget what ended, the first time", took)
	took = clock(func() {
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

// median runs f often and holds its median to a bound; it tells the slowest of ten, too.
func median(t *testing.T, what string, most time.Duration, f func()) {
	t.Helper()
	const times = 200
	f() // what is read for the first time costs the disk
	took := make([]time.Duration, times)
	for i := range took {
		took[i] = clock(f)
	}
	slices.Sort(took)
	takesAtMost(t, what, took[times/2], most)
	t.Logf("%50s  nine of ten", took[times*9/10].Round(time.Microsecond))
}

func takesAtMost(t *testing.T, what string, took, most time.Duration) {
	t.Helper()
	t.Logf("%-48s %v", what, took.Round(time.Microsecond))
	if took > most {
		t.Errorf("%s takes %v, and may take %v", what, took, most)
	}
}

func clock(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
