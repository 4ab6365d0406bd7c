package telling

import (
	"encoding/xml"
	"io"
	"strings"
)

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
	return Clean(strings.Join(lines, " "))
}

// xhtml reads the text of an XHTML fragment, a line for each block. What changes
// the sense of letters is kept in letters: what is struck out, and raised
// numbers, as 10³ must not become 103. It reports whether that is all of it.
func xhtml(div string) (lines []string, whole bool) {
	d := xml.NewDecoder(strings.NewReader(div))
	d.Strict, d.Entity = false, xml.HTMLEntity
	d.AutoClose = xml.HTMLAutoClose
	var line strings.Builder
	end := func() {
		if s := strings.Join(strings.Fields(line.String()), " "); s != "" {
			lines = append(lines, s)
		}
		line.Reset()
	}
	for {
		token, err := d.Token()
		if err != nil { // the end, or XML that is broken: what was read so far stands
			whole = err == io.EOF
			break
		}
		switch x := token.(type) {
		case xml.CharData:
			line.Write(x)
		case xml.StartElement:
			open(x, &line, end)
		case xml.EndElement:
			switch x.Name.Local {
			case "del", "s", "strike":
				line.WriteString("]")
			case "td", "th", "dt":
				line.WriteString(" | ")
			case "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "dd", "caption", "table", "blockquote", "pre":
				end()
			}
		}
	}
	end()
	for i, l := range lines {
		lines[i] = strings.TrimSuffix(strings.TrimSuffix(l, " |"), "|")
	}
	return lines, whole
}

func open(x xml.StartElement, line *strings.Builder, end func()) {
	switch x.Name.Local {
	case "br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "table", "blockquote", "pre":
		end()
	case "del", "s", "strike":
		line.WriteString("[struck out: ")
	case "sup":
		line.WriteString("^")
	case "img":
		line.WriteString("[picture")
		for _, a := range x.Attr {
			if a.Name.Local == "alt" || a.Name.Local == "title" {
				line.WriteString(": " + a.Value)
			}
		}
		line.WriteString("]")
	}
}
