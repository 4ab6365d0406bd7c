package book

import (
	"encoding/json"
	"slices"

	"github.com/stele-health/stele"
)

// This file reads and changes several rows of a table at a time.

// Rows lists all rows, for a table that never has many.
func (t *Table[T]) Rows(r Reader) (rows []Row[T], err error) {
	for row, err := range t.All(r) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// RowsWith lists the rows that have a word, in the order in which they came.
func (t *Table[T]) RowsWith(r Reader, x *Index[T], word string) (rows []Row[T], err error) {
	for row, err := range t.Find(r, x, word) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Values is what all rows say, in the order in which they came.
func (t *Table[T]) Values(b *Book) (values []T, err error) {
	err = b.View(func(v *View) error {
		for row, err := range t.All(v) {
			if err != nil {
				return err
			}
			values = append(values, row.Value)
		}
		return nil
	})
	return values, err
}

// ValuesWith is what the rows say that have a word, in the order in which they came.
func (t *Table[T]) ValuesWith(b *Book, x *Index[T], word string) (values []T, err error) {
	err = b.View(func(v *View) error {
		rows, err := t.RowsWith(v, x, word)
		for _, row := range rows {
			values = append(values, row.Value)
		}
		return err
	})
	return values, err
}

// Count is how many rows there are.
func (t *Table[T]) Count(b *Book) (n int, err error) {
	err = b.View(func(v *View) (err error) {
		n, err = t.Len(v)
		return err
	})
	return n, err
}

// Append writes a new row whose number nobody asks for.
func (t *Table[T]) Append(c *Change, value T) error {
	_, err := t.Add(c, value)
	return err
}

// PutSome writes those of some rows anew that f changes and says so.
func (t *Table[T]) PutSome(c *Change, some []Row[T], f func(*T) bool) error {
	for _, row := range some {
		if f(&row.Value) {
			if err := t.Put(c, row.Number, row.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// RemoveSome removes those of some rows that f names, and returns how many.
func (t *Table[T]) RemoveSome(c *Change, some []Row[T], f func(T) bool) (n int, err error) {
	for _, row := range some {
		if f(row.Value) {
			if err := t.Remove(c, row.Number); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// filledAtOnce is how many rows go into one change of Fill.
const filledAtOnce = 1000

// Fill writes rows into an empty table, in as many changes as it takes, and holds what
// stands there then against them: KindProof where that differs.
func (t *Table[T]) Fill(b *Book, values []T) error {
	for some := range slices.Chunk(values, filledAtOnce) {
		if err := b.Change(func(c *Change) error {
			for _, value := range some {
				if err := t.Append(c, value); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return b.View(func(v *View) error { return t.holds(v, values) })
}

// holds reports whether these are a table's rows, all of them and in order.
func (t *Table[T]) holds(r Reader, want []T) error {
	i := 0
	for row, err := range t.All(r) {
		switch {
		case err != nil:
			return err
		case i == len(want) || !alike(row.Value, want[i]):
			return t.different()
		}
		i++
	}
	if i < len(want) {
		return t.different()
	}
	return nil
}

func alike(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(x) == string(y)
}

func (t *Table[T]) different() error {
	return stele.E("fill book", stele.KindProof, "the table "+t.Name+" does not hold what was put into it", nil).
		WithHint("tell those who make stele; what it was made of is untouched")
}
