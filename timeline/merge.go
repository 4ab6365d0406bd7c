package timeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stele-health/stele/telling"
)

// merge tells every fact once. Two entries state the same fact when what they
// say is equal (fact.go) and
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
// Entries come in a fixed order; which of two words for one thing is told, and
// on which day, depends on nothing else.
func merge(entries []Entry) []Entry {
	groups := map[string][]int{}
	var order []string
	for i, e := range entries {
		if _, ok := groups[e.Fact]; !ok {
			order = append(order, e.Fact)
		}
		groups[e.Fact] = append(groups[e.Fact], i)
	}
	out := make([]Entry, 0, len(entries))
	for _, key := range order {
		group := groups[key]
		if len(group) == 1 {
			out = append(out, entries[group[0]])
			continue
		}
		out = append(out, mergeGroup(entries, group)...)
	}
	return out
}

// mergeGroup merges entries of one fact key.
func mergeGroup(entries []Entry, group []int) []Entry {
	var timed, loose []cluster
	for _, i := range group {
		e := &entries[i]
		switch {
		case e.Timeless:
			loose = join(loose, e, func(cluster) bool { return true })
		case e.Daily:
			loose = join(loose, e, func(c cluster) bool { return c.knows(e.When.Day) || c.at(e.When) })
		case e.When.Timed:
			timed = join(timed, e, func(c cluster) bool { return c.at(e.When) })
		default:
			loose = join(loose, e, func(c cluster) bool { return c.knows(e.When.Day) })
		}
	}
	timed, loose = apart(timed), apart(loose)
	var out []Entry
	for _, c := range meet(timed, loose) {
		out = append(out, c.one())
	}
	return out
}

// cluster is entries that state one fact of one time.
type cluster []*Entry

func (c cluster) knows(day string) bool {
	return slices.ContainsFunc(c, func(e *Entry) bool { return e.When.Day == day })
}

func (c cluster) at(m telling.Moment) bool {
	return slices.ContainsFunc(c, func(e *Entry) bool { return m.Timed && e.When.Timed && e.When.At == m.At })
}

// join adds e to the clusters it belongs to, which it makes one.
func join(list []cluster, e *Entry, belongs func(cluster) bool) []cluster {
	var kept []cluster
	var mine cluster
	place := -1
	for _, c := range list {
		if !belongs(c) {
			kept = append(kept, c)
			continue
		}
		if place < 0 {
			place = len(kept)
			kept = append(kept, nil)
		}
		mine = append(mine, c...)
	}
	if place < 0 {
		return append(kept, cluster{e})
	}
	kept[place] = append(mine, e)
	return kept
}

// apart splits the clusters in which a source itself tells facts apart.
func apart(list []cluster) []cluster {
	var out []cluster
	for _, c := range list {
		if len(c) == 1 {
			out = append(out, c)
			continue
		}
		first, differ := map[int]*Entry{}, false
		for _, e := range c {
			if f, ok := first[e.Vouched[0].Source]; ok && f.within() != e.within() {
				differ = true
				break
			}
			first[e.Vouched[0].Source] = e
		}
		if !differ {
			out = append(out, c)
			continue
		}
		var parts []cluster
		for _, e := range c {
			parts = join(parts, e, func(p cluster) bool { return p[0].within() == e.within() })
		}
		out = append(out, parts...)
	}
	return out
}

// meet joins what is known to the day only with the one such fact of that day
// that another source times.
func meet(timed, loose []cluster) []cluster {
	partner := func(c cluster, list []cluster) int {
		found := -1
		for i, other := range list {
			if slices.ContainsFunc(c, func(e *Entry) bool { return !e.Timeless && e.When.Day != "" && other.knows(e.When.Day) }) {
				if found >= 0 {
					return -1
				}
				found = i
			}
		}
		return found
	}
	joined := make([]bool, len(timed))
	var rest []cluster
	for i, c := range loose {
		t := partner(c, timed)
		if t < 0 || partner(timed[t], loose) != i || shareSource(timed[t], c) {
			rest = append(rest, c)
			continue
		}
		timed[t], joined[t] = append(timed[t], c...), true
	}
	return append(timed, rest...)
}

func shareSource(a, b cluster) bool {
	return slices.ContainsFunc(a, func(x *Entry) bool {
		return slices.ContainsFunc(b, func(y *Entry) bool { return x.Vouched[0].Source == y.Vouched[0].Source })
	})
}

// one makes one entry of a cluster, with the words of the first. A fact without
// a day of its own is told at the earliest date; an instant on the day that it
// was where it happened.
func (c cluster) one() Entry {
	o := *c[0]
	o.Vouched = slices.Clone(o.Vouched)
	for _, e := range c[1:] {
		o.Vouched = append(o.Vouched, e.Vouched...)
		o.Earlier = append(slices.Clip(o.Earlier), e.Earlier...)
		o.refs = append(slices.Clip(o.refs), e.refs...)
		o.results = append(slices.Clip(o.results), e.results...)
		o.lists = append(slices.Clip(o.lists), e.lists...)
		o.encounters = append(slices.Clip(o.encounters), e.encounters...)
		o.Name, o.Value, o.Range, o.Mark, o.Note = cmp.Or(o.Name, e.Name), cmp.Or(o.Value, e.Value), cmp.Or(o.Range, e.Range), cmp.Or(o.Mark, e.Mark), cmp.Or(o.Note, e.Note)
		o.More = o.More || e.More
		if e.Directive && !o.Directive { // who tells it as a decision is heard
			o.Directive, o.Stands, o.Active, o.Held, o.Type, o.Kind = true, e.Stands, e.Active, e.Held, e.Type, e.Kind
		}
		if e.Type == "DocumentReference" && (e.Directive || !o.Directive) {
			o.Type, o.Kind = e.Type, e.Kind // the same note as a report and as a document
		}
		if prior(e.When, o.When) {
			o.When = e.When
		}
	}
	slices.SortStableFunc(o.Vouched, func(a, b Vouch) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), slices.Compare(a.Handle[:], b.Handle[:]))
	})
	return o
}

// prior reports whether a fact is told of a rather than of b: a day rather than
// none, an instant rather than its day, a day in the zone of the place rather
// than in UTC, in which many systems write, the earlier day.
func prior(a, b telling.Moment) bool {
	switch {
	case (a.Day == "") != (b.Day == ""):
		return a.Day != ""
	case a.Timed && b.Timed && a.At == b.At:
		if a.UTC != b.UTC {
			return b.UTC
		}
		return a.Day < b.Day || a.Day == b.Day && a.Clock < b.Clock
	case a.Timed != b.Timed && a.Day[:min(10, len(a.Day))] == b.Day[:min(10, len(b.Day))]:
		return a.Timed
	}
	return strings.Compare(a.Day, b.Day) < 0 || a.Day == b.Day && a.At < b.At
}
