package wallet

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/intake"
)

// This file changes what of the link table wants a look into what was delivered. Package
// delivery looks: its LinkID, AddSystem and RemoveSystem are for callers, these are not.

// TieID ties the id of a Patient resource, so that records alone find their
// patient. An id that is, or was, of two patients ties nobody, however often one is
// enrolled: it reports whether it did. Of an id that is in no link yet, elsewhere says
// whether another's records came under it.
func (s *Session) TieID(id string, l Link, elsewhere func() (bool, error)) (bool, error) {
	s.linking.Lock()
	defer s.linking.Unlock()
	l.System, l.Number = intake.PatientID, id
	of := func(o Link) bool { return o.System == l.System && o.Number == id }
	these, err := valuesWith(s.Wallet, linkRows, linkByNumber, intake.Clean(id))
	if err != nil {
		return false, err
	}
	these = slices.DeleteFunc(these, func(o Link) bool { return !of(o) })
	another := slices.ContainsFunc(these, func(o Link) bool { return o.Subject != l.Subject })
	if len(these) == 0 {
		if another, err = elsewhere(); err != nil {
			return false, err
		}
	}
	shared := slices.Contains(s.State().Shared, id)
	switch {
	case another:
		return false, s.change(func(c *book.Change, state *State) error {
			if !shared {
				state.Shared = append(slices.Clone(state.Shared), id)
			}
			rows, err := rowsOf(c, linkRows, linkByNumber, intake.Clean(id))
			if err == nil {
				_, err = drop(c, linkRows, rows, of)
			}
			return err
		})
	case shared && len(these) == 0:
		return false, nil
	}
	return true, s.link([]Link{l}, Linking{Same: true})
}

// AddOwnSystem makes a system of identifiers, or the base of a FHIR server, the organisation's
// own: its numbers link, and the ids of its records are kept. late says whether records of
// that server came before, under ids that were made for them: then it comes late
// (State.Late), and what comes from it gets such, too.
func (s *Session) AddOwnSystem(system string, late func(own func(string) bool) (bool, error)) error {
	s.linking.Lock()
	defer s.linking.Unlock()
	of := func(o string) bool { return intake.SameSystem(o, system) }
	if slices.ContainsFunc(s.State().Systems, of) {
		return nil
	}
	came, err := late(of)
	if err != nil {
		return err
	}
	return s.Update(func(state *State) error {
		if came {
			state.Late = append(slices.Clone(state.Late), system)
		}
		state.Systems = append(slices.Clone(state.Systems), system)
		slices.Sort(state.Systems)
		return nil
	})
}

// RemoveOwnSystem takes it back, unless in says why not. It fails with KindNotFound.
func (s *Session) RemoveOwnSystem(system string, in func() error) error {
	s.linking.Lock()
	defer s.linking.Unlock()
	is := func(o string) bool { return intake.SameSystem(o, system) }
	if !slices.ContainsFunc(s.State().Systems, is) {
		return stele.E("remove system", stele.KindNotFound, "that system is not one of yours", nil).WithHint("stele patient system list lists them")
	}
	if err := in(); err != nil {
		return err
	}
	return s.Update(func(state *State) error {
		state.Systems, state.Late = slices.DeleteFunc(slices.Clone(state.Systems), is), slices.DeleteFunc(slices.Clone(state.Late), is)
		return nil
	})
}
