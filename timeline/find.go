package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// Find returns the entries whose line holds all of the words, in any case, in
// the order of the story; what no longer counts only where nothing else does.
// Results of a report are entries, too.
func (s Story) Find(words string) []Entry {
	want := strings.Fields(strings.ToLower(telling.Clean(words)))
	if len(want) == 0 {
		return nil
	}
	var out []Entry
	seen := map[stele.ID]bool{}
	look := func(e Entry) {
		line := strings.ToLower(e.Type + " " + telling.Day(e.When.Day) + " " + e.Line())
		holds := !slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(line, w) })
		if id := e.Vouched[0].Handle; holds && !seen[id] {
			seen[id] = true
			out = append(out, e)
		}
	}
	s.each(look)
	if len(out) == 0 {
		for _, e := range s.Past {
			look(e)
		}
	}
	return out
}

// each looks at all that counts, in the order of the story.
func (s Story) each(look func(Entry)) {
	for _, c := range s.Chapters {
		if c.Visit != nil {
			look(*c.Visit)
		}
		for _, e := range c.Entries {
			look(e)
			for _, p := range e.Parts {
				look(p)
			}
		}
	}
}

// EntryOf is the entry that a record stands in; false for none.
func (s Story) EntryOf(handle stele.ID) (entry Entry, found bool) {
	look := func(e Entry) {
		if !found && slices.ContainsFunc(e.Vouched, func(v Vouch) bool { return v.Handle == handle }) {
			entry, found = e, true
		}
	}
	s.each(look)
	for _, e := range s.Past {
		look(e)
	}
	return entry, found
}

// Line is the entry in one line, as the story tells it.
func (e Entry) Line() string {
	line := sentence(e)
	if e.More {
		line += " " + telling.MoreMark
	}
	return line
}

// Day is the entry's day in words, "" for none.
func (e Entry) Day() string { return telling.Day(e.When.Day) }
