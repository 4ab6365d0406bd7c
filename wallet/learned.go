package wallet

import (
	"github.com/stele-health/stele/book"
)

// State returns what the wallet has learned of what there is one of. Nobody writes into
// its lists.
func (w *Wallet) State() State {
	if s := w.state.Load(); s != nil {
		return *s
	}
	return State{}
}

// Update changes the state: what f leaves is on disk when Update returns nil, and nothing
// is changed otherwise. f puts new lists in the place of those that it finds.
func (w *Wallet) Update(f func(*State) error) error {
	return w.change(func(_ *book.Change, s *State) error { return f(s) })
}

// change changes rows and the state together: all of it is on disk when change returns
// nil, or nothing is changed.
func (w *Wallet) change(f func(c *book.Change, s *State) error) error {
	w.changing.Lock()
	defer w.changing.Unlock()
	before := w.State()
	after := before
	err := w.learned.Change(func(c *book.Change) error {
		if err := f(c, &after); err != nil {
			return err
		}
		for _, s := range settings {
			if s.same(&before, &after) {
				continue
			}
			if err := s.set(c, &after); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		w.state.Store(&after)
	}
	return err
}

// rowsOf lists the rows that have a word, in the order in which they came.
func rowsOf[T any](r book.Reader, t *book.Table[T], x *book.Index[T], word string) (rows []book.Row[T], err error) {
	for row, err := range t.Find(r, x, word) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// valuesWith is what the rows say that have a word, in the order in which they came.
func valuesWith[T any](w *Wallet, t *book.Table[T], x *book.Index[T], word string) (values []T, err error) {
	err = w.learned.View(func(v *book.View) error {
		rows, err := rowsOf(v, t, x, word)
		for _, row := range rows {
			values = append(values, row.Value)
		}
		return err
	})
	return values, err
}

// values is what all rows say, in the order in which they came.
func values[T any](w *Wallet, t *book.Table[T]) (values []T, err error) {
	err = w.learned.View(func(v *book.View) error {
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

// count is how many rows there are.
func count[T any](w *Wallet, t *book.Table[T]) (n int, err error) {
	err = w.learned.View(func(v *book.View) (err error) {
		n, err = t.Len(v)
		return err
	})
	return n, err
}

// put writes those rows anew, of some, that f changes; it reports whether it does.
func put[T any](c *book.Change, t *book.Table[T], some []book.Row[T], f func(*T) bool) error {
	for _, row := range some {
		if f(&row.Value) {
			if err := t.Put(c, row.Number, row.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// drop removes those rows, of some, that f names, and returns how many.
func drop[T any](c *book.Change, t *book.Table[T], some []book.Row[T], f func(T) bool) (n int, err error) {
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

// add puts a new row behind the others.
func add[T any](c *book.Change, t *book.Table[T], value T) error {
	_, err := t.Add(c, value)
	return err
}

// rows lists all rows, for a table that never has many.
func rows[T any](r book.Reader, t *book.Table[T]) (rows []book.Row[T], err error) {
	for row, err := range t.All(r) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
