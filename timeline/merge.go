package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// merge tells every fact once. Two entries state the same fact when what they say
// is equal in every word (telling's Fact), they stand alike (see says), and
//
//   - they say it of the same instant, or of the same date without a time; or
//   - they come from different sources and one knows only the day, on which the
//     other has exactly one such fact; or
//   - the fact has no day of its own, as an allergy, or no time of day, as a note
//     whose text is the same.
//
// So two equal blood pressures of one morning and evening stay two. Where one
// source tells two facts apart that would be one here, what tells them apart
// counts for all: they stay two, and only what is equal in every word is one.
//
// Nobody's words are lent to another: a line is what each of its sources said.
// Entries come in the order of what their records say, whoever delivered them.
func merge(entries []Entry) []Entry {
	groups := map[string][]*Entry{}
	var order []string
	for i := range entries {
		key := entries[i].says()
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], &entries[i])
	}
	out := make([]Entry, 0, len(entries))
	for _, key := range order {
		group := groups[key]
		if len(group) == 1 {
			out = append(out, *group[0])
			continue
		}
		out = append(out, mergeGroup(group)...)
	}
	return out
}

// says is equal for entries of any sources that say the same and stand alike. How an
// entry stands is decided for each source by itself: what one source replaced, left
// in doubt or filed elsewhere changes nothing of what holds for another.
func (e *Entry) says() string {
	kind := e.Kind
	switch kind {
	case stele.Results, stele.Imaging:
		if e.Daily {
			kind = stele.Documents // one note often comes as a report and as a document
		}
	}
	stands := []byte{'|', byte(e.Stands) + '0', '-', '-', '-', '|'}
	for i, is := range []bool{e.Held, e.Directive, incidental(*e)} {
		if is {
			stands[2+i] = '+'
		}
	}
	return e.Fact + string(stands) + string(kind) + "|" + e.Status
}

// mergeGroup merges entries that say the same, each of its own time.
func mergeGroup(group []*Entry) []Entry {
	var timed, loose clusters
	for _, e := range group {
		day, instant := "day "+e.When.Day, fmt.Sprint("at ", e.When.At)
		switch {
		case e.Timeless:
			loose.join(e, "")
		case e.Daily && e.When.Timed:
			loose.join(e, day, instant)
		case e.When.Timed:
			timed.join(e, instant)
		default:
			loose.join(e, day)
		}
	}
	var out []Entry
	for _, c := range meet(timed.apart(), loose.apart()) {
		out = append(out, c.one())
	}
	return out
}

// cluster is entries that state one fact of one time.
type cluster []*Entry

// clusters are clusters found by the times that they know.
type clusters struct {
	list []cluster // nil where another took it in
	by   map[string]int
}

// join adds e to the clusters that know one of the times, which it makes one.
func (s *clusters) join(e *Entry, times ...string) {
	if s.by == nil {
		s.by = map[string]int{}
	}
	mine := -1
	for _, t := range times {
		n, ok := s.by[t]
		switch {
		case !ok || n == mine:
		case mine < 0:
			mine = n
		default:
			s.list[mine] = append(s.list[mine], s.list[n]...)
			s.list[n] = nil
			for key, m := range s.by {
				if m == n {
					s.by[key] = mine
				}
			}
		}
	}
	if mine < 0 {
		mine = len(s.list)
		s.list = append(s.list, nil)
	}
	s.list[mine] = append(s.list[mine], e)
	for _, t := range times {
		s.by[t] = mine
	}
}

// apart splits the clusters in which a source itself tells facts apart.
func (s *clusters) apart() (out []cluster) {
	for _, c := range s.list {
		first, differ := map[int]*Entry{}, false
		for _, e := range c {
			if f := first[e.Vouched[0].Source]; f == nil {
				first[e.Vouched[0].Source] = e
			} else if differ = f.within() != e.within(); differ {
				break
			}
		}
		if !differ {
			if len(c) > 0 {
				out = append(out, c)
			}
			continue
		}
		var parts clusters
		for _, e := range c {
			parts.join(e, e.within())
		}
		out = append(out, parts.list...)
	}
	return out
}

// meet joins what is known to the day only with the one such fact of that day
// that another source times.
func meet(timed, loose []cluster) []cluster {
	timedOn, looseOn := onDays(timed), onDays(loose)
	joined := make([]bool, len(timed))
	var rest []cluster
	for i, c := range loose {
		t := c.partner(timedOn)
		if t < 0 || timed[t].partner(looseOn) != i || shareSource(timed[t], c) {
			rest = append(rest, c)
			continue
		}
		timed[t], joined[t] = append(timed[t], c...), true
	}
	return append(timed, rest...)
}

