package wallet

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// LinkID ties the id of a Patient resource, so that records alone find their
// patient. An id that is, or was, of two patients ties nobody, however often one is
// enrolled: it reports whether it did.
func (s *Session) LinkID(id string, l Link) (bool, error) {
	s.linking.Lock()
	defer s.linking.Unlock()
	l.System, l.Number = intake.PatientID, id
	of := func(o Link) bool { return o.System == l.System && o.Number == id }
	these, err := found(s.Wallet, linkRows, linkByNumber, intake.Clean(id))
	if err != nil {
		return false, err
	}
	these = slices.DeleteFunc(these, func(o Link) bool { return !of(o) })
	another := slices.ContainsFunc(these, func(o Link) bool { return o.Subject != l.Subject })
	if len(these) == 0 {
		if another, err = s.standsElsewhere(id, l.Subject); err != nil {
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

// standsElsewhere reports whether a Patient of an id stands in a chart of another than a
// subject's: of the organisation's own servers, or of the one that the id shows. The charts are
// looked through for an id without a server only where it was ever delivered.
func (s *Session) standsElsewhere(id string, than stele.Subject) (bool, error) {
	base, name := fhir.Base(id)
	if foreign := s.State().Table().Foreign(base); foreign {
		another := false
		err := s.eachMemory(func(m *memory) {
			another = another || m.subject != than && slices.ContainsFunc(stand(m.guests[name]), func(k *kept) bool { return intake.SameSystem(k.base, base) })
		})
		return another, err
	}
	if base == "" {
		name = "Patient/" + id
	}
	seen, err := s.delivered()
	if err != nil || !seen.has(s.namePrint(name)) {
		return false, err
	}
	found, err := s.whoHas(map[string]bool{name: true})
	return slices.ContainsFunc(found[name], func(o stele.Subject) bool { return o != than }), err
}

// AddSystem makes a system of identifiers, or the base of a FHIR server, the
// organisation's own: its numbers link, and the ids of its records are kept. Where
// records of that server stand in charts under ids that were made for them, it comes late
// (State.Late): these stay, and what comes from it gets such, too, or it would stand there
// twice.
func (s *Session) AddSystem(system string) error {
	s.linking.Lock()
	defer s.linking.Unlock()
	of := func(o string) bool { return intake.SameSystem(o, system) }
	if slices.ContainsFunc(s.State().Systems, of) {
		return nil
	}
	late := false
	if err := s.eachMemory(func(m *memory) {
		for _, k := range m.byHandle {
			late = late || k.Was != "" && !k.withdrawn && of(k.base)
		}
	}); err != nil {
		return err
	}
	return s.Update(func(state *State) error {
		if late {
			state.Late = append(slices.Clone(state.Late), system)
		}
		state.Systems = append(slices.Clone(state.Systems), system)
		slices.Sort(state.Systems)
		return nil
	})
}

// RemoveSystem takes it back. It fails with KindNotFound; and with KindExists where records
// of that server stand in charts under their own ids: as another's they would have others
// from then on, and no newer version and no DELETE would find these.
func (s *Session) RemoveSystem(system string) error {
	const op = "remove system"
	s.linking.Lock()
	defer s.linking.Unlock()
	is := func(o string) bool { return intake.SameSystem(o, system) }
	if !slices.ContainsFunc(s.State().Systems, is) {
		return stele.E(op, stele.KindNotFound, "that system is not one of yours", nil).WithHint("stele patient system list lists them")
	}
	stand, charts := 0, 0
	if err := s.eachMemory(func(m *memory) {
		before := stand
		for _, k := range m.byHandle {
			if k.Was == "" && k.ID != "" && !intake.OfItself(k.ID) && !k.withdrawn && intake.SameSystem(k.base, system) {
				stand++
			}
		}
		if stand > before {
			charts++
		}
	}); err != nil {
		return err
	}
	if stand > 0 {
		return stele.E(op, stele.KindExists, stele.Count(stand, "record", "records")+" of that server stand in "+stele.Count(charts, "chart", "charts")+" under the ids that it gave them, which only a server of your own does", nil).
			WithHint("take them back first: stele withdraw --list --patient …")
	}
	return s.Update(func(state *State) error {
		state.Systems, state.Late = slices.DeleteFunc(slices.Clone(state.Systems), is), slices.DeleteFunc(slices.Clone(state.Late), is)
		return nil
	})
}
