package book_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
)

// TestATableThatIsNotTheListIsSaid: with a row too few, one too many, another one, or two in
// another order; and a value that is another.
func TestATableThatIsNotTheListIsSaid(t *testing.T) {
	held := opens(t, nil)
	defer held.Close()
	a, b, c := booktest.Link{Number: "1"}, booktest.Link{Number: "2"}, booktest.Link{Number: "3"}
	booktest.Must(t, booktest.Moves.Fill(held, []booktest.Link{a, b}))
	for _, list := range [][]booktest.Link{{a, b}, {a, b, c}, {a}, nil, {a, c}, {b, a}} {
		same := len(list) == 2 && list[0].Number == "1" && list[1].Number == "2"
		err := held.View(func(v *book.View) error { return booktest.Moves.Holds(v, list) })
		if same != (err == nil) {
			t.Errorf("%v: %v", list, err)
		} else if !same {
			booktest.Wants(t, err, stele.KindProof)
		}
	}
	booktest.Wants(t, booktest.Moves.Fill(held, []booktest.Link{c}), stele.KindProof) // it is not empty
	booktest.Must(t, booktest.Server.Fill(held, "https://fhir.example"))
	booktest.Must(t, booktest.Server.Holds(held, "https://fhir.example"))
	booktest.Wants(t, booktest.Server.Holds(held, ""), stele.KindProof)
}

// TestATableIsFilledInSeveralChanges, and lists its rows in order, by a word, and counted.
func TestATableIsFilledInSeveralChanges(t *testing.T) {
	b := opens(t, nil)
	defer b.Close()
	var all []booktest.Link
	for i := range 2*book.FilledAtOnce + 500 {
		all = append(all, booktest.Link{Number: fmt.Sprint(i % 1000)})
	}
	booktest.Must(t, booktest.Moves.Fill(b, all))
	values, err := book.Values(booktest.Moves.All(b))
	with, err2 := book.Values(booktest.Moves.Find(b, booktest.ByNumber, "7"))
	n, err3 := booktest.Moves.Count(b)
	if err := errors.Join(err, err2, err3); err != nil || n != len(all) || len(with) != 3 || !slices.EqualFunc(values, all, func(a, b booktest.Link) bool { return a.Number == b.Number }) {
		t.Errorf("%d values, %d with a word, %d counted: %v", len(values), len(with), n, err)
	}
}

// TestSomeRowsAreChanged: those that are named, and no others; an error leaves all.
func TestSomeRowsAreChanged(t *testing.T) {
	b := opens(t, nil)
	defer b.Close()
	booktest.Must(t, booktest.Moves.Fill(b, []booktest.Link{{Number: "1"}, {Number: "2"}, {Number: "3"}}))
	failed := errors.New("no")
	for _, fails := range []error{failed, nil} {
		err := b.Change(func(c *book.Change) error {
			rows, err := book.Rows(booktest.Moves.All(c))
			booktest.Must(t, err)
			booktest.Must(t, booktest.Moves.PutSome(c, rows, func(l *booktest.Link) bool { l.Subject = "seen"; return l.Number != "2" }))
			booktest.Must(t, booktest.Moves.RemoveWhere(c, func(l booktest.Link) bool { return l.Number == "3" }))
			return fails
		})
		values, _ := book.Values(booktest.Moves.All(b))
		if got := fmt.Sprint(values); fails == nil && got != "[{1 seen []} {2  []}]" || fails != nil && (!errors.Is(err, failed) || len(values) != 3 || values[0].Subject != "") {
			t.Errorf("%v: %s", err, got)
		}
	}
}
