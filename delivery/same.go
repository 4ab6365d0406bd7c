package delivery

import (
	"context"
	"slices"

	"github.com/stele-health/stele"
)

// samePerson tells of two who are linked here whether they are one person, whose charts were merged: as members
// tell who holds a write grant of either. Where they do not say, they are two.
func (d *Desk) samePerson(ctx context.Context) func(a, b stele.Subject) bool {
	others := map[stele.Subject][]stele.Subject{}
	of := func(subject stele.Subject) []stele.Subject {
		if known, asked := others[subject]; asked {
			return known
		}
		held, err := d.w.HeldWriteGrant(subject)
		if err == nil {
			others[subject], err = d.w.OtherCharts(ctx, d.w.AsGiven(held))
		}
		if err != nil {
			others[subject] = nil
		}
		return others[subject]
	}
	return func(a, b stele.Subject) bool { return slices.Contains(of(a), b) || slices.Contains(of(b), a) }
}
