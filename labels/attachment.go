package labels

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/stele-health/stele/fhir"
)

// attachmentKeys are the elements of FHIR R4 that are Attachments.
var attachmentKeys = map[string]bool{
	"attachment": true, "valueAttachment": true, "contentAttachment": true, "sourceAttachment": true, "legallyBindingAttachment": true,
	"presentedForm": true, "content": true, "document": true, "image": true, "form": true, "defaultValueAttachment": true,
}

// attachment reads what an attachment holds: its words and codes count, and the
// answer is whether that is all of it. A title says nothing of what is within.
func (rd *reader) attachment(v fhir.Value) (whole bool) {
	data := v.Member("data").Bytes()
	if len(data) == 0 {
		return rd.attached(v.Member("url").Bytes())
	}
	kind, more, ok := isText(string(v.Member("contentType").Bytes()))
	if !ok {
		return false
	}
	clean := bytes.Map(func(r rune) rune {
		if r == ' ' || r == '\n' || r == '\r' || r == '\t' {
			return -1
		}
		return r
	}, data)
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(clean)))
	n, err := base64.StdEncoding.Decode(raw, clean)
	if err != nil || n == 0 {
		return false
	}
	text, ok := inUTF8(raw[:n], charset(more, raw[:n]))
	if !ok {
		rd.words(text)
		return false
	}
	return rd.document(kind, text)
}

// attached reads the Binaries to which the address of an attachment may lead.
func (rd *reader) attached(url []byte) (whole bool) {
	if len(url) == 0 || rd.resolve == nil || rd.depth >= 2 {
		return false
	}
	found := rd.resolve(string(url))
	whole = len(found) > 0
	for _, r := range found {
		rd.inherit(r, "attachment")
		there := reader{p: rd.p, resolve: rd.resolve, depth: rd.depth + 1}
		there.gather(r.Root(), r.Type())
		_, why := there.classify()
		whole = whole && why == "" && r.Type() == "Binary"
	}
	return whole
}

// Readable reports whether what has a content type may be read: it is a text.
func Readable(contentType string) bool {
	_, _, ok := isText(contentType)
	return ok
}

func isText(contentType string) (kind, parameters string, ok bool) {
	kind, parameters, _ = strings.Cut(strings.ToLower(contentType), ";")
	kind = strings.TrimSpace(kind)
	return kind, parameters, strings.HasPrefix(kind, "text/") || slices.Contains(readable, kind)
}

// readable are the types of attachments that are text although they are not
// called so.
var readable = []string{
	"application/json", "application/fhir+json", "application/xml", "application/fhir+xml", "application/xhtml+xml",
	"application/hl7-v3+xml", "application/hl7-cda+xml", "application/rtf",
}

// document reads a text by what it is, whatever it is called.
func (rd *reader) document(kind string, text []byte) (whole bool) {
	start := bytes.TrimSpace(text)
	has := func(prefix string) bool { return bytes.HasPrefix(start, []byte(prefix)) }
	switch {
	case has("%PDF"), has("{\\rtf"), has("PK\x03\x04"), has("MSH|"), has("FHS|"), has("BHS|"), has("-----BEGIN"):
	case has("<?xml"), has("<") && !isHTML(start) && (strings.Contains(kind, "xml") || bytes.Contains(start[:min(len(start), 500)], []byte("xmlns"))):
		return rd.xml(text)
	case has("<"), kind == "text/html", kind == "application/xhtml+xml":
		return rd.html(text)
	case has("{"), strings.HasSuffix(kind, "json"):
		return rd.json(text)
	case kind == "text/plain", kind == "text/markdown", kind == "text/x-markdown":
		rd.words(text)
		return !packed(text) && rd.legible(text)
	}
	rd.words(text) // a table of codes, a message, words between controls: what is found counts
	return false
}

// json reads FHIR within FHIR as it would be read by itself.
func (rd *reader) json(text []byte) (whole bool) {
	r, err := fhir.Parse(text)
	if err != nil || rd.depth >= 2 {
		rd.words(text)
		return false
	}
	there := reader{p: rd.p, explain: rd.explain, depth: rd.depth + 1}
	there.gather(r.Root(), r.Type())
	rd.found |= there.found
	for _, why := range there.reasons {
		why.Path = string(rd.path) + " -> " + why.Path
		rd.reasons = append(rd.reasons, why)
	}
	_, why := there.classify()
	return why == ""
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

// charset finds out how a text's letters are written: its type, its own head, or
// UTF-8.
func charset(parameters string, raw []byte) string {
	head := bytes.ToLower(raw[:min(len(raw), 1024)])
	for _, in := range [...]string{parameters, string(head)} {
		for _, name := range [...]string{"charset=", "encoding="} {
			if _, rest, ok := strings.Cut(in, name); ok {
				rest = strings.TrimLeft(rest, `"' `)
				end := strings.IndexAny(rest, "\"' ;?>/\r\n")
				if end < 0 {
					end = len(rest)
				}
				return rest[:end]
			}
		}
	}
	return ""
}

// inUTF8 writes a text in UTF-8; ok is false for what cannot be, and for what
// holds controls as no text does.
func inUTF8(raw []byte, charset string) (text []byte, ok bool) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")), strings.HasPrefix(charset, "utf-16") && bytes.IndexByte(raw, 0) >= 0:
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
		if charset == "utf-16be" {
			from = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
		}
	case utf8.Valid(raw):
		raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	case charset == "iso-8859-15":
		from = charmap.ISO8859_15
	case charset == "iso-8859-2":
		from = charmap.ISO8859_2
	case charset == "windows-1250":
		from = charmap.Windows1250
	case charset == "iso-8859-9", charset == "windows-1254":
		from = charmap.Windows1254
	case charset == "", charset == "utf-8", charset == "us-ascii", charset == "ascii", charset == "iso-8859-1", charset == "latin1", charset == "windows-1252":
		from = charmap.Windows1252
	default:
		return raw, false
	}
	if from != nil {
		text, err := from.NewDecoder().Bytes(raw)
		if err != nil {
			return raw, false
		}
		raw = text
	}
	return raw, bytes.IndexFunc(raw, isControl) < 0
}

func isControl(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' }
