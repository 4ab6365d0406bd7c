package telling

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
)

// betweenRows stands between the lines of a text that is told on one: the dose of one
// row must not be read with the medicine of the next.
const betweenRows = " // "

// wrapped is how long a line is that was broken only because it was full.
const wrapped = 50

// rows tells a text of several lines on one. After a full line one that begins with a
// small letter goes on with it.
func rows(text string) string {
	if !strings.ContainsAny(text, "\n\r\u2028\u2029\u0085\v\f") {
		return text
	}
	var b strings.Builder
	before := 0
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("\n\r\u2028\u2029\u0085\v\f", r) }) {
		line = Clean(line)
		switch {
		case line == "":
			continue
		case b.Len() == 0:
		case before >= wrapped && line[0] >= 'a' && line[0] <= 'z':
			b.WriteByte(' ')
		default:
			b.WriteString(betweenRows)
		}
		b.WriteString(line)
		before = len(line)
	}
	return b.String()
}

// narrative says a Narrative as one line of text.
func narrative(n view) string {
	lines, whole := xhtml(n.at("div").raw())
	if whole {
		switch n.at("status").raw() {
		case "generated", "extensions", "additional", "empty":
			n.at("status").tell()
		}
		n.at("div").tell()
	}
	return Clean(strings.Join(lines, betweenRows))
}

// Prose reads the text of an XHTML fragment, as a Narrative's div, a clean line for each
// block and each row. It reports whether that is all of it.
func Prose(div string) (lines []string, whole bool) {
	lines, whole = xhtml(div)
	for i := range lines {
		lines[i] = Clean(lines[i])
	}
	return slices.DeleteFunc(lines, func(s string) bool { return s == "" }), whole
}

// xhtml reads the text of an XHTML fragment, a line for each block and each row. What
// changes the sense of letters is kept in letters: what is struck out, and raised
// numbers, as 10³ must not become 103. It reports whether that is all of it.
func xhtml(div string) (lines []string, whole bool) {
	d := xml.NewDecoder(strings.NewReader(div))
	d.Strict, d.Entity = false, xml.HTMLEntity
	d.AutoClose = xml.HTMLAutoClose
	p := page{}
	for {
		token, err := d.Token()
		if err != nil { // the end, or XML that is broken: what was read so far stands
			p.end()
			return p.lines, err == io.EOF
		}
		switch x := token.(type) {
		case xml.CharData:
			p.write(string(x))
		case xml.StartElement:
			p.open(x)
		case xml.EndElement:
			p.close(x.Name.Local)
		}
	}
}

// page is an XHTML text as it is read.
type page struct {
	lines  []string
	line   []byte
	cells  int      // how deep in cells of a table: blocks within them end no row
	ending []string // what the end of each open element writes
}

// blocks are the elements that stand on lines of their own.
var blocks = set("p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "table", "caption", "blockquote", "pre", "ul", "ol", "dl")

func (p *page) open(x xml.StartElement) {
	name, ending := x.Name.Local, ""
	switch {
	case blocks[name], name == "br":
		p.end()
	case name == "td", name == "th":
		p.cells++
		ending = spanned(x)
	case name == "sup":
		p.write("^")
	case name == "img":
		p.write("[picture" + labelled(":", attribute(x, "alt")+attribute(x, "title")) + "]")
	}
	if name == "del" || name == "s" || name == "strike" || strings.Contains(attribute(x, "style"), "line-through") {
		p.write("[struck out: ")
		ending = "]" + ending
	}
	p.ending = append(p.ending, ending)
}

func (p *page) write(s string) { p.line = append(p.line, s...) }

func (p *page) close(name string) {
	if name == "td" || name == "th" {
		p.line = bytes.TrimRight(p.line, ", \n\t\r")
	}
	if n := len(p.ending); n > 0 {
		p.write(p.ending[n-1])
		p.ending = p.ending[:n-1]
	}
	switch {
	case name == "td", name == "th":
		p.cells = max(0, p.cells-1)
		p.write(" | ")
	case name == "dt":
		p.line = append(bytes.TrimRight(p.line, ": \n\t\r"), ": "...)
	case blocks[name], name == "dd":
		p.end()
	}
}

// end ends a line; within a cell, a part of it.
func (p *page) end() {
	if p.cells > 0 {
		if s := bytes.TrimSpace(p.line); len(s) > 0 && !bytes.HasSuffix(s, []byte("|")) && !bytes.HasSuffix(s, []byte(",")) {
			p.write(", ")
		}
		return
	}
	line := strings.Join(strings.Fields(string(p.line)), " ")
	if line = strings.TrimSuffix(strings.TrimSuffix(line, " |"), "|"); line != "" {
		p.lines = append(p.lines, line)
	}
	p.line = p.line[:0]
}

// spanned says of a cell that it is one for several rows or columns.
func spanned(x xml.StartElement) string {
	out := ""
	for _, of := range [][2]string{{"rowspan", "rows"}, {"colspan", "columns"}} {
		if n := attribute(x, of[0]); n != "" && n != "1" {
			out += " [for " + n + " " + of[1] + "]"
		}
	}
	return out
}

func attribute(x xml.StartElement, name string) string {
	if i := slices.IndexFunc(x.Attr, func(a xml.Attr) bool { return a.Name.Local == name }); i >= 0 {
		return x.Attr[i].Value
	}
	return ""
}
