package timeline

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
)

// An item is what a list names that has no record of its own here.
type item struct {
	name, flag string         // flag is what the list says of it, "" for nothing
	kind       stele.Category // allergies, problems or medicines
}

// listed notes what the lists of allergies, problems and medicines name that has no record of
// its own here, and the records that lists, letters and plans in force hold within themselves: some sources
// have no other place for them. Of a source's lists of one kind and name the last one counts, as of
// its letters for medicines, and none that is called one of what is over. gone are the keys of what was taken back.
func listed(entries []Entry, gone map[string]string, names names, today string) {
	here := map[string]bool{}
	for _, e := range entries {
		for _, ref := range e.refs {
			here[ref] = true
		}
	}
	last := map[string][]*Entry{} // of one time several, as nobody knows which of them counts
	for i := range entries {
		e := &entries[i]
		if e.Type == "CarePlan" && e.Stands == telling.Holds {
			e.inner = e.holdings(e.record.Within(), names, today)
		}
		if e.Type != "List" && e.Type != "Composition" || e.Absent || e.Stands != telling.Happened {
			continue
		}
		last[e.asList()] = latest(last[e.asList()], e)
		if e.Type == "Composition" { // the next letter is not about all that this one was about
			e.inner = slices.DeleteFunc(e.holdings(e.record.Within(), names, today), func(in Entry) bool { return in.inUse() })
		}
	}
	for i := range entries {
		if e := &entries[i]; e.Type == "List" {
			for _, o := range last[e.asList()] {
				if newerList(o, e) {
					e.overruled(o)
				}
			}
		}
	}
	for _, e := range slices.Concat(slices.Collect(maps.Values(last))...) {
		within := e.record.Within()
		e.inner = e.holdings(within, names, today)
		if e.ofThePast() {
			continue
		}
		for _, of := range itemsOf(e.record.Root(), "entry") {
			if key := reference(e.whose, textOf(of, "item", "reference")); here[key] || gone[key] != "" || standsOn(of) == crossed || takenOff(last[e.asList()], e, flaggedIn(e.whose, of)) {
				continue
			}
			if it := e.itemOf(of, within, names); it.name != "" && it.kind != "" && !telling.DeniesAny(it.name) && !e.outdated(it.kind, today) {
				e.names = append(e.names, it)
			}
		}
	}
}

// latest are of lists of one kind and name those of which none is surely newer than another: one
// without a date may be older or newer than any.
func latest(last []*Entry, e *Entry) []*Entry {
	newer := func(a, b *Entry) bool { return !a.amends() && newerList(a, b) }
	if slices.ContainsFunc(last, func(o *Entry) bool { return newer(o, e) }) {
		return last
	}
	return append(slices.DeleteFunc(last, func(o *Entry) bool { return newer(e, o) }), e)
}

// newerList reports whether a list is surely newer than another.
func newerList(a, b *Entry) bool {
	return a.When.Day != "" && b.When.Day != "" && compareMoments(a.When, b.When, true) > 0
}

// amends reports whether a list tells what was changed, and not all that there is (R4,
// List.mode): it takes nothing's place.
func (e *Entry) amends() bool { return textOf(e.record.Root(), "mode") == "changes" }

// takenOff reports whether one of some lists of changes takes an item off a list that is no
// newer.
func takenOff(last []*Entry, from *Entry, it flagged) bool {
	return slices.ContainsFunc(last, func(e *Entry) bool {
		return e.amends() && e != from && !newerList(from, e) && slices.ContainsFunc(itemsOf(e.record.Root(), "entry"), func(of fhir.Value) bool {
			return standsOn(of) == crossed && flaggedIn(e.whose, of) == it
		})
	})
}

// asList is equal for a source's lists, or letters, of one kind and name.
func (e *Entry) asList() string {
	return strings.Join([]string{sourceNumbers(e.Vouched), e.Type, string(e.Kind), e.Name}, "|")
}

// itemOf is what a list names; without a name where that is a record within it.
func (e *Entry) itemOf(of fhir.Value, within map[string][]telling.Record, names names) item {
	name, typ := textOf(of, "item", "display"), typeOf(of.Member("item"))
	for _, r := range within[textOf(of, "item", "reference")] {
		if typ = textOf(r.Root(), "resourceType"); typ != "Medication" {
			return item{}
		}
		name = r.Name(names.find(e.whose)) // a product, which says not how it is taken
	}
	kind, known := listKinds[typ]
	if !known && slices.Contains([]stele.Category{stele.Allergies, stele.Problems, stele.Medications}, e.Kind) {
		kind = e.Kind
	}
	return item{telling.Clean(name), flagOn(of), kind}
}

// listKinds are the types of what is asked for in lists.
var listKinds = map[string]stele.Category{"AllergyIntolerance": stele.Allergies, "Condition": stele.Problems, "Medication": stele.Medications,
	"MedicationStatement": stele.Medications, "MedicationRequest": stele.Medications}

