package book_test

import (
	"errors"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
)

// TestDamageIsNeverSkipped: what somebody, or a disk, does to rows and indexes is found
// by who reads them, or by Check.
func TestDamageIsNeverSkipped(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(b *book.Book, raw book.Batch)
		read  func(v *book.View) error // finds it at once; nil where only Check does
	}{
		"a byte of a row": {
			func(b *book.Book, raw book.Batch) { flip(t, b, raw, b.RowKey("links", 1)) },
			func(v *book.View) error { _, err := booktest.Links.Get(v, 1); return err },
		},
		"a byte of a row that a search comes to": {
			func(b *book.Book, raw book.Batch) { flip(t, b, raw, b.RowKey("links", 1)) },
			func(v *book.View) error { return booktest.Drain(booktest.Links.Search(v, booktest.ByName, "alvar")) },
		},
		"two rows exchanged": {
			func(b *book.Book, raw book.Batch) {
				exchange(t, b, raw, b.RowKey("links", 1), b.RowKey("links", 2))
			},
			func(v *book.View) error { return booktest.Drain(booktest.Links.All(v)) },
		},
		"a row in another table": {
			func(b *book.Book, raw book.Batch) {
				exchange(t, b, raw, b.RowKey("links", 1), b.RowKey("moves", 1))
			},
			func(v *book.View) error { return booktest.Drain(booktest.Moves.All(v)) },
		},
		"a row taken out, asked for by its number": {
			func(b *book.Book, raw book.Batch) { booktest.Must(t, raw.Delete(b.RowKey("links", 1))) },
			func(v *book.View) error { return booktest.Drain(booktest.Links.Find(v, booktest.ByNumber, "4711")) },
		},
		"the last row taken out": {
			func(b *book.Book, raw book.Batch) { booktest.Must(t, raw.Delete(b.RowKey("moves", 1))) }, nil,
		},
		"an index entry taken out": {
			func(b *book.Book, raw book.Batch) {
				booktest.Must(t, raw.Delete(b.EntryKey("links/number", "4711", 1)))
			}, nil,
		},
		"an index entry that leads to another row": {
			func(b *book.Book, raw book.Batch) {
				booktest.Must(t, raw.Set(b.EntryKey("links/number", "4711", 2), nil))
			},
			func(v *book.View) error { return booktest.Drain(booktest.Links.Find(v, booktest.ByNumber, "4711")) },
		},
		"an index entry that leads nowhere": {
			func(b *book.Book, raw book.Batch) {
				booktest.Must(t, raw.Set(append(b.EntryPrefix("links/number", "4711"), make([]byte, 16)...), nil))
			},
			func(v *book.View) error { return booktest.Drain(booktest.Links.Find(v, booktest.ByNumber, "4711")) },
		},
		"a word of the vocabulary taken out": {
			func(b *book.Book, raw book.Batch) {
				booktest.Must(t, raw.Delete(b.NamedKey("links/name/words", "alvar,")))
			},
			func(v *book.View) error { return booktest.Drain(booktest.Links.Search(v, booktest.ByName, "alvar")) },
		},
		"an entry of nobody": {
			func(b *book.Book, raw book.Batch) { booktest.Must(t, raw.Set([]byte("something"), nil)) }, nil,
		},
		"a value": {
			func(b *book.Book, raw book.Batch) {
				flip(t, b, raw, b.NamedKey(book.Settings, "server"))
			},
			func(v *book.View) error { _, err := booktest.Server.Get(v); return err },
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := opens(t, nil)
			defer b.Close()
			booktest.Add(t, b, booktest.Ana, booktest.Zoe)
			booktest.Must(t, b.Change(func(c *book.Change) error {
				err := booktest.Moves.Add(c, booktest.Eva)
				return errors.Join(err, booktest.Server.Set(c, "x"))
			}))
			booktest.Must(t, booktest.Check(b))
			spoils(t, b, func(raw book.Batch) { c.spoil(b, raw) })
			booktest.Wants(t, booktest.Check(b), stele.KindProof)
			if c.read != nil {
				booktest.Wants(t, b.View(c.read), stele.KindProof)
			}
		})
	}
}

// TestAnOlderRowInItsPlaceIsFoundByCheck although it opens.
func TestAnOlderRowInItsPlaceIsFoundByCheck(t *testing.T) {
	b := opens(t, nil)
	defer b.Close()
	booktest.Add(t, b, booktest.Ana)
	key := b.RowKey("links", 1)
	before := stored(t, b, key)
	newer := booktest.Ana
	newer.Subject = "did:9"
	booktest.Must(t, b.Change(func(c *book.Change) error { return booktest.Links.Put(c, 1, newer) }))
	booktest.Must(t, b.Change(func(c *book.Change) error { return booktest.Links.Put(c, 1, booktest.Ana) })) // so that all indexes agree
	booktest.Must(t, booktest.Check(b))
	spoils(t, b, func(raw book.Batch) { booktest.Must(t, raw.Set(key, before)) })
	booktest.Wants(t, booktest.Check(b), stele.KindProof)
}

// spoils changes what lies in a book's store.
func spoils(t *testing.T, b *book.Book, f func(raw book.Batch)) {
	t.Helper()
	raw, err := b.Store().Begin()
	booktest.Must(t, err)
	f(raw)
	wait, err := raw.Commit()
	booktest.Must(t, err)
	booktest.Must(t, wait())
}

// stored returns what lies under a key.
func stored(t *testing.T, b *book.Book, key []byte) []byte {
	t.Helper()
	now, err := b.Store().Snapshot()
	booktest.Must(t, err)
	defer now.Close()
	value, found, err := now.Get(key)
	booktest.Must(t, err)
	if !found {
		t.Fatal("nothing stands there")
	}
	return value
}

func flip(t *testing.T, b *book.Book, raw book.Batch, key []byte) {
	t.Helper()
	value := stored(t, b, key)
	value[len(value)/2] ^= 1
	booktest.Must(t, raw.Set(key, value))
}

func exchange(t *testing.T, b *book.Book, raw book.Batch, one, other []byte) {
	t.Helper()
	a, z := stored(t, b, one), stored(t, b, other)
	booktest.Must(t, raw.Set(one, z))
	booktest.Must(t, raw.Set(other, a))
}
