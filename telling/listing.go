package telling

import (
	"fmt"
	"slices"
)

// listing says a List. What a list says of an item, that it was stopped or taken off,
// stands in brackets behind the item's name, so that it cannot be read with its
// neighbour's.
func (t teller) listing(e *Told, r view) {
	t.tale(e, r)
	var out []string
	room, items := restOfAll, r.at("entry").list()
	for i, item := range items {
		before := slices.Clone(r.said[item.v.Index():item.v.End()])
		marks := itemMarks(item)
		s := t.marked(item, marks)
		if room -= len([]rune(s)); room < 0 {
			copy(r.said[item.v.Index():], before)
			out = append(out, fmt.Sprintf("and %d more", len(items)-i))
			break
		}
		out = append(out, s)
	}
	for _, item := range items {
		if item = item.quiet(); item.at("deleted").text() == "yes" {
			continue
		}
		for _, l := range linksOf(item.at("item").list()) {
			if l.Words != "" {
				l.Words = bracketed(l.Words, itemMarks(item))
			}
			e.Lists = append(e.Lists, l)
		}
	}
	e.Value = notesBy("; ", append(out, e.Value)...)
}

// marked says an item of a list; nothing for a bare link of which the list says nothing.
func (t teller) marked(item view, marks string) string {
	name := t.refer(item.at("item"))
	if name == "" && marks != "" {
		name = "an item without a name"
	}
	return bracketed(name, marks)
}

// itemMarks is what a list says of an item.
func itemMarks(item view) string {
	deleted := ""
	if item.at("deleted").text() == "yes" {
		deleted = "taken off the list"
	}
	return notes(say(item.at("flag")), deleted, sayTime(item.at("date").text()))
}

func bracketed(name, more string) string {
	if name == "" || more == "" {
		return name
	}
	return name + " (" + more + ")"
}