// onDays finds clusters by the days that they know.
func onDays(list []cluster) map[string][]int {
	out := map[string][]int{}
	for n, c := range list {
		for _, e := range c {
			day := e.When.Day
			if known := out[day]; !e.Timeless && day != "" && (len(known) == 0 || known[len(known)-1] != n) {
				out[day] = append(known, n)
			}
		}
	}
	return out
}

// partner is the only cluster that knows a day of c, -1 for none or several.
func (c cluster) partner(on map[string][]int) int {
	found := -1
	for _, e := range c {
		for _, n := range on[e.When.Day] {
			if e.Timeless || found >= 0 && found != n {
				return -1
			}
			found = n
		}
	}
	return found
}

func shareSource(a, b cluster) bool {
	sources := map[int]bool{}
	for _, e := range a {
		sources[e.Vouched[0].Source] = true
	}
	return slices.ContainsFunc(b, func(e *Entry) bool { return sources[e.Vouched[0].Source] })
}

// one makes one entry of a cluster. As all say the same, it takes from each only who
// vouches for it, what refers to it and the mark that a record says more. A fact
// without a day of its own is told at the earliest date; an instant on the day that
// it was where it happened.
func (c cluster) one() Entry {
	if len(c) == 1 {
		return *c[0]
	}
	o := *c[0]
	o.Vouched, o.Earlier, o.refs, o.results, o.lists, o.encounters, o.acts, o.flags, o.uses = nil, nil, nil, nil, nil, nil, nil, nil, nil
	for _, e := range c {
		o.Vouched = append(o.Vouched, e.Vouched...)
		o.Earlier = append(o.Earlier, e.Earlier...)
		o.refs = append(o.refs, e.refs...)
		o.results = append(o.results, e.results...)
		o.lists = append(o.lists, e.lists...)
		o.encounters = append(o.encounters, e.encounters...)
		o.acts = append(o.acts, e.acts...)
		o.flags = append(o.flags, e.flags...)
		o.uses = append(o.uses, e.uses...)
		o.More = o.More || e.More
		if e.Type == "DocumentReference" {
			o.Type, o.Kind = e.Type, e.Kind // the same note as a report and as a document
		}
		if prior(e.When, o.When) {
			o.When = e.When
		}
	}
	bySourceAndHandle(o.Vouched)
	o.Note = joined(", ", o.Note, o.times())
	return o
}

// times says in how many records of one source the same act is told.
func (e *Entry) times() string {
	n := mostOfOneSource(e.Vouched)
	if n < 2 || !acts[e.Type] {
		return ""
	}
	return fmt.Sprintf("in %d records, perhaps %d times", n, n)
}

// acts are the types of what was done, given or ordered: whether it was told twice, or
// done twice and nobody wrote when, is not known here.
var acts = set("Immunization", "MedicationAdministration", "MedicationDispense", "MedicationRequest", "Procedure", "ServiceRequest")

func mostOfOneSource(list []Vouch) int {
	n, most := map[int]int{}, 0
	for _, v := range list {
		n[v.Source]++
		most = max(most, n[v.Source])
	}
	return most
}

func bySourceAndHandle(list []Vouch) {
	slices.SortStableFunc(list, func(a, b Vouch) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), slices.Compare(a.Handle[:], b.Handle[:]))
	})
}

// prior reports whether a fact is told of a rather than of b: a day rather than
// none, an instant rather than its day, a day in the zone of the place rather
// than in UTC, in which many systems write, the earlier day.
func prior(a, b telling.Moment) bool {
	switch {
	case (a.Day == "") != (b.Day == ""):
		return a.Day != ""
	case a.Timed && b.Timed && a.At == b.At:
		if (a.Zone == telling.UTC) != (b.Zone == telling.UTC) {
			return b.Zone == telling.UTC
		}
		return a.Day < b.Day || a.Day == b.Day && a.Clock < b.Clock
	case a.Timed != b.Timed && a.Day[:min(10, len(a.Day))] == b.Day[:min(10, len(b.Day))]:
		return a.Timed
	}
	return strings.Compare(a.Day, b.Day) < 0 || a.Day == b.Day && a.At < b.At
}
