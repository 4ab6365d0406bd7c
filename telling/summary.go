package telling

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// A document that came as one record, as an emergency summary does, says of its day what its sections
// list. Of allergies that is told even so, for a chart may have nothing else; package timeline leaves out
// what the chart's own records tell.

// composition is the Composition with which a Bundle of type document begins; nothing where it is none.
func composition(r view) view {
	first := r.at("entry", "resource")
	if r.at("resourceType").raw() != "Bundle" || r.at("type").raw() != "document" || first.at("resourceType").raw() != "Composition" {
		return view{}
	}
	return first
}

// bundle tells a document that came as one record by its title and the titles of its sections: the
// whole of it is in the record.
func (t teller) bundle(e *Told, r view) {
	c := composition(r)
	if !c.has() {
		t.tale(e, r)
		return
	}
	e.Name = firstOf(Clean(c.at("title").text()), say(c.at("type")), "document")
	var sections []string
	for _, s := range c.at("section").list() {
		sections = append(sections, firstOf(Clean(s.at("title").text()), say(s.at("code"))))
	}
	e.Value = notes(sections...)
	r.at("timestamp").tell()
}

// summaryTells are the lines of a document's sections on allergies, and the names of what such a section
// lists where it has no text.
func summaryTells(r view) (out []string) {
	c := composition(r)
	for _, s := range c.at("section").list() {
		if !hasCode(s.at("code"), loinc, "48765-2") && !aboutAllergies(s.at("title").raw()) {
			continue
		}
		lines, _ := Prose(s.at("text", "div").raw())
		if len(lines) == 0 {
			for _, in := range inDocument(r) {
				if in.resource.at("resourceType").raw() == "AllergyIntolerance" && !retracted(in.resource) {
					lines = append(lines, named(in.resource))
				}
			}
		}
		for _, line := range lines {
			line = Clean(line)
			if line != "" && !deniesAny(line) && !isHeading(line) && !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	return out
}

// isHeading reports a line of a summary that names nothing, as "May be so: see the record", or that nothing is
// listed.
func isHeading(line string) bool {
	return strings.HasSuffix(line, ":") || strings.HasPrefix(line, "May be so") || listsNothing(line)
}

// listsNothing reports what a section of our own summaries says where it has nothing to list.
func listsNothing(text string) bool { return strings.HasPrefix(text, "Nothing is listed") }

// entryIn is a resource of a document, and its fullUrl.
type entryIn struct {
	url      string
	resource view
}

func inDocument(r view) (all []entryIn) {
	for _, entry := range r.at("entry").list() {
		all = append(all, entryIn{entry.at("fullUrl").raw(), entry.at("resource")})
	}
	return all
}

// MadeFrom are the records of which a document was made, by the handle under which this network knows
// them, with what each is called: a summary that was made of a chart names them so.
func (r Record) MadeFrom() map[stele.ID]string {
	root := r.root.quiet()
	if !composition(root).has() {
		return nil
	}
	out := map[stele.ID]string{}
	for _, in := range inDocument(root) {
		digits, uuid := strings.CutPrefix(in.url, "urn:uuid:")
		raw, err := hex.DecodeString(strings.ReplaceAll(digits, "-", ""))
		if id, wrong := stele.IDFrom(raw); uuid && err == nil && wrong == nil {
			out[id] = named(in.resource)
		}
	}
	return out
}

// Author is who made a document that came as one record, by name; "" where it names nobody but a
// program.
func (r Record) Author() string {
	root := r.root.quiet()
	by := composition(root).at("author").list()
	for _, author := range by {
		for _, in := range inDocument(root) {
			kind := in.resource.at("resourceType").raw()
			if in.url != "" && in.url == author.at("reference").raw() && kind != "Device" {
				return Clean(named(in.resource))
			}
		}
		if words := Clean(author.at("display").raw()); words != "" {
			return words
		}
	}
	return ""
}

// Sections are the texts of a document's sections, line by line: what may be so has no entry, and stands there
// alone.
func (r Record) Sections() (all []string) {
	for _, s := range composition(r.root.quiet()).at("section").list() {
		lines, _ := Prose(s.at("text", "div").raw())
		all = append(all, lines...)
	}
	return all
}
