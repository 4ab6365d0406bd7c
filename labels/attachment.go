package labels

import (
	"bytes"
	"encoding/base64"
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
		_, why := rd.inherit(r, "attachment").classify()
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
	there := rd.below()
	there.resolve = nil // its references are of another server's records
	there.gather(r.Root(), r.Type())
	rd.adopt(there, string(rd.path)+" -> ")
	_, why := there.classify()
	return why == ""
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
