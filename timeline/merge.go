package timeline

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/stele-health/stele/fhir"
)

// merge tells every fact once. Two entries state the same fact when what they
// say is equal (their fact key) and
//
//   - they say it of the same instant, or of the same date without a time; or
//   - they come from different sources and one knows only the day, on which the
//     other has exactly one such fact; or
//   - the fact has no day of its own, as an allergy, or no time of day, as a note
//     whose text is the same.
//
// So two equal blood pressures of one morning and evening stay two.
func merge(entries []Entry) []Entry {
	groups := map[string][]int{} // by fact and day
	var order []string
	for i, e := range entries {
		key := e.fact
		if !e.timeless {
			key += "|" + e.When.Day
		}
		if _, ok := groups[key]; !ok {
			order = append(order, key)
		}
		groups[key] = append(groups[key], i)
	}
	out := make([]Entry, 0, len(entries))
	for _, key := range order {
		out = append(out, mergeGroup(entries, groups[key])...)
	}
	return out
}

func mergeGroup(entries []Entry, group []int) []Entry {
	var timed, loose []Entry
	for _, i := range group {
		e := entries[i]
		switch {
		case e.timeless:
			loose = absorb(loose, e, func(Entry) bool { return true })
		case e.When.timed && !e.daily:
			timed = absorb(timed, e, func(o Entry) bool { return o.When.at == e.When.at })
		default:
			loose = absorb(loose, e, func(Entry) bool { return true })
		}
	}
	if len(timed) == 1 && len(loose) == 1 && !shareSource(timed[0], loose[0]) {
		return absorb(timed, loose[0], func(Entry) bool { return true })
	}
	return append(timed, loose...)
}

// absorb adds e to the first of list that is the same, else to the list. The
// earliest date stays, with the words of the first.
func absorb(list []Entry, e Entry, same func(Entry) bool) []Entry {
	n := slices.IndexFunc(list, same)
	if n < 0 {
		return append(list, e)
	}
	o := &list[n]
	o.Vouched = append(o.Vouched, e.Vouched...)
	slices.SortStableFunc(o.Vouched, func(a, b Vouch) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), slices.Compare(a.Handle[:], b.Handle[:]))
	})
	o.refs = append(o.refs, e.refs...)
	o.results = append(o.results, e.results...)
	o.Range = firstOf(o.Range, e.Range)
	o.Mark = firstOf(o.Mark, e.Mark)
	o.Note = firstOf(o.Note, e.Note)
	if e.Type == "DocumentReference" {
		o.Type, o.Kind = e.Type, e.Kind // the same note as a report and as a document
	}
	o.encounters = append(o.encounters, e.encounters...)
	o.Value = firstOf(o.Value, e.Value)
	if e.When.Day != "" && (o.When.Day == "" || strings.Compare(e.When.Day, o.When.Day) < 0) {
		o.When = e.When
	}
	return list
}

func shareSource(a, b Entry) bool {
	return slices.ContainsFunc(a.Vouched, func(v Vouch) bool {
		return slices.ContainsFunc(b.Vouched, func(w Vouch) bool { return v.Source == w.Source })
	})
}

// fingerprint is the key of what no rule above knows: the whole resource
// without what differs between two deliveries of it.
func fingerprint(r view) string {
	sum := sha256.New()
	for _, member := range byKey(r.v) {
		switch member.Key() {
		case "id", "meta", "text", "identifier", "implicitRules", "language", "extension", "subject", "patient", "encounter":
		default:
			sum.Write(canonical(nil, member))
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// byKey returns the members of an object sorted by their names.
func byKey(object fhir.Value) []fhir.Value {
	return slices.SortedFunc(object.All(), func(a, b fhir.Value) int { return strings.Compare(a.Key(), b.Key()) })
}

// canonical writes a value without what two writers of the same may do
// differently: the order of members, escapes.
func canonical(out []byte, v fhir.Value) []byte {
	if key := v.Key(); key != "" {
		out = append(strconv.AppendQuote(out, key), ':')
	}
	switch {
	case v.IsObject():
		out = append(out, '{')
		for _, member := range byKey(v) {
			out = append(canonical(out, member), ',')
		}
		return append(out, '}')
	case v.IsArray():
		out = append(out, '[')
		for item := range v.All() {
			out = append(canonical(out, item), ',')
		}
		return append(out, ']')
	case v.IsText():
		return strconv.AppendQuote(out, v.Text())
	}
	return append(out, v.JSON()...)
}
