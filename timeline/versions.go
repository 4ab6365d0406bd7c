package timeline

import (
	"bytes"
	"cmp"
	"math/big"
	"slices"
	"time"

	"github.com/stele-health/stele"
)

// state is whether a delivered record counts.
type state int

const (
	current    state = iota // the newest version of its source, type and id, or without an id
	superseded              // an earlier version
	withdrawn               // by its source: entered in error, or by a withdrawal
	unread                  // no FHIR resource
	withdrawal              // it is one
)

// verdict is what became of one item.
type verdict struct {
	state   state
	first   int  // of its versions: the newest, as an index into the items
	guessed bool // nothing tells which of its versions is the newest
}

type verdicts []verdict

// judge finds for every item whether it counts. Items come in a fixed order.
func judge(items []Item, resources []view) verdicts {
	out := make(verdicts, len(items))
	type identity struct {
		source   stele.Subject
		kind, id string
	}
	versions := map[identity][]int{}
	var order []identity
	for i, it := range items {
		r := resources[i]
		out[i].first = i
		kind, id := r.at("resourceType").raw(), r.at("id").raw()
		switch {
		case kind == "":
			out[i].state = unread
			continue
		case isWithdrawal(r):
			out[i].state = withdrawal
			continue
		case id == "":
			continue
		}
		key := identity{it.Source, kind, id}
		if versions[key] == nil {
			order = append(order, key)
		}
		versions[key] = append(versions[key], i)
	}
	for _, key := range order {
		group := versions[key]
		if len(group) == 1 {
			continue
		}
		first, sure := newest(items, resources, group)
		for _, i := range group {
			out[i].first, out[i].guessed = first, !sure
			// The same version delivered again says the same.
			if i != first && !bytes.Equal(items[i].Record, items[first].Record) {
				out[i].state = superseded
			}
		}
	}
	withdraw(items, resources, out)
	return out
}

// newest returns which of one record's versions is the newest: by versionId
// where those are numbers (FHIR R4 leaves their form to the server), else by
// lastUpdated, else by the block of its anchor, else any one, always the same.
// sure is false for the last.
//
// Versions that lack what others have are compared with the best of those, so
// that the order in which they came makes no difference.
func newest(items []Item, resources []view, group []int) (first int, sure bool) {
	numbered := func(i int) (*big.Int, bool) {
		s := resources[i].at("meta", "versionId").raw()
		if len(s) > 20 {
			return nil, false
		}
		return new(big.Int).SetString(s, 10)
	}
	updated := func(i int) (*big.Int, bool) {
		t, ok := instant(resources[i].at("meta", "lastUpdated").raw())
		return big.NewInt(t.UnixNano()), ok
	}
	height := func(i int) (*big.Int, bool) { return big.NewInt(items[i].Height), true }
	best, rest := champions(group, numbered)
	if len(best) == 0 || len(rest) == 0 {
		return later(items, append(best, rest...), updated, height)
	}
	a, sureA := later(items, best, updated, height)
	b, sureB := later(items, rest, updated, height)
	first, sure = later(items, []int{a, b}, updated, height)
	return first, sure && (first != a || sureA) && (first != b || sureB)
}

// later chooses by lastUpdated where all have one, else by height.
func later(items []Item, group []int, updated, height func(int) (*big.Int, bool)) (first int, sure bool) {
	if best, rest := champions(group, updated); len(rest) == 0 {
		group = best
	}
	group, _ = champions(group, height)
	first = slices.MaxFunc(group, func(i, j int) int {
		return cmp.Or(bytes.Compare(items[i].Record, items[j].Record), bytes.Compare(items[i].Handle[:], items[j].Handle[:]))
	})
	for _, i := range group {
		if !bytes.Equal(items[i].Record, items[first].Record) {
			return first, false
		}
	}
	return first, true
}

// champions returns those with the greatest number, and those without one.
func champions(group []int, number func(int) (*big.Int, bool)) (best, without []int) {
	var most *big.Int
	for _, i := range group {
		n, ok := number(i)
		if !ok {
			without = append(without, i)
			continue
		}
		if most == nil || n.Cmp(most) > 0 {
			most, best = n, nil
		}
		if n.Cmp(most) == 0 {
			best = append(best, i)
		}
	}
	return best, without
}

// instant reads a FHIR instant or a dateTime with a time of day and a zone.
func instant(s string) (time.Time, bool) {
	t, err := time.Parse("2006-01-02T15:04:05.999999999Z07:00", s)
	return t, err == nil
}

// versionOf returns the name of a version as written, "" for none.
func versionOf(r view) string { return r.at("meta", "versionId").raw() }
