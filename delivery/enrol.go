package delivery

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
)

// LinkID ties the id of a Patient resource, so that records alone find their
// patient. An id that is, or was, of two patients ties nobody, however often one is
// enrolled: it reports whether it did.
func (d *Desk) LinkID(id string, l links.Link) (bool, error) {
	return d.w.Links().TieID(id, l, func() (bool, error) { return d.standsElsewhere(id, l.Subject) })
}

// standsElsewhere reports whether a Patient of an id stands in a chart of another than a
// subject's: of the organisation's own servers, or of the one that the id shows. The charts are
// looked through for an id without a server only where it was ever delivered.
func (d *Desk) standsElsewhere(id string, than stele.Subject) (bool, error) {
	base, name := fhir.Base(id)
	if foreign := d.w.Links().Own().Foreign(base); foreign {
		another := false
		err := d.eachMemory(func(m *memory) {
			another = another || m.subject != than && slices.ContainsFunc(stand(m.guests[name]), func(k *kept) bool { return intake.SameSystem(k.base, base) })
		})
		return another, err
	}
	if base == "" {
		name = "Patient/" + id
	}
	seen, err := d.delivered()
	if err != nil || !seen.has(d.namePrint(name)) {
		return false, err
	}
	found, err := d.whoHas(map[string]bool{name: true})
	return slices.ContainsFunc(found[name], func(o stele.Subject) bool { return o != than }), err
}

// AddSystem makes a system of identifiers, or the base of a FHIR server, the
// organisation's own: its numbers link, and the ids of its records are kept. Where
// records of that server stand in charts under ids that were made for them, it comes late
// ([links.Table.Late]): these stay, and what comes from it gets such, too, or it would stand there
// twice.
func (d *Desk) AddSystem(system string) error {
	return d.w.Links().AddSystem(system, func(own func(string) bool) (late bool, err error) {
		err = d.eachMemory(func(m *memory) {
			for _, k := range m.byHandle {
				late = late || k.Was != "" && !k.withdrawn && own(k.base)
			}
		})
		return late, err
	})
}

// RemoveSystem takes it back. It fails with KindNotFound; and with KindExists where records
// of that server stand in charts under their own ids: as another's they would have others
// from then on, and no newer version and no DELETE would find these.
func (d *Desk) RemoveSystem(system string) error {
	return d.w.Links().RemoveSystem(system, func() error {
		stand, charts := 0, 0
		if err := d.eachMemory(func(m *memory) {
			before := stand
			for _, k := range m.byHandle {
				if k.Was == "" && k.ID != "" && !intake.OfItself(k.ID) && !k.withdrawn && intake.SameSystem(k.base, system) {
					stand++
				}
			}
			if stand > before {
				charts++
			}
		}); err != nil || stand == 0 {
			return err
		}
		return stele.E("remove system", stele.KindExists, stele.Count(stand, "record", "records")+" of that server stand in "+stele.Count(charts, "chart", "charts")+" under the ids that it gave them, which only a server of your own does", nil).
			WithHint("take them back first: stele withdraw --list --patient …")
	})
}
