package timeline

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
)

// A withdrawal is a Provenance whose activity is DELETE (HL7
// v3-DataOperation). Its targets are what its source takes back: Type/id all
// that it had delivered of that so far and not made anew, Type/id/_history/V that version,
// an identifier of system urn:stele:handle that one delivery.
const (
	dataOperation = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
	handleSystem  = "urn:stele:handle"
)

func isWithdrawal(r fhir.Value) bool {
	return textOf(r, "resourceType") == "Provenance" && hasCode(r.Member("activity"), dataOperation, "DELETE")
}

// reasonOf is why a withdrawal was made, in its source's words.
func reasonOf(r fhir.Value) string {
	var why []string
	for _, reason := range itemsOf(r, "reason") {
		words := textOf(reason, "text")
		for _, coding := range itemsOf(reason, "coding") {
			words = cmp.Or(words, textOf(coding, "display"))
		}
		why = append(why, words)
	}
	return strings.TrimSpace(telling.Clean(joined("; ", why...)))
}

// target is what a withdrawal names: a key, with its version where it has one,
// or a handle.
type target struct{ key, handle string }

func targetOf(r fhir.Value) target {
	if literal := textOf(r, "reference"); literal != "" {
		return target{key: pinned(0, literal)}
	}
	if id := r.Member("identifier"); textOf(id, "system") == handleSystem {
		return target{handle: strings.ToLower(strings.TrimSpace(textOf(id, "value")))}
	}
	return target{}
}

// withdrawals are the places of withdrawals in a list, by what they name.
type withdrawals map[target][]int

func withdrawalsOf(list []delivery) withdrawals {
	by := withdrawals{}
	for i := range list {
		for _, t := range list[i].targets {
			by[t] = append(by[t], i)
		}
	}
	return by
}

// anew returns, of a record's versions, those that were made after all of it was
// withdrawn, the last time where there were several: a server that was set up
// again counts from 1. Such a one was delivered after the withdrawal and made after all
// that came before that, or after the withdrawal itself, by its own time. Where none tells
// that by its time, they are all.
func (by withdrawals) anew(list []delivery, group []int) []int {
	if len(by) == 0 {
		return group
	}
	d := &list[group[0]]
	all := by[target{key: reference(0, d.kind+"/"+d.id)}]
	newest := make([]time.Time, len(all)) // of what was delivered no later than each withdrawal
	for n, w := range all {
		for _, i := range group {
			if o := &list[i]; order(o, &list[w]) <= 0 && o.updated.After(newest[n]) {
				newest[n] = o.updated
			}
		}
	}
	most, fresh := 0, group
	for _, i := range group {
		follows := 0
		for n, w := range all {
			w, o := &list[w], &list[i]
			since := order(o, w) > 0 && !newest[n].IsZero() && o.updated.After(newest[n])
			if w.source == d.source && (since || anew(o, w)) {
				follows++
			}
		}
		if follows > most {
			most, fresh = follows, nil
		}
		if follows == most && most > 0 {
			fresh = append(fresh, i)
		}
	}
	return fresh
}

// withdraw marks what was withdrawn: by a withdrawal of the same source that
// was delivered no earlier (a handle names one delivery, whenever), and what its author
// marked as entered in error. If the newest version is withdrawn, so is the record:
// nothing older comes back.
// Of a record that was delivered twice as it is, one delivery may be taken back.
//
// A withdrawal can't be taken back; what it took is delivered again.
func withdraw(list []delivery, by withdrawals, out verdicts) {
	stands := make([]bool, len(list)) // a record, by its newest version
	for i := range list {
		if out[i].version == Current {
			if w, is := taken(list, by, i); is {
				out[i].version, out[i].by = Withdrawn, w
			} else {
				stands[out[i].first] = true
			}
		}
	}
	for i := range list {
		if out[i].version == Earlier && !stands[out[i].first] {
			out[i].version, out[i].by = Withdrawn, out[out[i].first].by
		}
	}
}

// taken reports whether a delivery was withdrawn, and by which delivery; -1 is its author,
// by the record itself.
func taken(list []delivery, by withdrawals, i int) (int, bool) {
	d := &list[i]
	if d.retracted || len(by) == 0 {
		return -1, d.retracted
	}
	if d.source.IsZero() { // whoever withdraws it can't be its source
		return -1, false
	}
	for _, w := range by[target{handle: d.handle.String()}] {
		if list[w].source == d.source {
			return w, true
		}
	}
	if d.id == "" {
		return -1, false
	}
	key := reference(0, d.kind+"/"+d.id)
	for _, w := range slices.Concat(by[target{key: key}], by[target{key: key + "/_history/" + d.number}]) {
		if o := &list[w]; o.source == d.source && order(d, o) <= 0 && !anew(d, o) {
			return w, true
		}
	}
	return -1, false
}

// order compares when two records of a source were delivered, as far as that is
// known: 0 for together.
func order(a, b *delivery) int {
	if a.height > 0 && b.height > 0 {
		return cmp.Compare(a.height, b.height)
	}
	if a.made.IsZero() || b.made.IsZero() {
		return 0
	}
	return a.made.Compare(b.made)
}

// anew reports whether a record was made after its withdrawal was recorded, by its own
// time. Delivered before the withdrawal it is believed where it had been made by then: of
// one import several deliveries are made, in any order, and clocks may be fast.
func anew(d, w *delivery) bool {
	made := d.updated.Truncate(time.Second) // as wallets write when something was withdrawn
	if !d.dated || w.recorded.IsZero() || !made.After(w.recorded) {
		return false
	}
	return order(d, w) >= 0 || !made.After(d.made)
}
