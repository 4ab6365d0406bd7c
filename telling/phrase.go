package telling

import (
	"slices"
	"strings"
)

// A teller says the elements of one resource; find names what it refers to.
type teller struct {
	r      view
	find   finder
	inside bool // it tells what the resource contains, which may refer in circles
}

func (t teller) kind() string { return t.r.at("resourceType").raw() }

// refer says a reference by its display, by what it contains or leads to, else
// by its identifier; nothing for a bare link.
func (t teller) refer(ref view) string {
	words := referred(ref, t.find)
	if words == "" {
		words = labelled("no.", ref.at("identifier", "value").text())
	}
	if words != "" {
		ref.tellReference()
	}
	return words
}

// tellReference notes that a reference is said: by what it leads to.
func (w view) tellReference() {
	for _, key := range []string{"reference", "type", "display", "identifier"} {
		w.at(key).tell()
	}
}

// call says the first of the paths that says something.
func (t teller) call(r view, paths ...string) string {
	for _, p := range paths {
		place := r.at(strings.Split(p, ".")...)
		if !place.has() || place.v.IsArray() && !firstItem(place.v).Exists() || some(place) {
			continue
		}
		if s := t.phrase(place); s != "" {
			return s
		}
	}
	return ""
}

func (t teller) referAll(list []view) string {
	var out []string
	for _, ref := range list {
		if s := t.refer(ref); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

// phrase says any element by its shape (FHIR R4 datatypes.html), and an element
// of a resource's own by its parts.
func (t teller) phrase(w view) string {
	if w.v.IsArray() {
		var out []string
		for _, item := range w.list() {
			if s := t.phrase(item); s != "" {
				out = append(out, s)
			}
		}
		if len(out) > 1 && strings.Contains(strings.Join(out, ""), ",") {
			return strings.Join(out, "; ")
		}
		return strings.Join(out, ", ")
	}
	if !w.v.IsObject() {
		return sayTime(scalarWords(w))
	}
	has := func(key string) bool { return w.at(key).has() }
	switch {
	case has("resourceType"):
		return named(w)
	case has("reference") && !w.at("reference").v.IsObject(), has("identifier") && !w.at("type").v.IsObject() && only(w, "identifier", "type", "display", "id", "extension"), only(w, "display", "id", "extension"):
		return t.refer(w)
	case has("coding"), only(w, "text", "id", "extension"), has("code") && only(w, "system", "version", "code", "display", "userSelected", "id", "extension"):
		return say(w)
	case has("currency") && w.at("value").v.IsNumber():
		return money(w)
	case w.at("value").v.IsNumber() && only(w, "value", "comparator", "unit", "system", "code", "id", "extension"):
		return sayDuration(w)
	case only(w, "low", "high", "id", "extension"):
		return sayRange(w)
	case only(w, "numerator", "denominator", "id", "extension"):
		return ratio(w)
	case only(w, "start", "end", "id", "extension"):
		return sayPeriod(w)
	case only(w, "repeat", "event", "code", "id", "extension") && (has("repeat") || has("event")):
		return timing(w)
	case only(w, "text", "time", "authorString", "authorReference", "id", "extension"):
		return t.annotation(w)
	case only(w, "status", "div", "id", "extension") && has("div"):
		return narrative(w)
	case has("contentType") || has("url") && has("title") || has("data") && !has("dimensions"):
		return attachment(w)
	case has("dimensions"):
		return t.recording(w)
	case has("family"), has("given"):
		return humanName(w)
	}
	return t.parts(w)
}

// recording says a SampledData; a long one it only names, saying nothing of it.
func (t teller) recording(w view) string {
	if len(w.v.JSON()) > restOfOne {
		return "recording"
	}
	return notesBy(": ", "recording", t.parts(w))
}

// only reports whether an object has members of these names alone, and any.
func only(w view, names ...string) bool {
	n := 0
	for member := range w.v.All() {
		found := false
		for _, name := range names {
			found = found || member.Key() == name
		}
		if !found && !strings.HasPrefix(member.Key(), "_") {
			return false
		}
		n++
	}
	return n > 0
}

// scalarWords says a scalar; a number too long for a line has to be looked up.
func scalarWords(w view) string {
	if w.v.IsNumber() && len(w.v.Text()) > longest {
		return seeRecord
	}
	return w.text()
}

// parts says an element of a resource's own: those of its parts of which nothing
// was said, each by its name but for those that need none.
func (t teller) parts(w view) string {
	var out []string
	for member := range w.v.All() {
		key := member.Key()
		if administrative(t.kind(), key, false) || strings.HasPrefix(key, "_") || key == "extension" || key == "modifierExtension" {
			continue
		}
		part := view{member, w.said}
		if some(part) {
			continue
		}
		if s := t.phrase(part); s != "" {
			out = append(out, labelled(labelOf(key), s))
		}
	}
	return notes(out...)
}

// labelOf puts an element's name into words; the main one of its parent needs
// none. "probabilityDecimal" is "probability": a choice's type shows by itself.
func labelOf(key string) string {
	stem := stemOf(key)
	switch stem {
	case "code", "value", "concept", "reference", "item", "text", "display", "detail", "description", "name", "content", "coding", "hospitalization", "instance":
		return ""
	}
	return spaced(stem)
}

// stemOf takes the type off the name of a choice element.
func stemOf(key string) string {
	for _, t := range choiceTypes {
		if stem, ok := strings.CutSuffix(key, t); ok && stem != "" {
			return stem
		}
	}
	return key
}

var choiceTypes = []string{
	"CodeableConcept", "Quantity", "Reference", "DateTime", "Period", "Range", "Ratio", "String", "Boolean", "Integer", "Decimal", "PositiveInt", "UnsignedInt",
	"Timing", "Age", "Duration", "Instant", "Attachment", "SampledData", "Annotation", "Coding", "Money", "Identifier", "Canonical", "Uri", "Url", "Code", "Markdown",
}

// annotation says a note with who wrote it and when, where that is given.
func (t teller) annotation(n view) string {
	text := n.at("text").text()
	if text == "" {
		return ""
	}
	author := firstOf(n.at("authorString").text(), t.refer(n.at("authorReference")))
	if by := notes(author, sayTime(n.at("time").text())); by != "" {
		return text + " (" + by + ")"
	}
	return text
}

// remarks says all notes of a resource.
func (t teller) remarks(place view) string {
	var out []string
	for _, n := range place.list() {
		if s := t.annotation(n); s != "" {
			out = append(out, "note: "+s)
		}
	}
	return strings.Join(out, " · ")
}

// attachment says an attachment by its title, its kind and size; a text that is
// there by its first words.
func attachment(a view) string {
	words := a.at("title").text()
	if words == "" {
		words = opening(a)
	}
	return words
}
