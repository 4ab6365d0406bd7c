package book

import (
	"encoding/json"
	"iter"
	"slices"

	"github.com/stele-health/stele"
)

// This file reads and changes several rows of a table at a time.

// Rows lists the rows of a sequence: of [Table.All], for a table that never has many, or of
// what an index finds.
func Rows[T any](all iter.Seq2[Row[T], error]) (rows []Row[T], err error) {
	for row, err := range all {
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Values is what the rows of a sequence say, in its order.
func Values[T any](all iter.Seq2[Row[T], error]) (values []T, err error) {
	for row, err := range all {
		if err != nil {
			return nil, err
		}
		values = append(values, row.Value)
	}
	return values, nil
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

// RemoveSome removes those of some rows that f names.
func (t *Table[T]) RemoveSome(c *Change, some []Row[T], f func(T) bool) error {
	for _, row := range some {
		if f(row.Value) {
			if err := t.Remove(c, row.Number); err != nil {
				return err
			}
		}
	}
	return nil
}

// RemoveWhere removes the rows of a table that never has many that f names.
func (t *Table[T]) RemoveWhere(c *Change, f func(T) bool) error {
	rows, err := Rows(t.All(c))
	if err != nil {
		return err
	}
	return t.RemoveSome(c, rows, f)
}

// filledAtOnce is how many rows go into one change of Fill.
const filledAtOnce = 1000

// Fill writes rows into an empty table, in as many changes as it takes, and holds what
// stands there then against them: KindProof where that differs.
func (t *Table[T]) Fill(b *Book, values []T) error {
	for some := range slices.Chunk(values, filledAtOnce) {
		if err := b.Change(func(c *Change) error {
			for _, value := range some {
				if err := t.Add(c, value); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return t.holds(b, values)
}

// holds reports whether these are a table's rows, all of them and in order.
func (t *Table[T]) holds(r Reader, want []T) error {
	i := 0
	for row, err := range t.All(r) {
		switch {
		case err != nil:
			return err
		case i == len(want) || !alike(row.Value, want[i]):
			return different("the table " + t.Name)
		}
		i++
	}
	if i < len(want) {
		return different("the table " + t.Name)
	}
	return nil
}

func alike(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(x) == string(y)
}

// Fill writes the value and holds what stands there then against it: KindProof where that
// differs.
func (s Value[T]) Fill(b *Book, value T) error {
	if err := b.Change(func(c *Change) error { return s.Set(c, value) }); err != nil {
		return err
	}
	return s.holds(b, value)
}

func (s Value[T]) holds(r Reader, want T) error {
	value, err := s.Get(r)
	if err == nil && !alike(value, want) {
		return different(s.Name)
	}
	return err
}

func different(name string) error {
	return stele.E("fill book", stele.KindProof, name+" does not hold what was put into it", nil).
		WithHint("tell those who make stele; what it was made of is untouched")
}
