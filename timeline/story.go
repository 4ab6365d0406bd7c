package timeline

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
)

// Item is one opened record and what is known of where it came from.
type Item struct {
	Record     []byte // FHIR R4 resource, JSON
	Label      stele.Label
	Handle     stele.ID
	Source     stele.Subject // organisation that delivered it
	SourceName string        // for the screen
	Anchored   time.Time     // block time of its anchor
	Height     int64         // block of its anchor
	Proof      stele.ID      // submission whose anchor proves it
}

// Options choose what is told.
type Options struct {
	Kinds       []stele.Category // empty tells everything clinical: see Clinical
	From, To    string           // days, months or years, inclusive; "" is open
	OldestFirst bool
}

// Story is the whole chart, told.
type Story struct {
	Person   string    `json:"person,omitempty"` // name, sex, date of birth; "" when no Patient was among the items
	Died     bool      `json:"died,omitempty"`
	Now      []Entry   `json:"now,omitempty"` // allergies, problems and medicines that are still active
	Chapters []Chapter `json:"chapters"`
	Sources  []Source  `json:"sources"`             // in the order of their numbers, from 1
	Errors   int       `json:"withdrawn,omitempty"` // records left out because their author marked them entered in error
	Unread   int       `json:"unread,omitempty"`    // items that are no FHIR resource
}

// Chapter is an encounter with what belongs to it, or the loose entries of one
// day.
type Chapter struct {
	When    Moment  `json:"when"`
	Visit   *Entry  `json:"visit,omitempty"`
	Entries []Entry `json:"entries,omitempty"`
}

// Entry is one fact.
type Entry struct {
	When    Moment         `json:"when"`
	Kind    stele.Category `json:"kind"`
	Type    string         `json:"type"` // FHIR resource type
	Name    string         `json:"name"`
	Value   string         `json:"value,omitempty"` // result, dose text, reactions, …
	Range   string         `json:"range,omitempty"` // reference range as the source gave it
	Mark    string         `json:"mark,omitempty"`  // "↑", "↓" or "!", as the source interprets it
	Note    string         `json:"note,omitempty"`  // status and what else has to be known
	Active  bool           `json:"active,omitempty"`
	Parts   []Entry        `json:"parts,omitempty"` // results of a report
	Vouched []Vouch        `json:"vouched"`         // every record that says so

	fact       string   // equal for the same fact; see merge.go
	timeless   bool     // a fact that has no day of its own
	daily      bool     // a fact whose time of day says nothing
	encounters []string // references, each with its source
	results    []string // references, each with its source
	refs       []string // names under which others refer to it, each with its source
}

// Vouch is one record that states a fact, with its proof.
type Vouch struct {
	Source      int                 `json:"source"` // number in Story.Sources, from 1
	Handle      stele.ID            `json:"handle"`
	Proof       stele.ID            `json:"proof"`
	Height      int64               `json:"height"`
	Anchored    time.Time           `json:"anchored"`
	Sensitivity []stele.Sensitivity `json:"sensitivity,omitempty"`
}

// Source is an organisation that delivered records.
type Source struct {
	Subject stele.Subject `json:"subject"`
	Name    string        `json:"name"`
	Records int           `json:"records"`
}

// Clinical lists the kinds that are told unless others are asked for: all but
// claims, the care providers' own entries, and what nobody could sort.
func Clinical() []stele.Category {
	return slices.DeleteFunc(stele.Categories(), func(c stele.Category) bool {
		return c == stele.Claims || c == stele.Providers || c == stele.Demographics || c == stele.Other
	})
}

// Tell makes the story of the items. It is the same for every order of items
// that have different handles.
func Tell(items []Item, o Options) Story {
	story := Story{Chapters: []Chapter{}}
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.SourceName, b.SourceName), slices.Compare(a.Source[:], b.Source[:]),
			slices.Compare(a.Handle[:], b.Handle[:]))
	})
	numbers := numberSources(items, &story)
	resources := make([]view, len(items))
	for i, it := range items {
		resources[i] = read(it.Record)
	}
	names := providers(items, resources, numbers)
	var entries []Entry
	for i, it := range items {
		r := resources[i]
		if r.at("resourceType").raw() == "" {
			story.Unread++
			continue
		}
		if withdrawn(r) {
			story.Errors++
			continue
		}
		if r.at("resourceType").raw() == "Patient" && story.Person == "" {
			story.Person, story.Died = person(r)
		}
		entries = append(entries, entryOf(r, it, numbers[it.Source], names))
	}
	entries = merge(entries)
	entries = gather(entries)
	story.Chapters = chapters(entries, o)
	story.Now = active(entries, o)
	return story
}

func numberSources(items []Item, story *Story) map[stele.Subject]int {
	numbers := map[stele.Subject]int{}
	for _, it := range items {
		n, ok := numbers[it.Source]
		if !ok {
			story.Sources = append(story.Sources, Source{Subject: it.Source, Name: clean(it.SourceName)})
			n = len(story.Sources)
			numbers[it.Source] = n
		}
		story.Sources[n-1].Records++
	}
	return numbers
}

// withdrawn reports whether the author marked the record as an error.
func withdrawn(r view) bool {
	return r.at("status").raw() == "entered-in-error" ||
		r.at("verificationStatus", "coding", "code").raw() == "entered-in-error"
}

// kindOf trusts the label, which is what consent was decided on.
func kindOf(it Item) stele.Category {
	if it.Label.Category.Valid() {
		return it.Label.Category
	}
	return stele.Other
}

