package timeline

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/stele-health/stele"
)

// Item is one opened record and what is known of where it came from.
type Item struct {
	Record     []byte // FHIR R4 resource, JSON
	Label      stele.Label
	Handle     stele.ID
	Source     stele.Subject // organisation that delivered it; zero when nobody proves which
	SourceName string        // for the screen
	Anchored   time.Time     // block time of its anchor
	Height     int64         // block of its anchor; 0 when that is not known, as to a reader
	Made       time.Time     // when its source says that it delivered it; zero when not known
	Proof      stele.ID      // submission whose anchor proves it
}

// Options choose what is told.
type Options struct {
	Kinds       []stele.Category // empty tells everything clinical: see Clinical
	From, To    string           // days, months or years, inclusive; "" is open
	OldestFirst bool

	// At is when the story is read: what ended before that day is over. Zero is the
	// newest anchor among the items; without any nobody can tell what is over, and
	// what has an end is not told as being so now.
	At time.Time
}

// Story is the whole chart, told.
type Story struct {
	Person   string    `json:"person,omitempty"` // name, sex, date of birth, and where sources disagree; "" when no Patient was among the items
	Died     bool      `json:"died,omitempty"`
	Now      []Entry   `json:"now,omitempty"`        // what is so, and medicines on hold: see now.go
	Unclear  []Entry   `json:"unclear,omitempty"`    // what may be so: the record has to be read
	Absent   []Entry   `json:"none_known,omitempty"` // "no known allergies" and the like
	Chapters []Chapter `json:"chapters"`
	Sources  []Source  `json:"sources"`        // in the order of their numbers, from 1
	Past     []Entry   `json:"past,omitempty"` // what no longer counts, by record: see Entry.Gone

	Earlier     int `json:"earlier,omitempty"`     // records left out because a newer version is told
	Errors      int `json:"withdrawn,omitempty"`   // records left out because their source withdrew them
	Withdrawals int `json:"withdrawals,omitempty"` // records that withdraw others
	Unread      int `json:"unread,omitempty"`      // items that are no FHIR resource
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
	Value   string         `json:"value,omitempty"`   // result, dose text, reactions, …
	Range   string         `json:"range,omitempty"`   // reference range as the source gave it
	Mark    string         `json:"mark,omitempty"`    // "↑", "↓" or "!", as the source interprets it
	Note    string         `json:"note,omitempty"`    // what else has to be known
	Status  string         `json:"status,omitempty"`  // how it stands, in words: see standing.go
	Not     bool           `json:"not,omitempty"`     // it says that something shall not be done or taken; so does Name
	More    bool           `json:"more,omitempty"`    // the record says clinically more than this
	Active  bool           `json:"active,omitempty"`  // it is so, as far as its author says
	Absent  bool           `json:"absent,omitempty"`  // it says that nothing is known of its kind
	Gone    Version        `json:"gone,omitempty"`    // in Story.Past: Earlier or Withdrawn
	Parts   []Entry        `json:"parts,omitempty"`   // results of a report
	Vouched []Vouch        `json:"vouched"`           // every record that says so
	Earlier []Vouch        `json:"earlier,omitempty"` // earlier versions of those

	record     view
	is         standing
	directive  bool     // see directive.go
	held       bool     // a medicine that is on hold
	fact       string   // equal for the same fact; see fact.go
	words      string   // equal for one source's records that say the same in every word
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

// Tell makes the story of the items. It is the same for every order of items
// that have different handles.
func Tell(items []Item, o Options) Story {
	story := Story{Chapters: []Chapter{}}
	items = inOrder(items)
	numbers := numberSources(items, &story)
	resources := make([]view, len(items))
	for i, it := range items {
		resources[i] = read(it.Record)
	}
	deliveries := make([]delivery, len(items))
	for i, it := range items {
		deliveries[i] = deliveryOf(it, resources[i])
	}
	of := judge(deliveries)
	names := providers(items, resources, numbers, of)
	today := dayOf(items, o)
	old := replaced(resources, func(i int) int { return numbers[items[i].Source] }, of, today)
	gone := map[string]bool{}    // keys of what was withdrawn
	earlier := map[int][]Vouch{} // of the newest, by its index
	indexed := map[int]int{}     // of items among the entries
	var entries []Entry
	var head heading
	for i, it := range items {
		r := resources[i]
		if of[i].version == Unread || of[i].version == Withdrawal {
			continue
		}
		stands := standingOf(r, today)
		e := entryOf(r, it, numbers[it.Source], names)
		e.stand(stands, r, numbers[it.Source], names)
		if of[i].version == Earlier {
			earlier[of[i].first] = append(earlier[of[i].first], e.Vouched...)
		}
		if of[i].version == Withdrawn {
			for _, key := range e.refs {
				gone[key] = true
			}
		}
		if of[i].version != Current {
			e.Gone = of[i].version
			e.Active, e.held = false, false
			story.Past = append(story.Past, e)
			continue
		}
		if of[i].guessed && (e.is == holds || e.held) {
			e.is, e.Active, e.held, e.Status = unclear, false, false, notes(e.Status, "which version is the newest is not known", seeRecord)
		}
		if len(old) > 0 && slices.ContainsFunc(e.refs, func(key string) bool { return old[key] }) {
			e.replace()
		} else if slices.ContainsFunc(e.refs, func(key string) bool { _, ok := old[key]; return ok }) {
			e.outlived()
		}
		if e.Type == "Patient" {
			head.add(r, it)
		}
		entries = append(entries, e)
		indexed[i] = len(entries) - 1
	}
	for first, list := range earlier {
		if n, ok := indexed[first]; ok {
			entries[n].Earlier = list
		}
	}
	story.Person, story.Died = head.say()
	story.count(of)
	entries = merge(entries)
	story.Now, story.Unclear, story.Absent = now(entries, o)
	entries = gather(entries, gone)
	story.Chapters = chapters(entries, o)
	return story
}

// inOrder sorts items so that neither the order in which they came nor the
// random part of their handles decides what is told.
func inOrder(items []Item) []Item {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.SourceName, b.SourceName), bytes.Compare(a.Source[:], b.Source[:]),
			bytes.Compare(a.Record, b.Record), bytes.Compare(a.Handle[:], b.Handle[:]))
	})
	return items
}

