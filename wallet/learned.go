package wallet

import (
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/wallet/internal/seam"
)

// State returns what the wallet has learned of what there is one of. Nobody writes into
// its lists.
func (w *Wallet) State() State {
	if s := w.state.Load(); s != nil {
		return *s
	}
	return State{}
}

// update changes the state: what f leaves is on disk when update returns nil, and nothing
// is changed otherwise. f puts new lists in the place of those that it finds.
func (w *Wallet) update(f func(*State) error) error {
	return w.change(func(_ *book.Change, s *State) error { return f(s) })
}

func init() {
	seam.Update = func(w, edit any) error {
		return w.(*Wallet).update(func(s *State) error { edit.(func(*State))(s); return nil })
	}
	seam.Keep = func(w, grants any) error {
		return w.(*Wallet).learned.Change(func(c *book.Change) error {
			for _, h := range grants.([]Held) {
				if err := heldRows.Add(c, h); err != nil {
					return err
				}
			}
			return nil
		})
	}
	seam.ForgetAsked = func(w any) error {
		return w.(*Wallet).learned.Change(func(c *book.Change) error {
			return askedRows.RemoveWhere(c, func(Asking) bool { return true })
		})
	}
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
