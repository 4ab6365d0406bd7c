package book

import (
	"bytes"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
)

// FuzzARow puts bytes in the place of a sealed row, the first one and a value's among
// them. Only those that stood there are taken; with others the book does not open, or
// says so when it is read.
func FuzzARow(f *testing.F) {
	f.Add(uint8(0), []byte{})
	f.Add(uint8(1), []byte("{}"))
	f.Add(uint8(2), make([]byte, 64))
	f.Fuzz(func(t *testing.T, which uint8, value []byte) {
		fs := vfs.NewMem()
		b := opens(t, fs, "book")
		add(t, b, ana, zoe)
		must(t, b.Change(func(c *Change) error { return server.Set(c, "x") }))
		d := b.drawers.of(settings)
		keys := [][]byte{b.drawers.of("").key(id{}), d.key(d.named([]byte("server"))), b.drawers.of("links").key(numbered(2))}
		key := keys[int(which)%len(keys)]
		same := bytes.Equal(stored(t, b, key), value)
		must(t, b.db.Set(key, value, pebble.Sync))
		must(t, b.Close())
		b, err := Open(Config{Folder: "book", Key: testKey, FS: fs})
		if err == nil {
			defer b.Close()
			err = b.Check(links, moves, prints)
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
		b := opens(t, vfs.NewMem(), "book")
		defer b.Close()
		must(t, b.Change(func(c *Change) error { return c.insert(c.drawer("links"), numbered(1), raw) }))
		must(t, b.View(func(v *View) error {
			l, err := links.Get(v, 1)
			if err != nil {
				wants(t, err, stele.KindInvalid)
				return nil
			}
			if again, err := links.encode(l); err != nil {
				t.Errorf("%s: %v", again, err)
			}
			return nil
		}))
	})
}

// FuzzMark: a mark says nothing that was not written in its slot.
func FuzzMark(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 2*slotSize))
	f.Fuzz(func(t *testing.T, raw []byte) {
		fs := vfs.NewMem()
		file, err := fs.Create("mark", vfs.WriteCategoryUnspecified)
		must(t, err)
		_, err = file.Write(raw)
		must(t, err)
		must(t, file.Close())
		if k, err := readMark(fs, "mark", newDrawers(testKey).of("").aead); k.ok || err != nil {
			t.Errorf("%v, %v", k, err)
		}
	})
}
