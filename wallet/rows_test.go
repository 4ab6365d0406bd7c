package wallet

import (
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/links"
)

// What a test sees and changes of what a wallet has learned; an error panics.

func (w *Wallet) GivenNow() []Given      { return Now(w, givenRows) }
func (w *Wallet) HeldNow() []Held        { return Now(w, heldRows) }
func (w *Wallet) OfferedNow() []Offered  { return Now(w, offeredRows) }
func (w *Wallet) SentNow() []Sent        { return Now(w, sentRows) }
func (w *Wallet) LinksNow() []links.Link { return Sure(w.Links().Find("")) }

func Now[T any](w *Wallet, t *book.Table[T]) []T { return Sure(book.Values(t.All(w.learned))) }

func Sure[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// edit changes the state.
func (w *Wallet) Edit(f func(*State)) {
	Sure(0, w.update(func(s *State) error { f(s); return nil }))
}

// instead puts other rows in the place of a table's.
func Instead[T any](w *Wallet, t *book.Table[T], values ...T) {
	Sure(0, w.learned.Change(func(c *book.Change) error {
		err := t.RemoveWhere(c, func(T) bool { return true })
		for _, v := range values {
			Sure(0, t.Add(c, v))
		}
		return err
	}))
}

// amend changes the rows of a table in their places.
func Amend[T any](w *Wallet, t *book.Table[T], f func(i int, value *T)) {
	Sure(0, w.learned.Change(func(c *book.Change) error {
		i := -1
		return t.PutSome(c, Sure(book.Rows(t.All(c))), func(value *T) bool { i++; f(i, value); return true })
	}))
}

// reopen reads what the wallet has learned as another process would.
func (w *Wallet) Reopen() error {
	if err := w.learned.Close(); err != nil {
		return err
	}
	w.state.Store(nil)
	return w.openBook(false)
}
