package book_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
)

// testKey is a key of a wallet's seed.
var testKey = sha256.Sum256([]byte("a key of a wallet's seed"))

// place is where a book of tests lies.
type place struct {
	booktest.Memory
	booktest.Marks
}

func (p *place) config() book.Config {
	return book.Config{Stores: &p.Memory, Name: "book", Key: testKey, Files: &p.Marks}
}

// opens opens the book of a place; nil is a new one.
func opens(t testing.TB, p *place) *book.Book {
	t.Helper()
	if p == nil {
		p = new(place)
	}
	b, err := book.Open(p.config())
	booktest.Must(t, err)
	return b
}

func TestABookKeepsWhatWasAddedAcrossOpenings(t *testing.T) {
	p := new(place)
	b := opens(t, p)
	booktest.Add(t, b, booktest.Ana, booktest.Zoe, booktest.Eva)
	booktest.Must(t, b.Change(func(c *book.Change) error {
		return errors.Join(booktest.Server.Set(c, "https://fhir.example"))
	}))
	booktest.Must(t, b.Close())
	b = opens(t, p)
	defer b.Close()
	booktest.Must(t, b.View(func(v *book.View) error {
		all := func(r book.Reader) iter.Seq2[book.Row[booktest.Link], error] { return booktest.Links.All(r) }
		if diff := cmp.Diff([]booktest.Link{booktest.Ana, booktest.Zoe, booktest.Eva}, booktest.Find(t, b, all)); diff != "" {
			t.Error(diff)
		}
		base, err := booktest.Server.Get(v)
		if err != nil || base != "https://fhir.example" {
			t.Errorf("server %q, %v", base, err)
		}
		if none, err := (book.Value[int]{Name: "nothing"}).Get(v); none != 0 || err != nil {
			t.Errorf("a value that was not set is %d, %v", none, err)
		}
		return nil
	}))
	booktest.Must(t, booktest.Check(b))
}

