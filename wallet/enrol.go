package wallet

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// LinkID ties the id of a Patient resource, so that records alone find their
// patient. An id that is, or was, of two patients ties nobody, however often one is
// enrolled: it reports whether it did.
func (s *Session) LinkID(id string, l Link) (bool, error) {
	l.System, l.Number = intake.PatientID, id
	of := func(o Link) bool { return o.System == l.System && o.Number == id }
	another := slices.ContainsFunc(s.State.Links, func(o Link) bool { return of(o) && o.Subject != l.Subject })
	theirs := slices.ContainsFunc(s.State.Links, func(o Link) bool { return of(o) && o.Subject == l.Subject })
	if !another && !theirs {
		var err error
		if another, err = s.standsElsewhere(id, l.Subject); err != nil {
			return false, err
		}
	}
	if another {
		s.State.Links = slices.DeleteFunc(s.State.Links, of)
		if !slices.Contains(s.State.Shared, id) {
			s.State.Shared = append(s.State.Shared, id)
		}
		return false, s.Save()
	}
	if slices.Contains(s.State.Shared, id) && !slices.ContainsFunc(s.State.Links, of) {
		return false, nil
	}
	return true, s.Link([]Link{l}, Linking{Same: true})
}

// standsElsewhere reports whether a Patient of an id stands in a chart of another than a
// subject's: of the organisation's own servers, or of the one that the id shows. The charts are
// looked through for an id without a server only where it was ever delivered.
func (s *Session) standsElsewhere(id string, than stele.Subject) (bool, error) {
	base, name := fhir.Base(id)
	if foreign := s.State.Table().Foreign(base); foreign {
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
	of := func(o string) bool { return intake.SameSystem(o, system) }
	if slices.ContainsFunc(s.State.Systems, of) {
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
	if late {
		s.State.Late = append(s.State.Late, system)
	}
	s.State.Systems = append(s.State.Systems, system)
	slices.Sort(s.State.Systems)
	return s.Save()
}

// RemoveSystem takes it back. It fails with KindNotFound; and with KindExists where records
// of that server stand in charts under their own ids: as another's they would have others
// from then on, and no newer version and no DELETE would find these.
func (s *Session) RemoveSystem(system string) error {
	const op = "remove system"
	is := func(o string) bool { return intake.SameSystem(o, system) }
	if !slices.ContainsFunc(s.State.Systems, is) {
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
	s.State.Systems, s.State.Late = slices.DeleteFunc(s.State.Systems, is), slices.DeleteFunc(s.State.Late, is)
	return s.Save()
}
