package intake

import (
	"cmp"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// moved refuses the older versions of a record of which a newer one in the files
// names another patient; and both where nothing says which is the newer.
func (s *Survey) moved() {
	type called struct {
		server       int32
		file, bundle int // file and bundle where the server is not known: two may be of two
		name         string
	}
	all := map[called][]*node{}
	s.each(func(n *node) {
		if !n.ofOne() && !n.ofSomebodyElse() || n.id == "" || n.remade() {
			return
		}
		key := called{server: n.server, name: n.name()}
		if n.server == 0 {
			key.file, key.bundle = n.file.number, n.bundle
		}
		all[key] = append(all[key], n)
	})
	for _, versions := range all {
		if slices.ContainsFunc(versions, func(n *node) bool { return n.goesTo() != versions[0].goesTo() }) {
			settleVersions(versions)
		}
	}
}

// ofSomebodyElse reports whether a record was refused as who it names has no chart here.
func (n *node) ofSomebodyElse() bool {
	return n.state == named && len(n.To) == 0 && n.person == nil && !n.nothing && n.lost
}

// goesTo is into whose chart a record goes; the zero Subject stands for all who have none.
func (n *node) goesTo() stele.Subject {
	if len(n.To) == 0 {
		return stele.Subject{}
	}
	return n.To[0]
}

// settleVersions refuses all versions of a record that name different patients, but
// those than which none that names another is newer.
func settleVersions(versions []*node) {
	const two = "there are two of this id, and they name different patients"
	age := ages(versions)
	if age == nil {
		for _, n := range versions {
			if len(n.To) > 0 {
				n.refuse(because(two, n.name()))
			}
		}
		return
	}
	slices.SortStableFunc(versions, age)
	newest := versions[0].goesTo() // and nobody else's, as far as it was looked
	alone := true
	for at := 0; at < len(versions); {
		end := at + 1
		for end < len(versions) && age(versions[at], versions[end]) == 0 {
			end++
		}
		same := versions[at:end]
		at = end
		divided := slices.ContainsFunc(same, func(n *node) bool { return n.goesTo() != same[0].goesTo() })
		older := alone && !divided && same[0].goesTo() == newest
		for _, n := range same {
			switch {
			case older, len(n.To) == 0: // refused before
			case divided && alone:
				n.refuse(because(two, n.name()))
			default:
				n.refuse(because("a newer version of it names another patient"))
			}
		}
		alone = older
	}
}

// ages returns how versions of one record are ordered, the newest first: by number
// where all have one, else by time, else by their place in a history, which begins with
// the newest; nil where nothing says it of all.
func ages(versions []*node) func(a, b *node) int {
	all := func(has func(n *node) bool) bool {
		return !slices.ContainsFunc(versions, func(n *node) bool { return !has(n) })
	}
	place := func(a, b *node) int { return 0 }
	history := all(func(n *node) bool {
		return n.kind == "history" && n.file == versions[0].file && n.bundle == versions[0].bundle
	})
	if history {
		place = func(a, b *node) int { return cmp.Compare(a.index, b.index) }
	}
	time := func(a, b *node) int { return 0 }
	timed := all(func(n *node) bool { return !n.modified().IsZero() })
	if timed {
		time = func(a, b *node) int { return cmp.Or(b.modified().Compare(a.modified()), place(a, b)) }
	}
	switch {
	case all(func(n *node) bool { _, ok := fhir.ParseVersionNumber(n.version); return ok }):
		return func(a, b *node) int {
			x, _ := fhir.ParseVersionNumber(a.version)
			y, _ := fhir.ParseVersionNumber(b.version)
			return cmp.Or(y.Compare(x), time(a, b), place(a, b))
		}
	case timed:
		return time
	case history:
		return place
	}
	return nil
}

// stamp is what is told of when a version was made, or deleted.
func (n *node) stamp() fhir.Version { return fhir.Version{ID: n.version, Updated: n.updated} }

// modified is when a version was made; zero where it is not told.
func (n *node) modified() time.Time {
	at, _ := time.Parse(time.RFC3339, n.updated)
	return at
}
