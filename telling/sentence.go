package telling

import (
	"strings"

	"github.com/stele-health/stele"
)

// Sentence is what the record says in one line, without its day.
func (e Told) Sentence() string {
	text := shorten(e.Name)
	switch {
	case e.Kind == stele.Allergies && e.Value != "":
		text += ": " + e.Value
	case e.Type == "Observation" && e.Value != "":
		if !strings.ContainsAny(e.Value[:1], "0123456789<>-+.") {
			text += ":"
		}
		text = notesBy(" ", e.Mark, text) + " " + e.Value
	case e.Value != "":
		text += " · " + e.Value
	}
	if e.Range != "" {
		text += " (" + e.Range + ")"
	}
	if note := notes(e.Status, e.Note); note != "" {
		text += " · " + note
	}
	switch e.When.Element { // not when it was so, but when it was put down
	case "recordedDate", "recorded", "recordedOn", "dateAsserted", "issued":
		text += " · recorded then"
	}
	return text
}

// shorten takes out of a LOINC long name what a reader of results does not
// need: the property, the method, and the specimen where it is blood.
func shorten(name string) string {
	open, end := strings.Index(name, " ["), strings.Index(name, "]")
	if open < 0 || end < open {
		return name
	}
	name = name[:open] + name[end+1:]
	if i := strings.Index(name, " by "); i > 0 {
		name = name[:i]
	}
	for _, specimen := range []string{" in Blood", " in Serum or Plasma", " in Serum, Plasma or Blood", " in Serum", " in Plasma", " - Reported"} {
		name = strings.TrimSuffix(name, specimen)
	}
	return name
}
