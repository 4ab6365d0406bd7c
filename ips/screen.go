package ips

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
	"github.com/stele-health/stele/terminal/columns"
	"github.com/stele-health/stele/timeline"
)

// screen sets the sections into so many lines.
type screen struct {
	rows   int
	blocks []*block
}

// block is one section on the screen.
type block struct {
	label string
	late  int // the greater, the later it is told in fewer words
	items []paragraph
	brief bool // names alone
	most  int  // lines; 0 is any number
}

// labelled is how wide the labels are.
const labelled = 12

// read takes from a section what is so, and may be so.
func (b *block) read(section fhir.Value) {
	before := "" // a heading
	for _, p := range blocksOf(section.Member("text").Member("div").Text()) {
		switch {
		case p.item && before == "" && !(b.label == "Results" && !headed(section)):
			b.items = append(b.items, p)
		case p.item && before == mayHeading:
			b.items = append(b.items, paragraph{text: "may be: " + p.text, name: "may be: " + nameOf(p)})
		case !p.item && slices.Contains([]string{pastHeading, mayHeading, fullHeading}, p.text):
			before = p.text
		case !p.item && before == "" && !strings.HasPrefix(p.text, "and "):
			b.items = append(b.items, p)
		}
	}
}

// headed reports whether a section tells apart what is to be looked at: another's results
// are many, and stand on no first screen.
func headed(section fhir.Value) bool {
	return slices.ContainsFunc(blocksOf(section.Member("text").Member("div").Text()), func(p paragraph) bool { return !p.item && p.text == pastHeading })
}

// set sets the blocks; while they are too long it tells the one that may be shortened
// first in fewer words.
func (s *screen) set() []string {
	s.blocks = slices.DeleteFunc(s.blocks, func(b *block) bool { return len(b.items) == 0 })
	inTurn := slices.SortedFunc(slices.Values(s.blocks), func(a, b *block) int { return a.late - b.late })
	for _, b := range inTurn {
		if named[b.label] && len(s.lines()) > s.rows {
			b.brief = true
		}
	}
	for _, b := range slices.Backward(inTurn) { // what has room after all
		if b.brief {
			b.brief = false
			b.brief = len(s.lines()) > s.rows
		}
	}
	for _, least := range []int{3, 2, 1} {
		for _, b := range inTurn {
			for n := len(b.set()); n > least && len(s.lines()) > s.rows; n-- {
				b.most = n - 1
			}
		}
	}
	return s.lines()
}

// named are the sections whose items still tell the most by their names alone. Others have
// what matters after the name, as a decision has.
var named = set([]string{"Allergies", "Medicines", "Problems", "Devices"})

func (s *screen) lines() (out []string) {
	for _, b := range s.blocks {
		label := columns.Pad(b.label, labelled)
		for _, l := range b.set() {
			out = append(out, label+l)
			label = strings.Repeat(" ", labelled)
		}
	}
	return out
}

// mostOfItem is how many lines one item takes; a longer one is told by its name.
const mostOfItem = 2

func (b *block) set() []string {
	if b.brief {
		return b.names()
	}
	var sets [][]string
	for _, item := range b.items {
		lines := timeline.Wrap(item.text, Columns-labelled)
		if len(lines) > mostOfItem {
			lines = timeline.Wrap(nameOf(item)+" "+telling.MoreMark, Columns-labelled)
		}
		sets = append(sets, lines)
	}
	for n := len(sets); ; n-- {
		lines := slices.Concat(sets[:n]...)
		if left := len(sets) - n; left > 0 {
			lines = append(lines, fmt.Sprintf("and %d more: see the record", left))
		}
		if b.most == 0 || len(lines) <= b.most || n == 0 {
			return lines
		}
	}
}

// names sets the names of the items alone, as many as have room.
func (b *block) names() []string {
	var names []string
	for _, item := range b.items {
		if name := nameOf(item); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for n := len(names); ; n-- {
		text := strings.Join(names[:n], "; ")
		if left := len(names) - n; left > 0 {
			text = strings.TrimPrefix(fmt.Sprintf("%s; and %d more: see the record", text, left), "; and ")
		}
		if lines := timeline.Wrap(text, Columns-labelled); b.most == 0 || len(lines) <= b.most || n == 0 {
			return lines
		}
	}
}

// nameOf is what an item is called: as its text marks it, else its words up to what is said
// of it.
func nameOf(item paragraph) string {
	if item.name != "" {
		return item.name
	}
	at := len(item.text)
	for _, end := range []string{": ", " (", " · ", "; ", " ["} {
		if i := strings.Index(item.text, end); i > 0 {
			at = min(at, i)
		}
	}
	return item.text[:at]
}
