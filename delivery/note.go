package delivery

import (
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// A Note is one thing that is told of a file: what is wrong with an entry, or what whoever
// delivered it should know. Each field may be empty.
type Note struct {
	Place    string // "line 7, entry 2"; "3 resources", of what could not be delivered together
	Resource string // "Observation/1", "DELETE Patient/2"
	Path     string // "Observation.component[1].valueQuantity.value"
	Rule     string // which is broken: one of FHIR's, or RuleLink and the like

	// Why says what it is, the particular last, and what would help.
	Why intake.Reason
}

// RuleLink is the rule that a record belongs to somebody who is known here.
const RuleLink = "link"

// String returns "line 7: Observation/1: link: its patient is not linked here: Patient/ana".
func (n Note) String() string {
	is := fhir.Issue{Resource: n.Resource, Path: n.Path, Rule: n.Rule, Text: n.Why.String()}
	return is.At(n.Place)
}

// Lines are notes in words, one a line; empty for none, not nil.
func Lines(notes []Note) []string {
	lines := make([]string, len(notes))
	for i, n := range notes {
		lines[i] = n.String()
	}
	return lines
}

// Cause is by what notes are told together: two that have one are of one kind, wherever
// they stand.
type Cause struct {
	Of   string // what is general: "its patient is not linked here", or the rule, or the resource
	Text string // what is particular: "Patient/ana", or what the rule says
}

// String returns "its patient is not linked here: Patient/ana".
func (c Cause) String() string {
	return strings.TrimPrefix(c.Of+": "+c.Text, ": ")
}

// Cause returns why a note is there.
func (n Note) Cause() (c Cause) {
	for _, part := range append([]string{n.Place, n.Resource, n.Path, n.Rule}, n.Why.Parts...) {
		if part != "" {
			c.Of, c.Text = c.Text, part
		}
	}
	return c
}

// told is a note of a record that says what it is called, in parts.
func told(name string, parts ...string) Note {
	return Note{Resource: name, Why: intake.Reason{Parts: parts}}
}

// placed is a note of something at a place.
func placed(place, resource string, parts ...string) Note {
	return Note{Place: place, Resource: resource, Why: intake.Reason{Parts: parts}}
}

// broken is the note of an issue of a resource at a place.
func broken(place string, i fhir.Issue) Note {
	return Note{Place: place, Resource: i.Resource, Path: i.Path, Rule: i.Rule, Why: intake.Reason{Parts: partsOf(i.Text)}}
}

// partsOf are the parts of a sentence that another room made.
func partsOf(text string) []string { return strings.Split(text, ": ") }

// failed is a note of what an error kept from being done.
func failed(n Note, err error) Note {
	n.Why.Parts = append(n.Why.Parts, partsOf(err.Error())...)
	return n
}

// unopened is the note of an entry whose JSON is broken, which says its place.
func unopened(place string, err error) Note {
	return placed(place, "", partsOf(strings.TrimPrefix(stele.TextOf(err), place+": "))...)
}
