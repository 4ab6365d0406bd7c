package book_test

import (
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
