package ips

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
	"github.com/stele-health/stele/timeline"
)

// Options say what a summary is made of.
type Options struct {
	// At is when it is made, in UTC by the second: it stands in the document, what ended
	// before that day is over, and results of a year before are shown.
	At time.Time

	// ID is the Bundle's id: a summary that is delivered counts instead of the one before that
	// has the same. Without one it has none.
	ID string

	// Sensitive are the sensitivities that may be in it; without any only ordinary data.
	Sensitive []stele.Sensitivity

	// Withheld are records that may not be in it, by handle.
	Withheld map[stele.ID]bool

	// Apart are other charts of the person that it says of itself to have nothing of. Their records, if
	// any are given, stand in Withheld.
	Apart []stele.Subject

	// With are other charts of the person whose records are among those that it is made of. It says so of
	// itself: where one turns out to be somebody else's, who reads it can tell (Charts).
	With []stele.Subject
}

// What is at most shown of what happened, the newest first: the rest is counted.
const (
	mostVaccines   = 60
	mostProcedures = 40
	mostResults    = 40
	mostRecord     = 256 << 10 // bytes of a record that is an entry
)

// Make makes the International Patient Summary of a person from the records of their chart:
// a FHIR R4 Bundle of type document that Check finds nothing wrong with. The same records and
// options give the same bytes, whatever the order of the records.
//
// What it takes for true is what timeline says is so (R38); what only may be so stands in the
// text of its section, under those words, and is no entry. A record that o withholds, or whose label
// has a sensitivity that o does not name, leaves no trace, not even by what it told of others:
// what the whole chart does not say is so is not in the summary either, nor that there is none
// of what the record tells.
//
// An entry is the record as its source delivered it, but for three things: references lead
// within the document, or are logical ones; what the guide requires and the record lacks is
// there as unknown (data-absent-reason); and of the person only what identifies and reaches
// them. Its fullUrl is its handle, and a Provenance says who delivered it, when and with
// what. A record that breaks the guide's rules all the same is told in the text alone.
//
// The error is of KindInvalid, for options without a time.
func Make(items []timeline.Item, o Options) ([]byte, error) {
	if o.At.IsZero() {
		return nil, stele.E("make summary", stele.KindInvalid, "a summary is of a day and time", nil)
	}
	o.At = o.At.UTC()
	m := &maker{o: o, seen: o.visible(items)}
	m.story = timeline.Tell(m.seen, timeline.Options{At: o.At})
	m.judge(items)
	m.index()
	m.parts = m.sections()
	for m.choose(); m.unfit(); m.choose() { // what breaks a rule is told, and is no entry
	}
	return m.document()
}

// maker makes one summary.
type maker struct {
	o     Options
	seen  []timeline.Item // what may be in it
	story timeline.Story  // of those
	whole *judged         // by all items, where some may not be in it
	parts []*part

	records map[stele.ID]*record
	named   map[name]*record  // what references lead to
	past    map[stele.ID]bool // records that no longer count
	barred  map[stele.ID]bool // records that are no entries
	chosen  []*record         // in the order of the document, without the patient
	patient *record           // nil where no record says who it is
}

// visible are the items that may be in it, without older summaries.
func (o Options) visible(items []timeline.Item) []timeline.Item {
	return slices.DeleteFunc(slices.Clone(items), func(it timeline.Item) bool {
		return it.Label.Category == stele.Summary || o.Withheld[it.Handle] ||
			slices.ContainsFunc(it.Label.Sensitivity, func(s stele.Sensitivity) bool { return !slices.Contains(o.Sensitive, s) })
	})
}

// judged is what the whole chart says of its records, by handle.
type judged struct {
	now, may, none map[stele.ID]bool
	unfounded      map[stele.ID]bool // what is said to be none of what is withheld
}

// judge finds which records no longer count, and, where not all of the chart may be in the
// summary, what the whole of it says.
func (m *maker) judge(items []timeline.Item) {
	story := m.story
	if len(items) > len(m.seen) {
		story = timeline.Tell(items, timeline.Options{At: m.o.At})
		m.whole = &judged{handles(story.Now), handles(story.Unclear), handles(story.Absent), handles(m.story.Unfounded(story))}
	}
	m.past = handles(story.Past)
}

func handles(entries []timeline.Entry) map[stele.ID]bool {
	out := map[stele.ID]bool{}
	for _, e := range entries {
		for _, v := range e.Vouched {
			out[v.Handle] = true
		}
	}
	return out
}

// in reports whether a record that vouches for an entry is among those.
func in(e timeline.Entry, those map[stele.ID]bool) bool {
	return slices.ContainsFunc(e.Vouched, func(v timeline.Vouch) bool { return those[v.Handle] })
}

// lines are what is so, what may be so and what is said to be none, as the summary and the
// whole chart agree on.
func (m *maker) lines() (now, may, none []timeline.Line) {
	all, unclear := m.story.Lines()
	w := m.whole
	for _, l := range all {
		switch {
		case l.Entry.Absent:
			if w == nil || in(l.Entry, w.none) && !in(l.Entry, w.unfounded) {
				none = append(none, l)
			}
		case w == nil || in(l.Entry, w.now):
			now = append(now, l)
		case in(l.Entry, w.may):
			may = append(may, l)
		}
	}
	for _, l := range unclear {
		if w == nil || in(l.Entry, w.now) || in(l.Entry, w.may) {
			may = append(may, l)
		}
	}
	return now, may, none
}

// happened are the entries of a type that happened, the newest first.
func (m *maker) happened(is func(e *timeline.Entry) bool) (out []timeline.Entry) {
	add := func(e timeline.Entry) {
		if e.Stands == telling.Happened && !e.Absent && !e.Another && !in(e, m.past) && is(&e) {
			out = append(out, e)
		}
	}
	for _, c := range m.story.Chapters {
		for _, e := range c.Entries {
			add(e)
			for _, p := range e.Parts {
				add(p)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b timeline.Entry) int { return strings.Compare(b.When.Day, a.When.Day) })
	return out
}

// vaccines, procedures and results are what happened and matters in an emergency; results
// the newest of each name, of the year before.
func (m *maker) vaccines() []timeline.Entry {
	return m.happened(func(e *timeline.Entry) bool { return e.Type == "Immunization" })
}

func (m *maker) procedures() []timeline.Entry {
	return m.happened(func(e *timeline.Entry) bool { return e.Type == "Procedure" })
}

func (m *maker) results() []timeline.Entry {
	since, newest := m.o.At.AddDate(-1, 0, 0).Format(time.DateOnly), map[string]string{}
	return slices.DeleteFunc(m.happened(func(e *timeline.Entry) bool {
		return e.Type == "Observation" && e.Kind == stele.Results && e.Value != "" && e.When.Day >= since
	}), func(e timeline.Entry) bool {
		day, told := newest[e.Name]
		if !told {
			newest[e.Name] = e.When.Day
		}
		return told && e.When.Day < day
	})
}

// compact writes JSON as it stands: nothing of a record is escaped anew.
func compact(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // of our own structures, and of JSON that was parsed
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
