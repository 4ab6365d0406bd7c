package booktest

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
)

// Link is a row as an organisation's link table has it.
type Link struct {
	Number  string
	Subject string
	Names   []string
}

// What a book of tests has: a table with every kind of index, one beside it and a value.
var (
	ByNumber  = book.Equal("number", func(l Link) []string { return []string{l.Number} })
	BySubject = book.Equal("subject", func(l Link) []string { return []string{l.Subject} })
	ByName    = book.Parts("name", func(l Link) string { return stele.Fold(strings.Join(l.Names, " ")) })
	Links     = &book.Table[Link]{Name: "links", Indexes: []*book.Index[Link]{ByNumber, BySubject, ByName}}

	Moves  = &book.Table[Link]{Name: "moves", Indexes: []*book.Index[Link]{ByNumber}}
	Server = book.Value[string]{Name: "server"}
)

// Ana, Zoe and Eva are rows.
var (
	Ana = Link{"4711", "did:1", []string{"Alvar, Ana"}}
	Zoe = Link{"4712", "did:2", []string{"Zoë Şahin", "Zoe Alvarez"}}
	Eva = Link{"4713", "did:2", []string{"王小明"}}
)

// Add adds links in one change.
func Add(t testing.TB, b *book.Book, all ...Link) {
	t.Helper()
	Must(t, b.Change(func(c *book.Change) error {
		for _, l := range all {
			if err := Links.Add(c, l); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Rows collects a sequence.
func Rows[T any](t testing.TB, all iter.Seq2[book.Row[T], error]) (found []T) {
	t.Helper()
	for r, err := range all {
		Must(t, err)
		found = append(found, r.Value)
	}
	return found
}

// Find returns what a book's links say to a question about them, as of now.
func Find(t testing.TB, b *book.Book, question func(r book.Reader) iter.Seq2[book.Row[Link], error]) (found []Link) {
	t.Helper()
	Must(t, b.View(func(v *book.View) error { found = Rows(t, question(v)); return nil }))
	return found
}

// Check holds a whole book of links to what it should be.
func Check(b *book.Book) error { return b.Check(Links, Moves) }

// Drain reads a sequence to its end or to its first error; of none it makes one.
func Drain(all iter.Seq2[book.Row[Link], error]) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return errors.New("nothing was noticed")
}

// Must ends a test.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Wants is an error of a kind with a hint.
func Wants(t testing.TB, err error, kind stele.Kind) {
	t.Helper()
	if err == nil || stele.KindOf(err) != kind || stele.HintOf(err) == "" {
		t.Errorf("error %v of kind %s with hint %q, want %s and a hint", err, stele.KindOf(err), stele.HintOf(err), kind)
	}
}
