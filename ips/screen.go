package ips

import (
	"fmt"
	"slices"
	"sort"
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
	left  int // items beyond the most that a screen could tell
	words words
	most  int // lines; 0 is any number

	told map[setting][]string // what was set before
}

// setting is how a block is set.
type setting struct {
	words words
	most  int
}

// mostItems is how many items of a section are looked at: a screen holds fewer.
const mostItems = 500

// words say how much of its items a block tells.
type words int

const (
	whole words = iota
	said        // names, and what is said of each: a dose; without notes
	names       // names alone
)

// labelled is how wide the labels are.
const labelled = 12

// read takes from a section what is so, and may be so; of another's summary all that it says but
// results, of which most say nothing now.
func (b *block) read(section fhir.Value, ours bool) {
	before := "" // a heading
	for _, p := range blocksOf(section.Member("text").Member("div").Text()) {
		switch {
		case !ours && (!p.item || b.label != "Results"):
			b.items = append(b.items, p)
		case p.item && before == telling.MayHeading:
			if p.name, p.text = maybe+p.nameOf(), maybe+p.text; p.said != "" {
				p.said = maybe + p.said
			}
			b.items = append(b.items, p)
		case p.item && (before == telling.LookHeading || before == "" && b.label != "Results"):
			b.items = append(b.items, p)
		case !p.item && slices.Contains([]string{telling.LookHeading, telling.PastHeading, telling.MayHeading, telling.FullHeading}, p.text):
			before = p.text
		case !p.item && before == "" && !strings.HasPrefix(p.text, "and "):
			b.items = append(b.items, p)
		}
	}
}

const maybe = "may be: "

// set sets the blocks; while they are too long it tells the one that may be shortened
// first in fewer words.
func (s *screen) set() []string {
	for _, b := range s.blocks {
		b.left = len(b.items) - min(len(b.items), mostItems)
		b.items = b.items[:len(b.items)-b.left]
	}
	s.blocks = slices.DeleteFunc(s.blocks, func(b *block) bool { return len(b.items) == 0 })
	inTurn := slices.SortedFunc(slices.Values(s.blocks), func(a, b *block) int { return a.late - b.late })
	for _, fewer := range []words{said, names} {
		for _, b := range inTurn {
			if named[b.label] && len(s.lines()) > s.rows {
				b.words = fewer
			}
		}
	}
	for _, b := range slices.Backward(inTurn) { // what has room after all
		for b.words > whole {
			if b.words--; len(s.lines()) > s.rows {
				b.words++
				break
			}
		}
	}
	for _, least := range []int{3, 2, 1} {
		for _, b := range inTurn {
			if n, over := len(b.set()), len(s.lines())-s.rows; n > least && over > 0 {
				b.most = max(least, n-over)
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

// mostOfItem is how many lines one item takes; a longer one is told in fewer words.
const mostOfItem = 2

// set sets the block, each way once.
func (b *block) set() []string {
	how := setting{b.words, b.most}
	if b.told == nil {
		b.told = map[setting][]string{}
	}
	if b.told[how] == nil {
		b.told[how] = b.fit()
	}
	return b.told[how]
}

// fit sets as many items as have room, and says how many more there are.
func (b *block) fit() []string {
	parts, join := b.oneBelowTheOther()
	if b.words == names {
		parts, join = b.besideEachOther()
	}
	fits := func(n int) []string {
		lines := join(parts[:n], len(parts)-n+b.left)
		if b.most == 0 || len(lines) <= b.most || n == 0 {
			return lines
		}
		return nil
	}
	if lines := fits(len(parts)); lines != nil {
		return lines
	}
	return fits(sort.Search(len(parts), func(n int) bool { return fits(n+1) == nil }))
}

// oneBelowTheOther are the items, each on lines of its own; equal ones once, where what
// tells them apart is not said.
func (b *block) oneBelowTheOther() (parts []string, join func(parts []string, left int) []string) {
	wrapped := map[string][]string{}
	for _, item := range b.items {
		text := item.called(b.words)
		lines := timeline.Wrap(text, screenWidth-labelled)
		for fewer := b.words + 1; len(lines) > mostOfItem && fewer <= names; fewer++ {
			text = item.called(fewer) + " " + telling.MoreMark
			lines = timeline.Wrap(text, screenWidth-labelled)
		}
		if b.words == whole || wrapped[text] == nil {
			parts, wrapped[text] = append(parts, text), lines
		}
	}
	return parts, func(parts []string, left int) (out []string) {
		for _, p := range parts {
			out = append(out, wrapped[p]...)
		}
		if left > 0 {
			out = append(out, fmt.Sprintf("and %d more: see the record", left))
		}
		return out
	}
}

// besideEachOther are the names of the items.
func (b *block) besideEachOther() (parts []string, join func(parts []string, left int) []string) {
	known := map[string]bool{}
	for _, item := range b.items {
		if name := item.called(names); !known[name] {
			known[name] = true
			parts = append(parts, name)
		}
	}
	return parts, func(parts []string, left int) []string {
		text := strings.Join(parts, "; ")
		if left > 0 {
			text = strings.TrimPrefix(fmt.Sprintf("%s; and %d more: see the record", text, left), "; and ")
		}
		return timeline.Wrap(text, screenWidth-labelled)
	}
}

// called is an item in so many words. What tells it otherwise is said in any.
func (p paragraph) called(w words) string {
	text := p.text
	switch {
	case w == whole:
		return text
	case w == said && p.said != "":
		text = p.said
	default:
		text = p.nameOf()
	}
	if strings.Contains(p.text, "; yet ") {
		text += " (told otherwise, too)"
	}
	return text
}

// nameOf is what an item is called: as its text marks it, else its words up to what is said
// of it.
func (p paragraph) nameOf() string {
	if p.name != "" {
		return p.name
	}
	at := len(p.text)
	for _, end := range []string{": ", " (", " · ", "; ", " ["} {
		if i := strings.Index(p.text, end); i > 0 {
			at = min(at, i)
		}
	}
	return p.text[:at]
}
