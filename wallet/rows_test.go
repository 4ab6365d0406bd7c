package wallet

import (
	"github.com/stele-health/stele/book"
)

// What a test sees and changes of what a wallet has learned; an error panics.

func (w *Wallet) givenNow() []Given     { return now(w, givenRows) }
func (w *Wallet) heldNow() []Held       { return now(w, heldRows) }
func (w *Wallet) offeredNow() []Offered { return now(w, offeredRows) }
func (w *Wallet) sentNow() []Sent       { return now(w, sentRows) }
func (w *Wallet) linksNow() []Link      { return now(w, linkRows) }

func now[T any](w *Wallet, t *book.Table[T]) []T { return sure(every(w, t)) }

func sure[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// edit changes the state.
func (w *Wallet) edit(f func(*State)) {
	sure(0, w.Update(func(s *State) error { f(s); return nil }))
}

// instead puts other rows in the place of a table's.
func instead[T any](w *Wallet, t *book.Table[T], values ...T) {
	sure(0, w.learned.Change(func(c *book.Change) error {
		_, err := drop(c, t, sure(allOf(c, t)), func(T) bool { return true })
		for _, v := range values {
			sure(0, add(c, t, v))
		}
		return err
	}))
}

// amend changes the rows of a table in their places.
func amend[T any](w *Wallet, t *book.Table[T], f func(i int, value *T)) {
	sure(0, w.learned.Change(func(c *book.Change) error {
		i := -1
		return put(c, t, sure(allOf(c, t)), func(value *T) bool { i++; f(i, value); return true })
	}))
}

// reopen reads what the wallet has learned as another process would.
func (w *Wallet) reopen() error {
	if err := w.learned.Close(); err != nil {
		return err
	}
	w.state.Store(nil)
	return w.openBook(false)
}
