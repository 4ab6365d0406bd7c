package timeline

import (
	"slices"
	"time"

	"github.com/stele-health/stele/fhir"
)

// renumbered reports whether o is told by the same source and of the same type under an
// identifier that e has, too, and is not known to be the older: many make ids anew each
// time that they write a record out, and it is the same one. As some give one identifier
// to many things, neither takes the other's place: it tells it otherwise.
func renumbered(o, e *Entry) bool {
	if o.whose == nobody || o.whose != e.whose || o.Type != e.Type {
		return false
	}
	a, b := o.record.Root(), e.record.Root()
	same := slices.ContainsFunc(itemsOf(a, "identifier"), func(i fhir.Value) bool {
		return textOf(i, "value") != "" && slices.ContainsFunc(itemsOf(b, "identifier"), func(j fhir.Value) bool {
			return textOf(i, "value") == textOf(j, "value") && textOf(i, "system") == textOf(j, "system")
		})
	})
	return same && !updatedBefore(a, b)
}

// updatedBefore reports whether one record is known to be of an earlier time than another.
func updatedBefore(a, b fhir.Value) bool {
	x, errX := time.Parse(time.RFC3339, textOf(a, "meta", "lastUpdated"))
	y, errY := time.Parse(time.RFC3339, textOf(b, "meta", "lastUpdated"))
	return errX == nil && errY == nil && x.Before(y)
}
