package timeline

import (
	"encoding/base64"
	"strings"
)

// report tells a DiagnosticReport; its results come under it by gather.
func report(e *Entry, r view) {
	e.Name = say(r.at("code"))
	e.Value = r.at("conclusion").text()
	if e.Value == "" {
		e.Value = sayAll(r.at("conclusionCode").list())
	}
	for _, m := range r.at("result").list() {
		e.results = append(e.results, m.at("reference").raw())
	}
	form := r.at("presentedForm")
	if form.at("data").raw() != "" {
		if len(e.results) == 0 && e.Value == "" {
			e.Value = opening(form)
		}
		return
	}
}

func document(e *Entry, r view) {
	content := r.at("content", "attachment")
	e.Name = firstOf(say(r.at("type")), r.first("title", "description"))
	e.Value = firstOf(r.at("description").text(), content.at("title").text(), r.at("title").text())
	if strings.EqualFold(e.Value, e.Name) {
		e.Value = ""
	}
	if e.Value == "" {
		e.Value = opening(content)
	}
}

// opening returns the first words of a plain text note.
func opening(attachment view) string {
	kind, _, _ := strings.Cut(attachment.at("contentType").raw(), ";")
	data := attachment.at("data").raw()
	if kind != "text/plain" {
		return kind
	}
	data = data[:min(len(data), 4096)/4*4]
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return kind
	}
	var words []string
	for line := range strings.Lines(strings.ToValidUTF8(string(raw), "")) {
		line = clean(line)
		if strings.HasPrefix(line, "#") {
			continue // headings take the room of what stands below them
		}
		line = strings.Trim(line, "-* ")
		if line != "" && parseMoment(line).Day == "" {
			words = append(words, line)
		}
	}
	return cut(strings.Join(words, " "), 110)
}

func imaging(e *Entry, r view) {
	var parts, sites []view
	for _, s := range r.at("series").list() {
		parts = append(parts, s.at("modality"))
		sites = append(sites, s.at("bodySite"))
	}
	if len(parts) == 0 {
		parts = r.at("modality").list()
	}
	e.Name = firstOf(r.at("description").text(), sayAll(r.at("procedureCode").list()), sayAll(parts))
	e.Value = sayAll(sites)
	if !strings.EqualFold(e.Name, sayAll(parts)) {
		e.Value = notes(sayAll(parts), e.Value)
	}
	if n := r.at("numberOfInstances").text(); n != "" && n != "1" {
		e.Note = n + " images"
	}
}
