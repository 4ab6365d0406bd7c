package book

import (
	"encoding/json"
	"fmt"
	"iter"

	"github.com/stele-health/stele"
)

// Table describes rows of one type, in the order in which they came. Its name and the
// names of its indexes say where they are: who changes one finds nothing there. An index
// finds what was written while the table had it.
type Table[T any] struct {
	Name    string
	Indexes []*Index[T]
}

// Row is a row of a table.
type Row[T any] struct {
	Number int64 // from 1, in the order in which they came; that of a removed row is not given again
	Value  T
}

// Add writes a new row.
func (t *Table[T]) Add(c *Change, value T) error {
	raw, err := t.encode(value)
	if err != nil {
		return err
	}
	c.next.Last[t.Name]++
	return c.whole(t.write(c, c.next.Last[t.Name], nil, &value, raw))
}

// Put writes a row anew. It fails with KindNotFound.
func (t *Table[T]) Put(c *Change, number int64, value T) error {
	old, err := t.Get(c, number)
	if err != nil {
		return err
	}
	raw, err := t.encode(value)
	if err != nil {
		return err
	}
	return c.whole(t.write(c, number, &old, &value, raw))
}

// Remove removes a row. It fails with KindNotFound.
func (t *Table[T]) Remove(c *Change, number int64) error {
	old, err := t.Get(c, number)
	if err != nil {
		return err
	}
	return c.whole(t.write(c, number, &old, nil, nil))
}

// write puts a row as it is in the place of the row as it was; nil is none.
func (t *Table[T]) write(c *Change, number int64, old, value *T, raw []byte) (err error) {
	d, i := c.drawer(t.Name), numbered(number)
	switch {
	case old == nil:
		err = c.insert(d, i, raw)
	case value == nil:
		err = c.drop(d, i)
	default:
		err = c.put(d, i, raw)
	}
	for _, x := range t.Indexes {
		if err == nil {
			err = x.change(c, t.Name, i, old, value)
		}
	}
	return err
}

// Get returns a row. It fails with KindNotFound.
func (t *Table[T]) Get(r Reader, number int64) (value T, err error) {
	err = r.view(func(v *View) error {
		raw, err := v.row(v.drawer(t.Name), numbered(number))
		if err != nil {
			return err
		}
		if raw == nil {
			return stele.E("read book", stele.KindNotFound, fmt.Sprintf("%s has no row %d", t.Name, number), nil)
		}
		value, err = t.decode(raw)
		return err
	})
	return value, err
}

// Count is how many rows there are.
func (t *Table[T]) Count(r Reader) (n int, err error) {
	err = r.view(func(v *View) error {
		s, err := v.state()
		n = int(s.Rows[t.Name])
		return err
	})
	return n, err
}

// All returns the rows in order. The sequence ends with the first error.
func (t *Table[T]) All(r Reader) iter.Seq2[Row[T], error] {
	return func(yield func(Row[T], error) bool) {
		err := r.view(func(v *View) error {
			d := v.drawer(t.Name)
			return v.scan(d.tag[:], func(key, sealed []byte) (bool, error) {
				row, err := t.open(d, key, sealed)
				return err == nil && yield(row, nil), err
			})
		})
		if err != nil {
			yield(Row[T]{}, err)
		}
	}
}

// open reads a row as it stands in the store.
func (t *Table[T]) open(d *drawer, key, sealed []byte) (row Row[T], err error) {
	if len(key) != tagSize+len(id{}) {
		return row, damaged("read book", "a row of "+t.Name+" has no place", nil)
	}
	i := id(key[tagSize:])
	plain, err := d.open(i, sealed)
	if err != nil {
		return row, err
	}
	row.Number, _ = i.number()
	row.Value, err = t.decode(plain)
	return row, err
}

func (t *Table[T]) encode(value T) ([]byte, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, stele.E("change book", stele.KindOther, "a row of "+t.Name+" can't be written", err)
	}
	return raw, nil
}

func (t *Table[T]) decode(raw []byte) (value T, err error) {
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, unreadable(t.Name, err)
	}
	return value, nil
}

// unreadable is a row that opens and says nothing to this version.
func unreadable(name string, err error) error {
	return stele.E("read book", stele.KindInvalid, "a row of "+name+" is of another version", err).
		WithHint("use the version of stele that wrote it, or a newer one")
}

// state is the first row as of a view.
func (v *View) state() (s state, err error) {
	if v.next != nil {
		return *v.next, nil
	}
	raw, err := v.row(v.drawer(""), id{})
	if raw == nil || err != nil {
		return s, err
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, unreadable("the book", err)
	}
	return s, nil
}
