package book_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
)

// TestAnOlderStoreIsRefused: each way in which an organisation may put back too little,
// and what it hears.
func TestAnOlderStoreIsRefused(t *testing.T) {
	const mark = "book" + book.MarkSuffix
	for name, spoil := range map[string]func(t *testing.T, p *place){
		"the store of yesterday": func(_ *testing.T, p *place) { p.Copy("before", "book") },
		"the store is gone":      func(t *testing.T, p *place) { booktest.Must(t, p.Remove("book")) },
		"the mark is gone":       func(_ *testing.T, p *place) { p.Set(mark, nil) },
		"the mark is damaged":    func(_ *testing.T, p *place) { p.Set(mark, make([]byte, 2*book.SlotSize)) },
		"the store of another book": func(t *testing.T, p *place) {
			cfg := p.config()
			cfg.Name = "other"
			other, err := book.Open(cfg)
			booktest.Must(t, err)
			booktest.Add(t, other, booktest.Zoe)
			booktest.Must(t, other.Close())
			p.Copy("other", "book")
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := new(place)
			b := opens(t, p)
			booktest.Add(t, b, booktest.Ana)
			booktest.Must(t, b.Close())
			p.Copy("book", "before")
			b = opens(t, p)
			booktest.Add(t, b, booktest.Zoe)
			booktest.Add(t, b, booktest.Eva)
			booktest.Must(t, b.Close())
			spoil(t, p)
			cfg := p.config()
			for range 2 { // looking does not make it good
				_, err := book.Open(cfg)
				booktest.Wants(t, err, stele.KindProof)
			}
			cfg.Restored = true
			b, err := book.Open(cfg)
			booktest.Must(t, err)
			booktest.Add(t, b, booktest.Ana)
			booktest.Must(t, b.Close())
			b = opens(t, p)
			booktest.Must(t, booktest.Check(b))
			booktest.Must(t, b.Close())
		})
	}
}

func TestABookOpensForItsKeyOnly(t *testing.T) {
	p := new(place)
	b := opens(t, p)
	booktest.Add(t, b, booktest.Ana)
	booktest.Must(t, b.Close())
	cfg := p.config()
	cfg.Key = [32]byte{1}
	_, err := book.Open(cfg)
	booktest.Wants(t, err, stele.KindProof)
}

// TestABackupIsOfOneMoment, made while others write: it opens, is whole, and is a book of
// its own from then on.
func TestABackupIsOfOneMoment(t *testing.T) {
	p := new(place)
	b := opens(t, p)
	defer b.Close()
	booktest.Add(t, b, booktest.Ana)
	var writer sync.WaitGroup
	writer.Go(func() {
		for range 30 {
			err := b.Change(func(c *book.Change) error {
				_, err := booktest.Links.Add(c, booktest.Zoe)
				_, err2 := booktest.Moves.Add(c, booktest.Zoe)
				return errors.Join(err, err2)
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	for n := range 3 {
		booktest.Must(t, b.Backup(fmt.Sprint("backup", n)))
	}
	writer.Wait()
	booktest.Wants(t, b.Backup("backup1"), stele.KindExists)
	for n := range 3 {
		cfg := p.config()
		cfg.Name = fmt.Sprint("backup", n)
		c, err := book.Open(cfg)
		booktest.Must(t, err)
		booktest.Must(t, booktest.Check(c))
		first, others := len(booktest.Find(t, c, booktest.Links.All)), 0
		booktest.Must(t, c.View(func(v *book.View) (err error) { others, err = booktest.Moves.Len(v); return err }))
		if first != others+1 {
			t.Errorf("%d links beside %d moves", first, others)
		}
		booktest.Add(t, c, booktest.Eva)
		booktest.Must(t, c.Close())
	}
	if got := booktest.Find(t, b, booktest.Links.All); len(got) != 31 {
		t.Errorf("%d rows", len(got))
	}
	booktest.Must(t, booktest.Check(b))
}
