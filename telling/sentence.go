package telling

import (
	"regexp"
	"strings"

	"github.com/stele-health/stele"
)

// Sentence is what the record says in one line, without its day.
func (e Told) Sentence() string {
	text := e.Name
	if e.Type == "Observation" || e.Type == "DiagnosticReport" {
		text = shorten(text)
	}
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

// quantityKind is how a LOINC long name says what kind of quantity a result is, which
// its value and unit show: "[Mass/volume]", "[#/volume]". Other words in brackets are
// told: "[Susceptibility]" tells a drug's test from its level, and people write in
// brackets what must not be missed.
var quantityKind = regexp.MustCompile(` \[(?:#|Mass|Moles|Units|Enzymatic activity|Entitic mass|Entitic volume|Volume Fraction|(?:Mass |Moles )?Ratio|Volume Rate|Presence)(?:/(?:volume|mass|time|area|Area))?\]`)

// shorten takes out of the name of a result what its reader does not need of a LOINC
// long name: the kind of quantity, and the specimen where it is blood.
func shorten(name string) string {
	short := quantityKind.ReplaceAllString(name, "")
	if short == name {
		return name
	}
	for _, ending := range []string{" by Automated count", " in Blood", " in Serum or Plasma", " in Serum, Plasma or Blood", " in Serum", " in Plasma", " - Reported"} {
		short = strings.TrimSuffix(short, ending)
	}
	return short
}