// TestAChangeSeesItselfAndOthersSeeItWhole: what fails changes nothing.
func TestAChangeSeesItselfAndOthersSeeItWhole(t *testing.T) {
	b := opens(t, nil)
	defer b.Close()
	booktest.Add(t, b, booktest.Ana)
	refused := errors.New("refused")
	err := b.Change(func(c *book.Change) error {
		booktest.Must(t, booktest.Links.Add(c, booktest.Zoe))
		n := booktest.Links.Last(c)
		booktest.Must(t, booktest.Links.Remove(c, 1))
		if got := booktest.Rows(t, booktest.Links.All(c)); len(got) != 1 || got[0].Number != "4712" {
			t.Errorf("the change sees %v", got)
		}
		if got := booktest.Rows(t, booktest.Links.Search(c, booktest.ByName, "alvar")); len(got) != 1 || n != 2 {
			t.Errorf("the change finds %v", got)
		}
		if n, err := booktest.Links.Count(c); n != 1 || err != nil {
			t.Errorf("the change counts %d, %v", n, err)
		}
		if got := booktest.Find(t, b, booktest.Links.All); len(got) != 1 || got[0].Number != "4711" {
			t.Errorf("others see %v", got)
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Error(err)
	}
	if got := booktest.Find(t, b, booktest.Links.All); len(got) != 1 || got[0].Number != "4711" {
		t.Errorf("afterwards there is %v", got)
	}
	booktest.Must(t, booktest.Check(b))
}

// picky is a row that can't be written empty.
type picky string

func (p picky) MarshalText() ([]byte, error) {
	if p == "" {
		return nil, errors.New("it is empty")
	}
	return []byte(p), nil
}

// TestARowThatCannotBeWrittenChangesNothing, although the one who changes goes on.
func TestARowThatCannotBeWrittenChangesNothing(t *testing.T) {
	b := opens(t, nil)
	defer b.Close()
	rows := book.Table[picky]{Name: "picky", Indexes: []*book.Index[picky]{book.Equal("number", func(p picky) []string { return []string{string(p)} })}}
	booktest.Must(t, b.Change(func(c *book.Change) error {
		booktest.Must(t, rows.Add(c, "4711"))
		if err := rows.Put(c, 1, ""); err == nil {
			t.Error("it was written")
		}
		if err := rows.Add(c, ""); err == nil {
			t.Error("it was written")
		}
		return nil
	}))
	if n, err := rows.Count(b); n != 1 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if got, err := book.Values(rows.Find(b, rows.Indexes[0], "4711")); len(got) != 1 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	torn := errors.New("the row was written in part")
	if err := b.Change(func(c *book.Change) error {
		booktest.Must(t, c.Insert("links", 9, []byte("{}")))
		c.Break(torn)
		return nil
	}); !errors.Is(err, torn) {
		t.Errorf("a change in part is made: %v", err)
	}
	booktest.Must(t, b.Check(booktest.Links, booktest.Moves, &rows))
}

// TestAViewIsOneState, whatever is written meanwhile.
func TestAViewIsOneState(t *testing.T) {
	b := opens(t, nil)
	defer b.Close()
	const each, views = 50, 20
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := range each {
				name := fmt.Sprintf("%d-%d", w, n)
				err := b.Change(func(c *book.Change) error {
					err := booktest.Links.Add(c, booktest.Link{Number: name, Subject: name})
					err2 := booktest.Moves.Add(c, booktest.Link{Number: name})
					return errors.Join(err, err2)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range views {
		booktest.Must(t, b.View(func(v *book.View) error {
			first := len(booktest.Rows(t, booktest.Links.All(v)))
			booktest.Add(t, b, booktest.Ana)
			booktest.Must(t, b.Change(func(c *book.Change) error { err := booktest.Moves.Add(c, booktest.Ana); return err }))
			if again := len(booktest.Rows(t, booktest.Moves.All(v))); again != first {
				t.Errorf("%d links beside %d moves", first, again)
			}
			return nil
		}))
	}
	writers.Wait()
	booktest.Must(t, b.View(func(v *book.View) error {
		if n, err := booktest.Links.Count(v); n != 4*each+views || err != nil {
			t.Errorf("%d of %d rows, %v", n, 4*each+views, err)
		}
		return nil
	}))
	booktest.Must(t, booktest.Check(b))
}

// TestTheBookFindsWhatAListWould: numbers, subjects and parts of names, whatever was
// added, changed and removed before, against a list that is looked through.
func TestTheBookFindsWhatAListWould(t *testing.T) {
	name := rapid.StringMatching(`[abé]{1,4}( [abß]{1,11}){0,2}`)
	some := rapid.Custom(func(t *rapid.T) booktest.Link {
		return booktest.Link{Number: rapid.StringMatching(`[12]{1,2}`).Draw(t, "number"), Subject: rapid.StringMatching(`[xy]`).Draw(t, "subject"), Names: rapid.SliceOfN(name, 0, 2).Draw(t, "names")}
	})
	rapid.Check(t, func(r *rapid.T) {
		b := opens(t, nil)
		defer b.Close()
		list := map[int64]booktest.Link{}
		for range rapid.IntRange(1, 12).Draw(r, "changes") {
			booktest.Must(t, b.Change(func(c *book.Change) error {
				for range rapid.IntRange(1, 3).Draw(r, "steps") {
					l := some.Draw(r, "row")
					known := slices.Sorted(maps.Keys(list))
					if len(known) == 0 || rapid.IntRange(0, 2).Draw(r, "what") == 0 {
						booktest.Must(t, booktest.Links.Add(c, l))
						n := booktest.Links.Last(c)
						if _, twice := list[n]; twice {
							t.Fatalf("row %d was given twice", n)
						}
						list[n] = l
						continue
					}
					n := rapid.SampledFrom(known).Draw(r, "which")
					if rapid.Bool().Draw(r, "removed") {
						booktest.Must(t, booktest.Links.Remove(c, n))
						delete(list, n)
						continue
					}
					booktest.Must(t, booktest.Links.Put(c, n, l))
					list[n] = l
				}
				return nil
			}))
		}
		booktest.Must(t, booktest.Check(b))
		booktest.Must(t, b.View(func(v *book.View) error {
			same := func(what string, got iter.Seq2[book.Row[booktest.Link], error], in func(booktest.Link) bool) {
				want := map[int64]booktest.Link{}
				for n, l := range list {
					if in(l) {
						want[n] = l
					}
				}
				found := map[int64]booktest.Link{}
				for row, err := range got {
					booktest.Must(t, err)
					if _, twice := found[row.Number]; twice {
						r.Fatalf("%s finds row %d twice", what, row.Number)
					}
					found[row.Number] = row.Value
				}
				if diff := cmp.Diff(want, found); diff != "" {
					r.Fatalf("%s: %s", what, diff)
				}
			}
			number, subject := rapid.StringMatching(`[12]{1,2}`).Draw(r, "n"), rapid.StringMatching(`[xy]`).Draw(r, "s")
			same("number "+number, booktest.Links.Find(v, booktest.ByNumber, number), func(l booktest.Link) bool { return l.Number == number })
			same("subject "+subject, booktest.Links.Find(v, booktest.BySubject, subject), func(l booktest.Link) bool { return l.Subject == subject })
			query := stele.Fold(rapid.StringMatching(`[abés]{0,10}( [ab]{1,3})?`).Draw(r, "query"))
			same("name "+query, booktest.Links.Search(v, booktest.ByName, query), func(l booktest.Link) bool {
				text := stele.Fold(strings.Join(l.Names, " "))
				return !slices.ContainsFunc(strings.Fields(query), func(w string) bool { return !strings.Contains(text, w) })
			})
			return nil
		}))
		// When nobody has a word any more, nothing is left of it.
		booktest.Must(t, b.Change(func(c *book.Change) error {
			for n := range list {
				booktest.Must(t, booktest.Links.Remove(c, n))
			}
			return nil
		}))
		left := 0
		booktest.Must(t, scan(b, func(_, _ []byte) { left++ }))
		if left > 1 {
			r.Fatalf("%d entries are left of nothing", left-1)
		}
	})
}

// TestTwoWordsOfARowShowNothingInCommon: an index tells how many rows have a word, not
// which, and the same number looks another way under each word.
func TestTwoWordsOfARowShowNothingInCommon(t *testing.T) {
	b := opens(t, nil)
	defer b.Close()
	booktest.Add(t, b, booktest.Ana)
	seen := map[string]bool{}
	booktest.Must(t, scan(b, func(key, _ []byte) {
		if len(key) == book.EntrySize {
			end := string(key[len(key)-16:])
			if seen[end] {
				t.Errorf("two entries lead to %x", end)
			}
			seen[end] = true
		}
	}))
	if len(seen) < 10 {
		t.Errorf("%d entries", len(seen))
	}
}

// scan visits all that lies in a book's store.
func scan(b *book.Book, visit func(key, value []byte)) error {
	now, err := b.Store().Snapshot()
	if err != nil {
		return err
	}
	defer now.Close()
	return now.Scan(nil, func(key, value []byte) bool { visit(key, value); return true })
}
