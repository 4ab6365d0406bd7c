package timeline

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
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
	Now      []Entry   `json:"now,omitempty"`        // what is so, medicines on hold and results to look at: see now.go, look.go
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
	When    telling.Moment `json:"when"`
	Visit   *Entry         `json:"visit,omitempty"`
	Entries []Entry        `json:"entries,omitempty"`
}

// Entry is one fact.
type Entry struct {
	telling.Told
	Active  bool    `json:"active,omitempty"`   // it is so, as far as its author says
	Gone    Version `json:"gone,omitempty"`     // in Story.Past: Earlier or Withdrawn
	GoneFor string  `json:"gone_for,omitempty"` // why it was withdrawn, in its source's words
	Parts   []Entry `json:"parts,omitempty"`    // results of a report
	Vouched []Vouch `json:"vouched"`            // every record that says so
	Earlier []Vouch `json:"earlier,omitempty"`  // earlier versions of those
	Under   string  `json:"under,omitempty"`    // in Story.Now, Unclear and Absent: the word under which it stands
	Against []Entry `json:"against,omitempty"`  // in Story.Now and Unclear: what tells it otherwise, a few of each source

	names      []item    // of a list: what it names that has no record of its own
	summary    string    // of a document that tells what no record here does: who made it, and when
	inner      []Entry   // of a list or a letter: the records that it holds within itself
	flags      []flagged // of a list: of which items it says more
	flag       string    // of a list that is told against an entry: what it says of that
	listed     bool      // the line of what a list names
	again      int       // in Story.Now: how many more facts it stands for, told in the same words
	record     telling.Record
	whose      int      // the source whose references it knows: its own; nobody where none is proved
	words      string   // equal for one source's records that say the same in every word
	encounters []string // references, each with its source
	results    []link   // of a report
	lists      []link   // of a document or list
	acts       []string // references of what a procedure acted on, but for putting it in, or a list struck out, each with its source
	uses       []string // references of the device in use, each with its source
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
	records := make([]telling.Record, len(items))
	deliveries := make([]delivery, len(items))
	for i, it := range items {
		records[i] = telling.Read(it.Record)
		deliveries[i] = deliveryOf(it, records[i])
	}
	of := judge(deliveries)
	names := namesOf(items, records, numbers, of)
	today := dayOf(items, o)
	told := make([]Entry, len(items))
	for i, it := range items {
		if of[i].version != Unread && of[i].version != Withdrawal {
			told[i] = entryOf(records[i], it, numbers[it.Source], names, today)
			if w := of[i].by; w >= 0 {
				told[i].GoneFor = reasonOf(records[w].Root())
			}
		}
	}
	entries, gone := story.current(items, told, of)
	outlasted(entries, today)
	reassessed(entries)
	devices := movedOf(entries)
	devices.takenOut(entries)
	entries = merge(entries)
	copied(entries, story.Past)
	bloodGroups(entries)
	listed(entries, gone, names, today)
	summarised(entries, items, story.Sources)
	story.Now, story.Unclear, story.Absent = now(entries, o, devices, today, story.Past, gone)
	entries = gather(entries, story.Past, gone)
	story.Chapters = chapters(entries, o)
	return story
}

