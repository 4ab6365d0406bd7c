package links

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/intake"
)

// This file changes what wants a look into what was delivered.

// TieID ties the id of a Patient resource, so that records alone find their
// patient. An id that is, or was, of two patients ties nobody, however often one is
// enrolled: it reports whether it did. Of an id that is in no link yet, elsewhere says
// whether another's records came under it.
func (t *Table) TieID(id string, l Link, elsewhere func() (bool, error)) (bool, error) {
	release, err := t.alone("link patient")
	if err != nil {
		return false, err
	}
	defer release()
	t.changing.Lock()
	defer t.changing.Unlock()
	l.System, l.Number = intake.PatientID, id
	of := func(o Link) bool { return o.System == l.System && o.Number == id }
	these, err := book.Values(linkRows.Find(t.book, linkByNumber, intake.Clean(id)))
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
	if another {
		return false, t.untie(id, of)
	}
	shared, err := t.shared(id)
	if err != nil || shared && len(these) == 0 {
		return false, err
	}
	return true, t.link([]Link{l}, Confirmed{Same: true})
}

// shared reports whether an id was of two.
func (t *Table) shared(id string) (is bool, err error) {
	err = t.book.View(func(v *book.View) error {
		ids, err := sharedRow.Get(v)
		is = slices.Contains(ids, id)
		return err
	})
	return is, err
}

// untie removes the rows of an id that is of two, and remembers it.
func (t *Table) untie(id string, of func(Link) bool) error {
	return t.book.Change(func(c *book.Change) error {
		shared, err := sharedRow.Get(c)
		if err != nil {
			return err
		}
		if !slices.Contains(shared, id) {
			if err := sharedRow.Set(c, append(shared, id)); err != nil {
				return err
			}
		}
		rows, err := book.Rows(linkRows.Find(c, linkByNumber, intake.Clean(id)))
		if err != nil {
			return err
		}
		return linkRows.RemoveSome(c, rows, of)
	})
}

// AddSystem makes a system of identifiers, or the base of a FHIR server, the owner's: its
// numbers link, and the ids of its records are kept. late says whether records of that
// server came before, under ids that were made for them: then it comes late (see Late),
// and what comes from it gets such, too.
func (t *Table) AddSystem(system string, late func(own func(string) bool) (bool, error)) error {
	release, err := t.alone("add system")
	if err != nil {
		return err
	}
	defer release()
	t.changing.Lock()
	defer t.changing.Unlock()
	of := func(o string) bool { return intake.SameSystem(o, system) }
	before := t.own.Load()
	if slices.ContainsFunc(before.systems, of) {
		return nil
	}
	came, err := late(of)
	if err != nil {
		return err
	}
	if err := t.oneOfEach(system); err != nil {
		return err
	}
	after := own{append(slices.Clone(before.systems), system), before.late}
	if slices.Sort(after.systems); came {
		after.late = append(slices.Clone(before.late), system)
	}
	return t.set(after)
}

// oneOfEach fails with KindExists where a number of a system is another patient's among
// the numbers that are the owner's: once the system is, too, nobody could tell which.
func (t *Table) oneOfEach(system string) error {
	of := func(l Link) bool { return l.System != "" && intake.SameSystem(l.System, system) }
	owns := func(l Link) bool {
		return l.System == "" || slices.ContainsFunc(t.own.Load().systems, func(o string) bool { return intake.SameSystem(o, l.System) })
	}
	return t.book.View(func(v *book.View) error {
		for row, err := range linkRows.All(v) {
			if err != nil {
				return err
			}
			if !of(row.Value) {
				continue
			}
			same, err := book.Rows(linkRows.Find(v, linkByNumber, row.Value.Number))
			if err != nil {
				return err
			}
			for _, o := range same {
				if o.Value.Number == row.Value.Number && o.Value.Subject != row.Value.Subject && owns(o.Value) {
					return stele.E("add system", stele.KindExists, row.Value.Number+" of that system is one patient's, and among your own numbers another's", nil).
						WithHint("look which is right, and unlink the other: stele patient find " + row.Value.Number)
				}
			}
		}
		return nil
	})
}

// RemoveSystem takes it back, unless in says why not. It fails with KindNotFound.
func (t *Table) RemoveSystem(system string, in func() error) error {
	release, err := t.alone("remove system")
	if err != nil {
		return err
	}
	defer release()
	t.changing.Lock()
	defer t.changing.Unlock()
	is := func(o string) bool { return intake.SameSystem(o, system) }
	before := t.own.Load()
	if !slices.ContainsFunc(before.systems, is) {
		return stele.E("remove system", stele.KindNotFound, "that system is not one of yours", nil).WithHint("stele patient system list lists them")
	}
	if err := in(); err != nil {
		return err
	}
	return t.set(own{slices.DeleteFunc(slices.Clone(before.systems), is), slices.DeleteFunc(slices.Clone(before.late), is)})
}

// set writes which systems are the owner's.
func (t *Table) set(o own) error {
	err := t.book.Change(func(c *book.Change) error {
		if err := systemsRow.Set(c, o.systems); err != nil {
			return err
		}
		return lateRow.Set(c, o.late)
	})
	if err == nil {
		t.own.Store(&o)
	}
	return err
}
