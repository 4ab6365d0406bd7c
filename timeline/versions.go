package timeline

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
)

// Version says whether a delivered record counts.
type Version string

// The versions.
const (
	Current    Version = "current"         // the newest of its source, type and id, or a record without an id
	Earlier    Version = "earlier version" // its source delivered a newer one
	Withdrawn  Version = "withdrawn"       // by its source: entered in error, or by a withdrawal
	Withdrawal Version = "withdrawal"      // it is one
	Unread     Version = "unread"          // no FHIR resource
)

// Versions judges records one after another, keeping of each only what it needs:
// for charts of any length.
type Versions struct{ list []delivery }

// Add adds a record.
func (v *Versions) Add(it Item) {
	d := deliveryOf(it, telling.Read(it.Record))
	d.sum()
	d.record = nil
	v.list = append(v.list, d)
}

// Judge returns for each record, in the order in which they were added, whether
// it counts. It is the same for every order.
func (v *Versions) Judge() []Version {
	out := make([]Version, len(v.list))
	for i, of := range judge(v.list) {
		out[i] = of.version
	}
	return out
}

// delivery is what decides whether a record counts.
type delivery struct {
	source           stele.Subject
	kind, id, number string // number is meta.versionId
	updated          time.Time
	dated            bool // updated is known
	height           int64
	made             time.Time
	handle           stele.ID
	record           []byte
	digest           stele.Digest // of the record; zero until it is needed
	retracted        bool
	targets          []target // what it withdraws
	withdraws        bool
	recorded         time.Time // of a withdrawal
}

func deliveryOf(it Item, record telling.Record) delivery {
	r := record.Root()
	d := delivery{
		source: it.Source, kind: textOf(r, "resourceType"), id: textOf(r, "id"), number: textOf(r, "meta", "versionId"),
		height: it.Height, made: it.Made, handle: it.Handle, record: it.Record, retracted: record.Retracted(), withdraws: isWithdrawal(r),
	}
	d.updated, d.dated = instant(textOf(r, "meta", "lastUpdated"))
	if d.withdraws {
		d.recorded, _ = instant(textOf(r, "recorded"))
		for _, t := range itemsOf(r, "target") {
			d.targets = append(d.targets, targetOf(t))
		}
	}
	return d
}

func (d *delivery) sum() stele.Digest {
	if d.digest == (stele.Digest{}) {
		d.digest = sha256.Sum256(d.record)
	}
	return d.digest
}

// verdict is what became of one delivery.
type verdict struct {
	version Version
	first   int  // of its versions: the newest, as an index
	guessed bool // nothing tells which of its versions is the newest
	by      int  // the withdrawal that took it, as an index; -1: none
}

type verdicts []verdict

// judge finds for every delivery whether it counts.
func judge(list []delivery) verdicts {
	out := make(verdicts, len(list))
	type identity struct {
		source   stele.Subject
		kind, id string
	}
	versions := make(map[identity][]int, len(list))
	for i := range list {
		d := &list[i]
		out[i] = verdict{version: Current, first: i, by: -1}
		switch {
		case d.kind == "":
			out[i].version = Unread
		case d.withdraws:
			out[i].version = Withdrawal
		case d.id != "" && !d.source.IsZero():
			key := identity{d.source, d.kind, d.id}
			versions[key] = append(versions[key], i)
		}
	}
	by := withdrawalsOf(list)
	for _, group := range versions {
		if len(group) == 1 {
			continue
		}
		first, sure := newest(list, by.anew(list, group))
		sure = sure && !slices.ContainsFunc(group, func(i int) bool { return list[i].contests(&list[first]) })
		for _, i := range group {
			out[i].first, out[i].guessed = first, !sure
			// The same version delivered again says the same.
			if i != first && list[i].sum() != list[first].sum() {
				out[i].version = Earlier
			}
		}
	}
	withdraw(list, by, out)
	return out
}

// newest returns which of one record's versions is the newest: by versionId
// where those are numbers (FHIR R4 leaves their form to the server), else by
// lastUpdated, else by when it was delivered, else any one, always the same. sure
// is false for the last. Of whom nobody proves who delivered it, nothing is a
// version of anything.
//
// Versions that lack what others have are compared with the best of those, so
// that the order in which they came makes no difference.
func newest(list []delivery, group []int) (first int, sure bool) {
	best, rest := champions(group, func(i int) (fhir.VersionNumber, bool) { return fhir.ParseVersionNumber(list[i].number) })
	if len(best) == 0 || len(rest) == 0 {
		return later(list, append(best, rest...))
	}
	a, sureA := later(list, best)
	b, sureB := later(list, rest)
	first, sure = later(list, []int{a, b})
	return first, sure && (first != a || sureA) && (first != b || sureB)
}

// later chooses by lastUpdated where all have one, else by the order of delivery:
// the ledger's, and within a block, or where a reader does not know it, that of
// which the source gives its word. It orders nothing but that source's own.
func later(list []delivery, group []int) (first int, sure bool) {
	if best, rest := champions(group, func(i int) (time.Time, bool) { return list[i].updated, list[i].dated }); len(rest) == 0 {
		group = best
	}
	if best, rest := champions(group, func(i int) (block, bool) { return block(list[i].height), list[i].height > 0 }); len(rest) == 0 {
		group = best
	}
	if best, rest := champions(group, func(i int) (time.Time, bool) { return list[i].made, !list[i].made.IsZero() }); len(rest) == 0 {
		group = best
	}
	first = slices.MaxFunc(group, func(i, j int) int {
		a, b := list[i].sum(), list[j].sum()
		switch { // what may be an error is told, and doubted
		case list[i].retracted && !list[j].retracted:
			return -1
		case list[j].retracted && !list[i].retracted:
			return 1
		}
		return cmp.Or(bytes.Compare(a[:], b[:]), bytes.Compare(list[i].handle[:], list[j].handle[:]))
	})
	return first, !slices.ContainsFunc(group, func(i int) bool { return list[i].sum() != list[first].sum() })
}

// contests reports whether a version may be the newest although another was chosen: it
// was made later, and has only the lesser number; or the other's time is one that had not
// come when it was delivered, and this one was delivered after it.
func (d *delivery) contests(first *delivery) bool {
	later := d.updated.After(first.updated)
	if !d.dated || !first.dated || !later && !(first.ahead() && d.height > first.height) {
		return false
	}
	return d.sum() != first.sum()
}

// ahead reports whether a version was made more than a day after it was delivered: its
// server's clock is wrong.
func (d *delivery) ahead() bool {
	return !d.made.IsZero() && d.updated.After(d.made.Add(24*time.Hour))
}

// block is a height of the ledger.
type block int64

func (b block) Compare(o block) int { return cmp.Compare(b, o) }

// champions returns those of the greatest, and those that have nothing to compare.
func champions[T interface{ Compare(T) int }](group []int, of func(int) (T, bool)) (best, without []int) {
	var most T
	for _, i := range group {
		one, ok := of(i)
		if !ok {
			without = append(without, i)
			continue
		}
		order := 1
		if len(best) > 0 {
			order = one.Compare(most)
		}
		if order > 0 {
			most, best = one, nil
		}
		if order >= 0 {
			best = append(best, i)
		}
	}
	return best, without
}

// instant reads a FHIR instant or a dateTime with a time of day and a zone.
func instant(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}