// current takes what counts, says who it is about, and puts the rest into the past. gone
// are the keys of what was withdrawn, and how.
func (s *Story) current(items []Item, told []Entry, of verdicts) (entries []Entry, gone map[string]string) {
	old := replaced(told, of)
	gone = map[string]string{}
	earlier := map[int][]Vouch{} // of the newest, by its index
	indexed := map[int]int{}     // of items among the entries
	var head heading
	for i, it := range items {
		e := told[i]
		switch of[i].version {
		case Unread, Withdrawal:
			continue
		case Earlier:
			earlier[of[i].first] = append(earlier[of[i].first], e.Vouched...)
		case Withdrawn:
			for _, key := range e.refs {
				gone[key] = e.taken()
			}
		}
		// Of a person each version is heard that may be the newest.
		if e.Type == "Patient" && (of[i].version == Current || of[i].version == Earlier && of[i].guessed) {
			head.add(e.record.Person(), it)
		}
		if of[i].version != Current {
			e.Gone = of[i].version
			e.Active, e.Held = false, false
			s.Past = append(s.Past, e)
			continue
		}
		if of[i].guessed { // what was chosen by nothing may hide what holds
			e.doubt("which version is the newest is not known")
		}
		e.replacedBy(old)
		entries = append(entries, e)
		indexed[i] = len(entries) - 1
	}
	for first, list := range earlier {
		if n, ok := indexed[first]; ok {
			entries[n].Earlier = list
		}
	}
	s.Person, s.Died = head.say()
	s.count(of)
	return entries, gone
}

// entryOf tells one record, and what it refers to.
func entryOf(r telling.Record, it Item, source int, names names, today string) Entry {
	whose := whoseOf(it, source)
	e := Entry{
		Told:    r.Tell(telling.Reading{Kind: kindOf(it), Today: today, Find: names.find(whose)}),
		Vouched: []Vouch{{source, it.Handle, it.Proof, it.Height, it.Anchored, it.Label.Sensitivity}},
		record:  r, whose: whose, refs: keysOf(whose, r.Root()),
	}
	e.Active = e.holds()
	if ref := reference(whose, e.Encounter); ref != "" {
		e.encounters = []string{ref}
	}
	e.results, e.lists = linksOf(whose, e.Results), linksOf(whose, e.Lists)
	for _, a := range e.Acts {
		if key := reference(whose, a.Reference); key != "" && a.Act != telling.PutIn {
			e.acts = append(e.acts, key)
		}
	}
	if key := reference(whose, textOf(r.Root(), "device", "reference")); key != "" && e.Type == "DeviceUseStatement" {
		e.uses = []string{key}
	}
	if e.Type == "List" {
		e.flags = flagsOf(whose, e)
		for _, f := range e.flags {
			if f.key != "" {
				e.acts = append(e.acts, f.key)
			}
		}
	}
	for _, part := range e.Contained {
		e.Parts = append(e.Parts, Entry{Told: part, Vouched: e.Vouched})
	}
	return e
}

// holds reports whether an entry is so, as far as its author says, and is looked for under Now.
func (e *Entry) holds() bool {
	return e.Stands == telling.Holds && !e.Absent && (!e.Aside || e.Pregnant || e.Type == "Device" || e.Type == "DeviceUseStatement") && nowRank(*e) >= 0
}

// doubt makes unclear what held, and says why.
func (e *Entry) doubt(why string) {
	e.Stands, e.Active, e.Held, e.Status = telling.Unclear, false, false, joined(", ", e.Status, why, seeRecord)
}

// inOrder sorts items by what they say, so that neither the order in which they came,
// nor what their sources are called, nor the random part of their handles decides what
// is told.
func inOrder(items []Item) []Item {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Or(bytes.Compare(a.Record, b.Record), bySource(a, b), bytes.Compare(a.Handle[:], b.Handle[:]))
	})
	return items
}

func bySource(a, b Item) int {
	return cmp.Or(cmp.Compare(a.SourceName, b.SourceName), bytes.Compare(a.Source[:], b.Source[:]))
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

// within is equal for records of one source that say the same in every word.
func (e *Entry) within() string {
	if e.words == "" {
		e.words = e.record.Words()
	}
	return e.words
}

// numberSources numbers the sources by name.
func numberSources(items []Item, story *Story) map[stele.Subject]int {
	numbers := map[stele.Subject]int{}
	for _, it := range slices.SortedStableFunc(slices.Values(items), bySource) {
		n, ok := numbers[it.Source]
		if !ok {
			story.Sources = append(story.Sources, Source{Subject: it.Source, Name: telling.Clean(it.SourceName)})
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
