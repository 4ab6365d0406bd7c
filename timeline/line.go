package timeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stele-health/stele/telling"
	"github.com/stele-health/stele/terminal/columns"
)

// Line is one line of what stands under Now, or may be so, in the words of the page.
type Line struct {
	Entry Entry
	Under string // the word under which it stands: "allergy"
	Text  string // with its mark, the numbers of its sources where there are several, and what tells it otherwise
}

// Lines are the lines of what is so, with what is said to be none beside it, and of what
// may be so, in the order of the page. They are one line each, of clean text.
func (s Story) Lines() (now, may []Line) {
	t := newSetter(Page{})
	t.sources, t.zones = len(s.Sources), zonesOf(s)
	return t.lines(s.Now, s.Absent, s.Unclear), t.lines(s.Unclear, nil, nil)
}

// Numbers are the numbers of an entry's sources, "1,2".
func (e Entry) Numbers() string { return sourceNumbers(e.Vouched) }

// Wrap breaks a text into lines of at most n columns, none of which ends between a number
// and its unit, or within a range (R39).
func Wrap(s string, n int) []string { return wrap(s, n) }

// lines tells what is so, or may be so, with what is said to be none beside it; below is
// what is told under the next heading.
func (t *setter) lines(entries, none, below []Entry) []Line {
	list := slices.Concat(entries, none)
	slices.SortStableFunc(list, func(a, b Entry) int { return cmp.Compare(place(a), place(b)) })
	above, under := map[string]bool{}, map[string]bool{}
	for _, e := range entries {
		above[nowWord(e)] = true
		under["allergy"] = under["allergy"] || e.Allergy && nowWord(e) != "allergy"
	}
	for _, e := range below {
		under[nowWord(e)] = true
		under["allergy"] = under["allergy"] || e.Allergy
	}
	clock := t.zones.among(list)
	out := make([]Line, len(list))
	for i, e := range list {
		text := standingText(e, clock(e))
		switch word := nowWord(e); {
		case !e.Absent:
		case above[word]:
			text += telling.SeeAbove
		case under[word]:
			text += telling.SeeBelow
		default: // an allergy to what a sensitive medicine is may be sealed as that is
			text += telling.SeeMore
		}
		out[i] = Line{e, nowWord(e), telling.Visible(text + t.marked(e) + t.tag(e, nil) + t.against(e))}
	}
	return out
}

// standingText is what an entry says where it stands under Now: without its mark, its
// sources and what tells it otherwise.
func standingText(e Entry, clock string) string {
	text := e.Name
	switch {
	case nowWord(e) == "result":
		text = asResult(e)
	case e.AmongOthers() && (e.Aside || nowWord(e) == "allergy"): // of which the whole stands on its day
		text += ": " + strings.Join(e.Harms, "; ")
	case e.Value != "":
		text += ": " + e.Value
	}
	status := without(without(e.Status, "active"), "ordered")
	if e.Held {
		words := "not to be taken until resumed"
		if e.Not || e.Directive {
			words = "whether it holds meanwhile is not said"
		}
		text, status = "on hold: "+text, strings.Replace(status, "on hold", words, 1)
	}
	if note := joined(", ", status, e.Note, dated(e, clock)); note != "" {
		text += " (" + note + ")"
	}
	return text
}

// asResult is a result as on its day: its mark, value and range.
func asResult(e Entry) string {
	e.When, e.Status, e.Note = telling.Moment{}, "", ""
	return e.Sentence()
}

// standing sets lines under their heading, by what they are.
func (t *setter) standing(heading string, lines []Line) {
	if len(lines) == 0 {
		return
	}
	t.WriteByte('\n')
	t.line(bold, heading)
	before := ""
	for _, l := range lines {
		label := l.Under
		if label == before {
			label = ""
		} else {
			before = label
		}
		t.block("", columns.Pad("  "+label, indent), l.Text)
	}
}
