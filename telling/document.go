package telling

import (
	"encoding/base64"
	"slices"
	"strings"
)

// report tells a DiagnosticReport; package timeline puts its results under it,
// and those that it contains come with it.
func (t teller) report(e *Told, r view) {
	e.Name, e.Note = say(r.at("code")), e.over(r)
	e.Value = notesBy("; ", r.at("conclusion").text(), sayAll(r.at("conclusionCode").list()))
	e.Results = linksOf(r.at("result").list())
	e.Contained = t.contained(r.at("result").list(), *e)
	if form := r.at("presentedForm"); form.at("data").raw() != "" && len(e.Results) == 0 && e.Value == "" {
		e.Value = t.phrase(form)
		form.at("contentType").tell()
	}
	if e.Value == "" && !r.at("result").has() && !r.at("presentedForm").has() {
		e.Value = noResultTold
	}
}

// noResultTold stands for what a report that has no result says.
const noResultTold = "no result told"

func (t teller) document(e *Told, r view) {
	content := r.at("content", "attachment")
	e.Name = t.call(r, "type", "title", "description")
	var titles []string
	for _, place := range []view{r.at("description"), content.at("title"), r.at("title")} {
		s := place.quiet().text()
		if s != "" && !some(place) && !covers(e.Name+" "+notes(titles...), s) {
			titles = append(titles, s)
		}
		place.tell()
	}
	e.Value = notesBy(" · ", titles...)
	if e.Value == "" {
		e.Value = opening(content)
	}
	content.at("contentType").tell()
	if e.Type == "Composition" {
		e.Lists = listedIn(r.at("section"))
		var sections []string
		t.sections(r.at("section"), &sections)
		e.Value = notesBy("; ", append([]string{e.Value}, sections...)...)
	}
}

// listedIn are the references of sections to what they list.
func listedIn(sections view) (out []Link) {
	for _, s := range sections.list() {
		out = append(append(out, linksOf(s.at("entry").list())...), listedIn(s.at("section"))...)
	}
	return out
}

// roomOfSection is how much of a section's text a line says.
const roomOfSection = 400

// sections says the sections of a Composition: what each lists, by name, and its text.
// The text is what a person signed; a list of links may say less, whatever the text's
// status claims.
func (t teller) sections(list view, out *[]string) {
	for _, s := range list.list() {
		title := s.at("title").text()
		if code := say(s.at("code")); title == "" || code != "" && unlike(title, code) {
			title = notes(title, code)
		}
		switch s.at("mode").raw() {
		case "working", "snapshot", "changes":
			s.at("mode").tell()
		}
		var named []string
		for _, ref := range s.at("entry").list() {
			if ref.at("display").has() || len(ref.inside()) > 0 {
				named = append(named, bracketed(t.refer(ref), stanceWithin(ref)))
			} else {
				ref.at("reference").tell() // a link to what is told by itself
			}
		}
		words := narrative(s.at("text").quiet())
		named = slices.DeleteFunc(named, func(name string) bool { return spells(words, name) })
		text := notes(named...)
		if spells(text, words) {
			s.at("text").tell()
		} else if text = notesBy("; ", text, cut(words, roomOfSection)); len([]rune(words)) <= roomOfSection {
			narrative(s.at("text"))
		}
		text = notes(text, say(s.at("emptyReason")))
		*out = append(*out, notesBy(": ", title, text))
		t.sections(s.at("section"), out)
	}
}

// spells reports whether a text has all words of another, one after the other.
func spells(text, words string) bool {
	return strings.Contains(spacedWords(text), spacedWords(words)) && !strings.ContainsAny(words, "<>≤≥")
}

// shortNarrative says as much of a Narrative as there is room for; of one that is cut
// nothing counts as said.
func shortNarrative(n view, room int) string {
	if words := narrative(n.quiet()); len([]rune(words)) > room {
		return cut(words, room)
	}
	return narrative(n)
}

// shownOfNote is how many characters of a note its line shows.
const shownOfNote = 110

// opening returns the first words of a plain text note, and says the note where
// these are all of it.
func opening(attachment view) string {
	kind, _, _ := strings.Cut(Clean(attachment.at("contentType").raw()), ";")
	data := attachment.at("data").raw()
	if kind != "text/plain" {
		return kind
	}
	whole := len(data) <= 4096
	data = data[:min(len(data), 4096)/4*4]
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return kind
	}
	var lines []string
	for line := range strings.Lines(strings.ToValidUTF8(string(raw), "")) {
		if line = Clean(line); strings.HasPrefix(line, "#") || parseMoment(line).Day != "" {
			whole = false // headings take the room of what stands below them
			continue
		}
		if item, ok := strings.CutPrefix(line, "- "); ok {
			line = item
		}
		lines = append(lines, line)
	}
	all := rows(strings.Join(lines, "\n"))
	if whole && len([]rune(all)) <= shownOfNote {
		attachment.at("data").tell()
	}
	return cut(all, shownOfNote)
}

func imaging(e *Told, r view) {
	var parts, sites []view
	var series []string
	for _, s := range r.at("series").list() {
		parts = append(parts, s.at("modality"))
		sites = append(sites, s.at("bodySite"))
		series = append(series, s.at("description").text())
	}
	if len(parts) == 0 {
		parts = r.at("modality").list()
	}
	kinds := sayAll(parts)
	sayAll(r.at("modality").list())
	e.Name = r.at("description").text()
	if e.Name == "" {
		e.Name = firstOf(sayAll(r.at("procedureCode").list()), kinds)
	}
	e.Value = sayAll(sites)
	if !strings.EqualFold(e.Name, kinds) {
		e.Value = notes(kinds, e.Value)
	}
	if s := notes(series...); !covers(e.Name+" "+e.Value, s) {
		e.Value = notes(e.Value, s)
	}
	if n := r.at("numberOfSeries").text(); n != "" && n != "1" {
		e.Note = n + " series"
	}
	if n := r.at("numberOfInstances").text(); n != "" && n != "1" {
		e.Note = notes(e.Note, n+" images")
	}
}
