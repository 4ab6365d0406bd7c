package pebblestore_test

import (
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
)

var many = flag.Int("links", 0, "make a book of so many links and grants, and measure it: 1000000 is what is promised")

// held is as much of a grant that is held as its size and its indexes are made of.
type held struct {
	Grant, Subject string
	Document       []byte
}

var (
	byGrant   = book.Equal("grant", func(h held) []string { return []string{h.Grant} })
	byHolder  = book.Equal("subject", func(h held) []string { return []string{h.Subject} })
	heldTable = &book.Table[held]{Name: "held", Indexes: []*book.Index[held]{byGrant, byHolder}}
)

// TestAMillionLinksAndGrants opens in a second, finds in a millisecond and changes in
// five: the median of many, and of opening the worst of a few.
func TestAMillionLinksAndGrants(t *testing.T) {
	if *many == 0 {
		t.Skip("with -links 1000000")
	}
	many := *many - *many%5000
	folder := filepath.Join(t.TempDir(), "w.book")
	b := opens(t, nil, folder)
	start, town := time.Now(), newNames()
	for from := 0; from < many; from += 5000 {
		booktest.Must(t, b.Change(func(c *book.Change) error {
			for n := from; n < from+5000; n++ {
				if err := booktest.Links.Add(c, town.link(n)); err != nil {
					return err
				}
				if err := heldTable.Add(c, held{fmt.Sprint("grant-", n), fmt.Sprint("did:", n), town.bytes(700)}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	booktest.Add(t, b, booktest.Link{Number: "4711", Subject: "did:x", Names: []string{"Featherstonehaugh, Wilhelmina"}})
	t.Logf("made in %v", time.Since(start).Round(time.Second))
	booktest.Must(t, b.Close())

	var worst time.Duration
	for range 3 {
		took := booktest.Took(func() { b = opens(t, nil, folder) })
		worst = max(worst, took)
		if len(booktest.Find(t, b, func(r book.Reader) seq { return booktest.Links.Find(r, booktest.ByNumber, "4711") })) != 1 {
			t.Error("nobody has the number")
		}
		booktest.Must(t, b.Close())
	}
	booktest.Within(t, "open, the slowest of three", worst, time.Second)
	b = opens(t, nil, folder)
	defer b.Close()
	finds := func(what string, want int, question func(r book.Reader, n int) seq) {
		booktest.Median(t, what, 200, time.Millisecond, func() {
			n, found := town.IntN(many), 0
			booktest.Must(t, b.View(func(v *book.View) error {
				for _, err := range question(v, n) {
					booktest.Must(t, err)
					if found++; found == 20 {
						break
					}
				}
				return nil
			}))
			if found < want {
				t.Fatalf("%s finds %d", what, found)
			}
		})
	}
	finds("find by number", 1, func(r book.Reader, n int) seq { return booktest.Links.Find(r, booktest.ByNumber, fmt.Sprint("MRN", n)) })
	finds("find by subject", 1, func(r book.Reader, n int) seq {
		return booktest.Links.Find(r, booktest.BySubject, fmt.Sprint("did:", n))
	})
	finds("find a name that one has", 1, func(r book.Reader, _ int) seq { return booktest.Links.Search(r, booktest.ByName, "wilhelmina feather") })
	finds("find a part that one has", 1, func(r book.Reader, _ int) seq { return booktest.Links.Search(r, booktest.ByName, "stonehau") })
	finds("find a surname that few have", 1, func(r book.Reader, n int) seq {
		return booktest.Links.Search(r, booktest.ByName, town.rare[n%len(town.rare)])
	})
	finds("20 of a name that many have", 20, func(r book.Reader, n int) seq { return booktest.Links.Search(r, booktest.ByName, town.given[n%10]) })
	finds("20 of a part that many have", 20, func(r book.Reader, _ int) seq { return booktest.Links.Search(r, booktest.ByName, "a") })
	finds("nobody", 0, func(r book.Reader, _ int) seq { return booktest.Links.Search(r, booktest.ByName, "qqxz") })
	next := many
	booktest.Median(t, "change: a link moved, one new, a grant held", 200, 5*time.Millisecond, func() {
		next++
		booktest.Must(t, b.Change(func(c *book.Change) error {
			l := town.link(next)
			if err := booktest.Links.Add(c, l); err != nil {
				return err
			}
			if err := heldTable.Add(c, held{fmt.Sprint("grant-", next), l.Subject, town.bytes(700)}); err != nil {
				return err
			}
			return booktest.Links.Put(c, 1+town.Int64N(int64(many)), l)
		}))
	})
}

type seq = iter.Seq2[book.Row[booktest.Link], error]

// names are a country's: few of them are borne by many, most by a few.
type names struct {
	*rand.Rand
	given, surnames []string
	rare            []string // surnames that somebody has, and hardly anybody else
}

func newNames() *names {
	n := &names{Rand: rand.New(rand.NewPCG(1, 2))}
	for range 5000 {
		n.given = append(n.given, n.word(2))
	}
	for range 150_000 {
		n.surnames = append(n.surnames, n.word(3))
	}
	return n
}

func (n *names) word(syllables int) (w string) {
	for range syllables {
		w += string("bdfghklmnprstvw"[n.IntN(15)]) + string("aeiou"[n.IntN(5)]) + []string{"", "", "n", "r", "s", "tt"}[n.IntN(6)]
	}
	return w
}

// of draws a place in a list: the first ones often.
func (n *names) of(list []string) int {
	x := n.Float64()
	return int(x * x * x * float64(len(list)))
}

func (n *names) link(i int) booktest.Link {
	surname := n.of(n.surnames)
	if surname > len(n.surnames)*9/10 {
		n.rare = append(n.rare, n.surnames[surname])
	}
	return booktest.Link{Number: fmt.Sprint("MRN", i), Subject: fmt.Sprint("did:", i), Names: []string{n.surnames[surname] + ", " + n.given[n.of(n.given)]}}
}

func (n *names) bytes(size int) []byte {
	raw := make([]byte, size)
	for i := range raw {
		raw[i] = byte(n.Uint32())
	}
	return raw
}
