package book

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stele-health/stele"
)

// TestATableThatIsNotTheListIsSaid: with a row too few, one too many, another one, or two in
// another order.
func TestATableThatIsNotTheListIsSaid(t *testing.T) {
	book := opens(t, nil, t.TempDir()+"/book")
	defer book.Close()
	a, b, c := link{Number: "1"}, link{Number: "2"}, link{Number: "3"}
	must(t, moves.Fill(book, []link{a, b}))
	for _, list := range [][]link{{a, b}, {a, b, c}, {a}, nil, {a, c}, {b, a}} {
		same := len(list) == 2 && list[0].Number == "1" && list[1].Number == "2"
		err := book.View(func(v *View) error { return moves.holds(v, list) })
		if same != (err == nil) {
			t.Errorf("%v: %v", list, err)
		} else if !same {
			wants(t, err, stele.KindProof)
		}
	}
	wants(t, moves.Fill(book, []link{c}), stele.KindProof) // it is not empty
}

// TestATableIsFilledInSeveralChanges, and lists its rows in order, by a word, and counted.
func TestATableIsFilledInSeveralChanges(t *testing.T) {
	b := opens(t, nil, t.TempDir()+"/book")
	defer b.Close()
	var all []link
	for i := range 2*filledAtOnce + 500 {
		all = append(all, link{Number: fmt.Sprint(i % 1000)})
	}
	must(t, moves.Fill(b, all))
	values, err := moves.Values(b)
	with, err2 := moves.ValuesWith(b, byNumber, "7")
	n, err3 := moves.Count(b)
	if err := errors.Join(err, err2, err3); err != nil || n != len(all) || len(with) != 3 || !slices.EqualFunc(values, all, func(a, b link) bool { return a.Number == b.Number }) {
		t.Errorf("%d values, %d with a word, %d counted: %v", len(values), len(with), n, err)
	}
}

// TestSomeRowsAreChanged: those that are named, and no others; an error leaves all.
func TestSomeRowsAreChanged(t *testing.T) {
	b := opens(t, nil, t.TempDir()+"/book")
	defer b.Close()
	must(t, moves.Fill(b, []link{{Number: "1"}, {Number: "2"}, {Number: "3"}}))
	failed := errors.New("no")
	for _, fails := range []error{failed, nil} {
		err := b.Change(func(c *Change) error {
			rows, err := moves.Rows(c)
			must(t, err)
			must(t, moves.PutSome(c, rows, func(l *link) bool { l.Subject = "seen"; return l.Number != "2" }))
			n, err := moves.RemoveSome(c, rows, func(l link) bool { return l.Number == "3" })
			if n != 1 || err != nil {
				t.Errorf("%d were removed: %v", n, err)
			}
			return fails
		})
		values, _ := moves.Values(b)
		if got := fmt.Sprint(values); fails == nil && got != "[{1 seen []} {2  []}]" || fails != nil && (!errors.Is(err, failed) || len(values) != 3 || values[0].Subject != "") {
			t.Errorf("%v: %s", err, got)
		}
	}
}
