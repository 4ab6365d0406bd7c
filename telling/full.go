package telling

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stele-health/stele/fhir"
)

// Sheet is one record told whole: every element, nested, in the order of its
// source, what concerns the record itself last. It is made by walking the JSON,
// not from a list of elements, so that nothing can be forgotten: what it cannot
// show, as a picture, it names with its kind and size.
type Sheet struct {
	Type  string      `json:"type"` // FHIR resource type
	ID    string      `json:"id,omitempty"`
	Lines []SheetLine `json:"lines"`
}

// SheetLine is one element, or the heading of those under it.
type SheetLine struct {
	Depth int    `json:"depth"`
	Path  string `json:"path"`            // as in FHIR: "dosageInstruction[0].text"
	Label string `json:"label,omitempty"` // the element's name in words; "" continues the text above
	Text  string `json:"text,omitempty"`  // as written; "" heads what follows
}

// Full tells a record whole, false for what is no FHIR resource.
func Full(record []byte) (Sheet, bool) {
	r, err := fhir.Parse(record)
	if err != nil {
		return Sheet{}, false
	}
	s := Sheet{Type: r.Type(), ID: Visible(r.ID())}
	root := r.Root()
	for _, ofItself := range []bool{false, true} {
		for member := range root.All() {
			key := strings.TrimPrefix(member.Key(), "_")
			if key != "resourceType" && paperwork[key] == ofItself {
				s.element(member, root, member.Key(), 0)
			}
		}
	}
	return s, true
}

// paperwork are a resource's elements about itself.
var paperwork = set("id", "meta", "implicitRules", "language", "text", "identifier")

// element adds a member of an object.
func (s *Sheet) element(v, parent fhir.Value, path string, depth int) {
	label := elementWords(v.Key())
	if !v.IsArray() {
		s.value(v, parent, path, label, depth)
		return
	}
	n := 0
	for range v.All() {
		n++
	}
	if n == 0 {
		s.add(depth, path, label, "(an empty list)")
	}
	i := 0
	for item := range v.All() {
		one := label
		if n > 1 {
			one = fmt.Sprintf("%s (%d)", label, i+1)
		}
		s.value(item, v, fmt.Sprintf("%s[%d]", path, i), one, depth)
		i++
	}
}

func (s *Sheet) add(depth int, path, label, text string) {
	s.Lines = append(s.Lines, SheetLine{depth, path, label, text})
}

func (s *Sheet) value(v, parent fhir.Value, path, label string, depth int) {
	switch {
	case v.IsObject():
		if line, ok := oneLine(v); ok {
			s.add(depth, path, label, line)
			return
		}
		heading := ""
		if v.End() == v.Index()+1 {
			heading = "(empty)"
		}
		s.add(depth, path, label, heading)
		for member := range v.All() {
			s.element(member, v, path+"."+Visible(member.Key()), depth+1)
		}
	case v.IsArray(): // no FHIR, but nothing is dropped
		s.add(depth, path, label, "")
		s.element(v, parent, path, depth+1)
	case v.IsNull():
		s.add(depth, path, label, "(nothing)")
	default:
		for i, line := range s.lines(v, parent) {
			if i > 0 {
				label = ""
			}
			s.add(depth, path, label, line)
		}
	}
}

// lines are the lines of a scalar: a text's own, an attachment's where it is
// text, the narrative's without its markup.
func (s *Sheet) lines(v, parent fhir.Value) []string {
	text := v.Text()
	switch {
	case v.IsText() && v.Key() == "div":
		lines, whole := xhtml(text)
		if !whole {
			return visibleLines("(broken XHTML, as it stands) " + text)
		}
		if len(lines) == 0 {
			return []string{"(no text)"}
		}
		return visibleLines(strings.Join(lines, "\n"))
	case v.IsText() && len(text) > 0 && isData(v, parent):
		return data(text, parent.Member("contentType").Text())
	case text == "":
		return []string{`""`}
	}
	return visibleLines(text)
}

// isData reports whether a text is base64: that of an attachment or a Binary, and
// that of a signature.
func isData(v, parent fhir.Value) bool {
	return v.Key() == "data" && !parent.Member("dimensions").Exists() && (parent.Member("contentType").Exists() || parent.Member("sigFormat").Exists() || len(v.Text()) > 80)
}

// data shows a plain text, and names what is none by kind, size and digest.
func data(encoded, contentType string) []string {
	packed := strings.Join(strings.Fields(encoded), "")
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return []string{fmt.Sprintf("(not base64: %d characters)", len(encoded))}
	}
	kind, parameters, err := mime.ParseMediaType(contentType)
	charset := strings.ToLower(parameters["charset"])
	if err == nil && kind == "text/plain" && utf8.Valid(raw) && (charset == "" || charset == "utf-8" || charset == "us-ascii") {
		return append([]string{fmt.Sprintf("(%d bytes of %s)", len(raw), Visible(contentType))}, visibleLines(string(raw))...)
	}
	if contentType == "" {
		contentType = "a kind not named"
	}
	sum := sha256.Sum256(raw)
	return []string{fmt.Sprintf("(%d bytes of %s, not shown; SHA-256 %s)", len(raw), Visible(contentType), hex.EncodeToString(sum[:]))}
}

// longestLine is how long a small element may be to stand on one line.
const longestLine = 120

// oneLine sets an object of a few short scalars on one line.
func oneLine(v fhir.Value) (string, bool) {
	var parts []string
	length := 0
	for member := range v.All() {
		text := member.Text() // none of what holds others
		if text == "" || member.Key() == "div" || isData(member, v) || strings.ContainsAny(text, "\r\n\u2028\u2029\u0085") {
			return "", false
		}
		part := elementWords(member.Key()) + " " + Visible(text)
		length += len(part) + 2
		if length > longestLine {
			return "", false
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", "), len(parts) > 0
}

// elementWords puts an element's name into words; the type of a choice shows by
// itself, an underscore is what stands beside a value.
func elementWords(key string) string {
	name, beside := strings.CutPrefix(key, "_")
	words := strings.TrimSpace(Visible(spaced(stemOf(name))))
	if words == "" {
		words = "item"
	}
	if beside {
		words += ", beside it"
	}
	return words
}

// visibleLines are the lines of a text, each made harmless.
func visibleLines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n").Replace(text)
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, Visible(line))
		}
	}
	if len(out) == 0 {
		return []string{"(blank)"}
	}
	return out
}

// Visible is Clean for a place where nothing may be left out: what would act on
// a terminal, or turn the direction of a line, is shown by its number.
func Visible(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r > ' ' && r <= '~':
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case isJoiner(r), isSign(r):
			b.WriteRune(r)
		case r == 0xAD, r == 0x200B, r == 0x2060, r == 0xFEFF: // where a line may break, or not: no content
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Title is what the record is, in words: its type and id.
func (s Sheet) Title() string { return spaced(s.Type) + strings.TrimRight(" "+s.ID, " ") }