// gather puts the results of a report under it; what two reports share stands
// under the first, and a report left empty by that says where to look.
func gather(entries []Entry) []Entry {
	byRef := map[string]int{}
	for i, e := range entries {
		for _, ref := range e.refs {
			byRef[ref] = i
		}
	}
	owner := make([]int, len(entries)) // of a result, its report's index + 1
	for i := range entries {
		other := 0
		for _, ref := range entries[i].results {
			j, ok := byRef[ref]
			switch {
			case !ok || j == i || len(entries[j].results) > 0:
			case owner[j] == 0:
				owner[j] = i + 1
				entries[i].Parts = append(entries[i].Parts, entries[j])
			case owner[j] != i+1:
				other = owner[j]
			}
		}
		if len(entries[i].Parts) == 0 && other > 0 {
			entries[i].Note = notes(entries[i].Note, "its results stand under "+entries[other-1].Name)
		}
	}
	out := entries[:0]
	for i, e := range entries {
		if owner[i] == 0 {
			out = append(out, e)
		}
	}
	return out
}

// chapters sorts the entries into encounters and days.
func chapters(entries []Entry, o Options) []Chapter {
	kinds := o.Kinds
	if len(kinds) == 0 {
		kinds = Clinical()
	}
	visits := map[string]int{} // reference of an encounter → chapter
	days := map[string]int{}
	out := []Chapter{}
	for i, e := range entries {
		if e.Type == "Encounter" && within(e.When.Day, o.From, o.To) {
			for _, ref := range e.refs {
				visits[ref] = len(out)
			}
			out = append(out, Chapter{When: e.When, Visit: &entries[i]})
		}
	}
	for _, e := range entries {
		if e.Type == "Encounter" || !slices.Contains(kinds, e.Kind) || !within(e.When.Day, o.From, o.To) {
			continue
		}
		if n := visitOf(e, visits, out); n >= 0 {
			out[n].Entries = append(out[n].Entries, e)
			continue
		}
		n, ok := days[e.When.Day]
		if !ok {
			n = len(out)
			days[e.When.Day] = n
			out = append(out, Chapter{When: Moment{Day: e.When.Day, at: e.When.at}})
		}
		out[n].Entries = append(out[n].Entries, e)
	}
	wantVisits := slices.Contains(kinds, stele.Encounters)
	out = slices.DeleteFunc(out, func(c Chapter) bool { return len(c.Entries) == 0 && !wantVisits })
	for i := range out {
		slices.SortStableFunc(out[i].Entries, compareEntries)
	}
	slices.SortStableFunc(out, func(a, b Chapter) int { return compareMoments(a.When, b.When, o.OldestFirst) })
	return out
}

// visitOf returns the chapter of the encounter that an entry belongs to, -1 for
// none: what happened on another day is told on that day.
func visitOf(e Entry, visits map[string]int, chapters []Chapter) int {
	for _, ref := range e.encounters {
		if n, ok := visits[ref]; ok && during(e.When.Day, chapters[n].When) {
			return n
		}
	}
	return -1
}

// during reports whether a day lies in an encounter.
func during(day string, visit Moment) bool {
	return day == visit.Day || day > visit.Day && day <= visit.End
}

// compareMoments orders chapters; what has no date comes last.
func compareMoments(a, b Moment, oldestFirst bool) int {
	if (a.Day == "") != (b.Day == "") {
		return strings.Compare(b.Day, a.Day)
	}
	c := cmp.Or(strings.Compare(a.Day, b.Day), cmp.Compare(a.at, b.at))
	if oldestFirst {
		return c
	}
	return -c
}

// compareEntries orders a chapter as a note is written: what it was, what was
// found, what was done.
func compareEntries(a, b Entry) int {
	return cmp.Or(
		cmp.Compare(rank(a.Kind), rank(b.Kind)),
		cmp.Compare(len(a.Parts), len(b.Parts)),
		cmp.Compare(a.When.at, b.When.at),
		strings.Compare(a.Name, b.Name),
		strings.Compare(a.fact, b.fact),
	)
}

func rank(c stele.Category) int {
	order := []stele.Category{
		stele.Problems, stele.Allergies, stele.Vitals, stele.Results, stele.Imaging, stele.Procedures,
		stele.Medications, stele.Immunizations, stele.Devices, stele.CarePlans, stele.Pregnancy, stele.SocialHistory,
		stele.FamilyHistory, stele.Functional, stele.AdvanceDirectives, stele.Documents, stele.Claims,
	}
	if n := slices.Index(order, c); n >= 0 {
		return n
	}
	return len(order)
}

// active returns what is still so: allergies, problems, medicines.
func active(entries []Entry, o Options) []Entry {
	var out []Entry
	for _, e := range entries {
		if !e.Active || len(o.Kinds) > 0 && !slices.Contains(o.Kinds, e.Kind) {
			continue
		}
		// The same medicine ordered again and again is one medicine now.
		n := slices.IndexFunc(out, func(x Entry) bool {
			return x.Kind == e.Kind && strings.EqualFold(x.Name, e.Name) && (x.Value == e.Value || e.Kind == stele.Problems)
		})
		if n < 0 {
			out = append(out, e)
			continue
		}
		// A medicine as last ordered, a problem as first noted.
		older := compareMoments(out[n].When, e.When, true) < 0
		if older == (e.Kind == stele.Medications) {
			out[n] = e
		}
	}
	order := []stele.Category{stele.Allergies, stele.Problems, stele.Medications}
	slices.SortStableFunc(out, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)),
			compareMoments(a.When, b.When, false), strings.Compare(a.Name, b.Name))
	})
	return out
}