// dayOf is the day on which the story is read, "" when nobody knows.
func dayOf(items []Item, o Options) string {
	at := o.At
	for _, it := range items {
		if o.At.IsZero() && it.Anchored.After(at) {
			at = it.Anchored
		}
	}
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.DateOnly)
}

func (s *Story) count(of verdicts) {
	for _, v := range of {
		switch v.version {
		case Earlier:
			s.Earlier++
		case Withdrawn:
			s.Errors++
		case Withdrawal:
			s.Withdrawals++
		case Unread:
			s.Unread++
		}
	}
}

// stand says of an entry how it stands and what makes it the same as another.
func (e *Entry) stand(s stand, r view, source int, names map[string]string) {
	e.record, e.is, e.Status = r, s.is, s.words
	if s.not != "" {
		e.Name, e.Not = s.not+e.Name, true
	}
	if words := absent(e.Type, r); words != "" {
		e.Name, e.Absent, e.Status = words, true, without(e.Status, "active")
	}
	if e.directive = isDirective(*e, r); e.directive && s.is == happened {
		e.is = holds // what a person decided holds until it is replaced or withdrawn
	}
	e.Active = e.is == holds && !e.Absent && nowRank(*e) >= 0
	e.held = onHold(*e, r)
	if e.fact = noteKey(r, s.words); e.fact != "" {
		e.daily = true
		return
	}
	written := e.When.Element
	if e.timeless {
		written = ""
	}
	e.fact = acrossKey(r, source, names, written)
}

// within is equal for records of one source that say the same in every word.
func (e *Entry) within() string {
	if e.words == "" {
		e.words = withinKey(e.record)
	}
	return e.words
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

// kindOf trusts the label, which is what consent was decided on.
func kindOf(it Item) stele.Category {
	if it.Label.Category.Valid() {
		return it.Label.Category
	}
	return stele.Other
}
