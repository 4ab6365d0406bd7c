package book

import "encoding/json"

// What tests of the room from outside look at and spoil.

const (
	SlotSize     = slotSize
	EntrySize    = tagSize + wordSize + len(id{})
	FilledAtOnce = filledAtOnce
)

// Store is where the rows are.
func (b *Book) Store() Store { return b.store }

// FirstKey is the key of the first row.
func (b *Book) FirstKey() []byte { return b.drawers.of("").key(id{}) }

// RowKey is the key of a row of a table.
func (b *Book) RowKey(table string, number int64) []byte {
	return b.drawers.of(table).key(numbered(number))
}

// NamedKey is the key of a row, or of a member of a set, that has a name.
func (b *Book) NamedKey(drawer, name string) []byte {
	d := b.drawers.of(drawer)
	return d.key(d.named([]byte(name)))
}

// EntryKey is the key under which an index, table/name, has a row under a word.
func (b *Book) EntryKey(index, word string, number int64) []byte {
	return b.drawers.of(index).place(word).key(numbered(number))
}

// EntryPrefix is what the keys of all rows that have the word begin with.
func (b *Book) EntryPrefix(index, word string) []byte { return b.drawers.of(index).place(word).prefix }

// Settings is the drawer of Values.
const Settings = settings

// Insert writes the bytes of a row as they are.
func (c *Change) Insert(table string, number int64, raw []byte) error {
	return c.insert(c.drawer(table), numbered(number), raw)
}

// Break says that a row was written in part.
func (c *Change) Break(err error) { _ = c.whole(err) }

// ReadMark reports whether a mark says anything.
func ReadMark(files Files, path string, key [32]byte) (says bool, err error) {
	k, err := readMark(files, path, newDrawers(key).of("").aead)
	return k.ok, err
}

// Reencode writes a row as its table does.
func (t *Table[T]) Reencode(value T) (json.RawMessage, error) { return t.encode(value) }

// Last is the number of the newest row.
func (t *Table[T]) Last(c *Change) int64 { return c.next.Last[t.Name] }

// Holds is what Fill does in the end.
func (s Value[T]) Holds(r Reader, want T) error { return s.holds(r, want) }

// Holds is what Fill does in the end.
func (t *Table[T]) Holds(r Reader, want []T) error { return t.holds(r, want) }