// typeOf is the type of what a reference leads to, "" where it does not tell.
func typeOf(ref fhir.Value) string {
	literal, _, _ := strings.Cut(textOf(ref, "reference"), "/_history/")
	if i := strings.LastIndexByte(literal, '/'); i >= 0 {
		return literal[strings.LastIndexByte(literal[:i], '/')+1 : i]
	}
	typ := textOf(ref, "type")
	return typ[strings.LastIndexByte(typ, '/')+1:]
}

// holdings are the records that a list, a section of a letter or an activity of a plan holds
// within it: each stands by its own word, as no other place tells it.
func (e *Entry) holdings(within map[string][]telling.Record, names names, today string) (out []Entry) {
	add := func(ref, flag string, how onList) {
		for _, r := range within[ref] {
			in := Entry{Told: r.Tell(telling.Reading{Kind: e.Kind, Today: today, Find: names.find(e.whose)}), Vouched: e.Vouched, record: r, whose: e.whose}
			if r.Retracted() || how == crossed || nowRank(in) < 0 && in.Type != "Observation" || in.inUse() && e.Type != "CarePlan" && e.outdated(stele.Medications, today) {
				continue
			}
			in.Active = in.holds()
			if in.When.Day == "" {
				in.When = e.When
			}
			if in.Status = joined(", ", in.Status, flag); how == waits || e.ofThePast() && in.Stands == telling.Holds {
				in.doubt("yet its list says otherwise")
			}
			out = append(out, in)
		}
	}
	for _, of := range itemsOf(e.record.Root(), "entry") {
		add(textOf(of, "item", "reference"), flagOn(of), standsOn(of))
	}
	for _, activity := range itemsOf(e.record.Root(), "activity") {
		add(textOf(activity, "reference", "reference"), "", goesOn)
	}
	var sections func(in fhir.Value)
	sections = func(in fhir.Value) {
		for _, s := range itemsOf(in, "section") {
			if ceases(textOf(s, "title")) {
				continue
			}
			for _, ref := range itemsOf(s, "entry") {
				add(textOf(ref, "reference"), "", goesOn)
			}
			sections(s)
		}
	}
	sections(e.record.Root())
	return out
}

// withInner are entries, each followed by the records that it holds within itself.
func withInner(entries []Entry) (out []Entry) {
	for _, e := range entries {
		out = append(append(out, e), e.inner...)
	}
	return out
}

// ofMore is a title of more than what is over: "Allergies and resolved allergies", "Completed
// medication reconciliation".
var ofMore = regexp.MustCompile(`\b(and|und|et|y|e|en|ve)\b|[&/+]|reconcil|abgleich|conciliat|riconcil`)

// ofThePast reports whether a list is, by its code or title, one of what is over: LOINC 11348-0
// (history of past illness), SNOMED CT 1103671000000101 (GP Connect's ended allergies).
func (e *Entry) ofThePast() bool {
	code := e.record.Root().Member("code")
	return e.Type == "List" && (ceases(e.Name) && !affirms(e.Name) && !ofMore.MatchString(stele.Fold(e.Name)) || hasCode(code, "http://loinc.org", "11348-0") || hasCode(code, "http://snomed.info/sct", "1103671000000101"))
}

// outdated reports whether a list or a letter is too old to tell what is taken: more than two
// years by its date, or by the year in its title. Allergies and problems have no such age.
func (e *Entry) outdated(kind stele.Category, today string) bool {
	day := e.When.Day
	for _, w := range tokens(e.Name) {
		if year, err := strconv.Atoi(w); err == nil && len(w) == 4 && year > 1900 && (day == "" || w < day) {
			day = w
		}
	}
	return kind == stele.Medications && today != "" && day != "" && compareDays(day, daysBefore(today, 2*365)) < 0
}

// namedIn are the lines of what a list names: of problems one, else one for each, which is
// compared with what others tell of it.
func namedIn(e Entry) (out []Entry) {
	of := func(it item) Entry {
		e := e
		e.Kind, e.listed, e.Aside = it.kind, true, false
		e.Status = joined(", ", e.Status, it.flag, "named in a list")
		return e
	}
	problems := false
	for _, it := range e.names {
		line := of(it)
		if it.kind == stele.Problems {
			if !problems {
				problems = true
				out = append(out, of(item{kind: it.kind}))
			}
			continue
		}
		line.Note, line.Value = joined(", ", line.Name, line.Note), ""
		line.Name, line.Allergy, line.Harms = it.name, false, nil
		if it.kind == stele.Allergies {
			line.Allergy, line.Harms = true, []string{it.name}
		}
		out = append(out, line)
	}
	return out
}

// untold are those of the lines of lists that nothing under Now, or there, tells: no medicine
// in other words, and else nothing of that name.
func untold(list, now []Entry) []Entry {
	var medicines, others []Entry
	for _, e := range list {
		switch {
		case e.inUse():
			medicines = append(medicines, e)
		case !slices.ContainsFunc(now, func(o Entry) bool { return nowWord(o) == nowWord(e) && strings.EqualFold(o.Name, e.Name) }):
			others = append(others, e)
		}
	}
	return append(others, dispensed(medicines, now)...)
}
