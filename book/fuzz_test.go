package book_test

import (
	"bytes"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
)

// FuzzARow puts bytes in the place of a sealed row, the first one and a value's among
// them. Only those that stood there are taken; with others the book does not open, or
// says so when it is read.
func FuzzARow(f *testing.F) {
	f.Add(uint8(0), []byte{})
	f.Add(uint8(1), []byte("{}"))
	f.Add(uint8(2), make([]byte, 64))
	f.Fuzz(func(t *testing.T, which uint8, value []byte) {
		p := new(place)
		b := opens(t, p)
		booktest.Add(t, b, booktest.Ana, booktest.Zoe)
		booktest.Must(t, b.Change(func(c *book.Change) error { return booktest.Server.Set(c, "x") }))
		keys := [][]byte{b.FirstKey(), b.NamedKey(book.Settings, "server"), b.RowKey("links", 2)}
		key := keys[int(which)%len(keys)]
		same := bytes.Equal(stored(t, b, key), value)
		spoils(t, b, func(raw book.Batch) { booktest.Must(t, raw.Set(key, value)) })
		booktest.Must(t, b.Close())
		b, err := book.Open(p.config())
		if err == nil {
			defer b.Close()
			err = booktest.Check(b)
		}
		if same != (err == nil) || err != nil && stele.KindOf(err) != stele.KindProof {
			t.Errorf("row %x: %v", value, err)
		}
	})
}

// FuzzADecodedRow: what opens was written by this program, or by another version of it.
func FuzzADecodedRow(f *testing.F) {
	f.Add([]byte(`{"Number":"4711"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := opens(t, nil)
		defer b.Close()
		booktest.Must(t, b.Change(func(c *book.Change) error { return c.Insert("links", 1, raw) }))
		booktest.Must(t, b.View(func(v *book.View) error {
			l, err := booktest.Links.Get(v, 1)
			if err != nil {
				booktest.Wants(t, err, stele.KindInvalid)
				return nil
			}
			if again, err := booktest.Links.Reencode(l); err != nil {
				t.Errorf("%s: %v", again, err)
			}
			return nil
		}))
	})
}

// FuzzMark: a mark says nothing that was not written in its slot.
func FuzzMark(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 2*book.SlotSize))
	f.Fuzz(func(t *testing.T, raw []byte) {
		files := new(booktest.Marks)
		files.Set("mark", raw)
		if says, err := book.ReadMark(files, "mark", testKey); says || err != nil {
			t.Errorf("%v, %v", says, err)
		}
	})
}
