package labels

import (
	"bytes"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"strings"
)

func isHTML(start []byte) bool {
	head := bytes.ToLower(start[:min(len(start), 200)])
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

// html reads HTML, and reports whether its words are all that it holds.
func (rd *reader) html(text []byte) (whole bool) {
	shown, whole := rd.markup(text)
	return whole && rd.legible(shown)
}

// markup reads what a browser would show, and the words that it keeps in tags; whole,
// whether it shows nothing but words.
func (rd *reader) markup(text []byte) (shown []byte, whole bool) {
	whole, glued := true, false // a tag stands within a word
	shown = make([]byte, 0, len(text))
	joined := make([]byte, 0, len(text))
	var kept []byte
	for len(text) > 0 {
		open := bytes.IndexByte(text, '<')
		if open < 0 {
			open = len(text)
		}
		shown, joined = append(shown, text[:open]...), append(joined, text[:open]...)
		if text = text[open:]; len(text) == 0 {
			break
		}
		if bytes.HasPrefix(text, []byte("<!--")) {
			_, text, _ = bytes.Cut(text[4:], []byte("-->"))
			continue
		}
		end := bytes.IndexByte(text, '>')
		if end < 0 {
			shown, joined = append(shown, text...), append(joined, text...)
			break
		}
		tag := text[1:end]
		text = text[end+1:]
		name := strings.ToLower(string(bytes.TrimLeft(tag[:tagName(tag)], "/")))
		whole = whole && !pictures[name] && !bytes.Contains(tag, []byte("base64,"))
		if name == "style" || name == "script" {
			if close := closing(text, name); close >= 0 && tag[0] != '/' {
				text = text[close:]
			} else if tag[0] != '/' {
				break // a browser shows nothing of the rest
			}
		}
		shown = append(shown, ' ')
		if !inline[name] {
			joined = append(joined, ' ')
		}
		glued = glued || wordy(joined, len(joined)-1) && wordy(text, 0)
		kept = append(append(kept, hints(tag)...), ' ')
	}
	rd.words(shown)
	if glued {
		rd.words(joined)
	}
	rd.words(kept)
	return unescaped(shown), whole
}

// pictures are elements of HTML and CDA whose content is not text.
var pictures = map[string]bool{
	"img": true, "object": true, "embed": true, "iframe": true, "svg": true, "canvas": true, "video": true, "audio": true, "applet": true,
	"nonxmlbody": true, "observationmedia": true, "rendermultimedia": true,
}

// inline are elements that do not part words.
var inline = map[string]bool{
	"a": true, "b": true, "i": true, "u": true, "em": true, "strong": true, "span": true, "font": true, "sub": true, "sup": true, "small": true,
	"big": true, "mark": true, "tt": true, "code": true, "content": true, "wbr": true, "s": true, "strike": true,
}

// wordy reports whether the byte at i may be of a word.
func wordy(text []byte, i int) bool {
	return i >= 0 && i < len(text) && (alphanumeric(text[i]) || text[i] == '&' || text[i] == ';')
}

// closing finds where an element ends, -1 for nowhere.
func closing(text []byte, name string) int {
	for at := 0; ; {
		next := bytes.Index(text[at:], []byte("</"))
		if next < 0 {
			return -1
		}
		at += next
		if rest := text[at+2:]; len(rest) >= len(name) && strings.EqualFold(string(rest[:len(name)]), name) {
			return at
		}
		at += 2
	}
}

func tagName(tag []byte) int {
	for i, c := range tag {
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '/' && i > 0 {
			return i
		}
	}
	return len(tag)
}

// hints are the values of a tag's attributes that are words for a reader.
func hints(tag []byte) (out []byte) {
	for _, name := range [...]string{"title=", "alt=", "label=", "value=", "content=", "summary="} {
		_, rest, ok := bytes.Cut(bytes.ToLower(tag), []byte(name))
		if !ok || len(rest) < 2 {
			continue
		}
		value, _, _ := bytes.Cut(rest[1:], rest[:1])
		out = append(append(out, value...), ' ')
	}
	return out
}

// unescaped writes the characters for HTML's names of them, also where they were
// written as names twice.
func unescaped(text []byte) []byte {
	for n := 0; n < maxLayers && bytes.IndexByte(text, '&') >= 0; n++ {
		plain := html.UnescapeString(string(text))
		if plain == string(text) {
			break
		}
		text = []byte(plain)
	}
	return text
}

// xml reads a CDA document: its codes, its words, and whether its narrative can
// be read and nothing else is packed into it. Codes and words of other XML count
// too, but FHIR and tables in it are not read whole.
func (rd *reader) xml(text []byte) (whole bool) {
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.Strict, dec.Entity, dec.CharsetReader = false, xml.HTMLEntity, asItIs
	var spaced, joined, narrative []byte
	var system, code []byte // of FHIR's Coding
	root, within, more := "", 0, false
	var err error
	for {
		var token xml.Token
		if token, err = dec.Token(); err != nil {
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			if root == "" {
				root = t.Name.Local
			}
			more = more || pictures[strings.ToLower(t.Name.Local)] || packs(t)
			if t.Name.Local == "text" || within > 0 {
				within++
			}
			if !inline[t.Name.Local] {
				joined = append(joined, ' ')
			}
			spaced = append(append(spaced, ' '), rd.attributes(t, &system, &code)...)
		case xml.EndElement:
			if within > 0 {
				within--
			}
			if len(code) > 0 && t.Name.Local != "system" && t.Name.Local != "code" && strings.HasSuffix(strings.ToLower(t.Name.Local), "coding") {
				rd.coding(system, code)
				system, code = nil, nil
			}
			if spaced, narrative = append(spaced, ' '), append(narrative, ' '); !inline[t.Name.Local] {
				joined = append(joined, ' ')
			}
		case xml.CharData:
			spaced, joined = append(spaced, t...), append(joined, t...)
			if within > 0 {
				narrative = append(narrative, t...)
			}
		}
	}
	rd.words(spaced)
	rd.words(joined)
	return errors.Is(err, io.EOF) && root == "ClinicalDocument" && !more && rd.legible(narrative)
}

// asItIs leaves a text alone that is in UTF-8 by now, whatever its head says.
func asItIs(_ string, in io.Reader) (io.Reader, error) { return in, nil }

// packs reports whether an element holds what is not text.
func packs(t xml.StartElement) bool {
	for _, a := range t.Attr {
		if a.Name.Local == "representation" && strings.EqualFold(a.Value, "B64") || a.Name.Local == "mediaType" && !strings.HasPrefix(strings.ToLower(a.Value), "text/") {
			return true
		}
	}
	return false
}

// attributes reads the codes of an element and returns its words.
func (rd *reader) attributes(t xml.StartElement, system, code *[]byte) (words []byte) {
	var cdaSystem, cdaCode string
	for _, a := range t.Attr {
		switch a.Name.Local {
		case "codeSystem":
			cdaSystem = a.Value
		case "code":
			cdaCode = a.Value
		case "value":
			switch {
			case t.Name.Local == "system":
				*system = []byte(a.Value)
			case t.Name.Local == "code":
				*code = []byte(a.Value)
			case manners[t.Name.Local] == asURL:
				words = append(append(words, lastSegment([]byte(a.Value))...), ' ')
			case manners[t.Name.Local] != unspoken:
				words = append(append(words, a.Value...), ' ')
			}
		case "displayName", "title", "alt", "caption":
			words = append(append(words, a.Value...), ' ')
		}
	}
	if cdaCode != "" {
		rd.coding([]byte(cdaSystem), []byte(cdaCode))
	}
	return words
}

// withoutTags puts spaces for the tags of XHTML: a word may not be cut by one,
// and what stands in them is no text.
func withoutTags(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		open := bytes.IndexByte(text, '<')
		if open < 0 {
			out = append(out, text...)
			break
		}
		out = append(append(out, text[:open]...), ' ')
		end := bytes.IndexByte(text[open:], '>')
		if end < 0 {
			break
		}
		text = text[open+end+1:]
	}
	return out
}
