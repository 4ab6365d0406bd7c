package paper

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// families are the fonts that a viewer is asked for. Whichever it has, our own words are
// as wide as they were measured; a name takes the letters that it needs from wherever
// the viewer finds them.
var families = [...]string{
	sans: `font-family="DejaVu Sans Condensed, Arial, sans-serif"`,
	bold: `font-family="DejaVu Sans Condensed, Arial, sans-serif" font-weight="bold"`,
	mono: `font-family="DejaVu Sans Mono, Courier New, monospace" font-weight="bold"`,
}

// svg writes the page as SVG 1.1, A4 when printed. What it shows stands in it: it refers
// to nothing elsewhere and runs nothing.
func (p *page) svg(l letters) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="%dmm" height="%dmm" viewBox="0 0 %d %d" xml:lang="%s">`+"\n",
		pageWidth, pageHeight, pageWidth, pageHeight, escaped(p.language))
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", escaped(p.title), pageWidth, pageHeight)
	for _, x := range p.boxes {
		dashes := ""
		if x.dashed {
			dashes = ` stroke-dasharray="1.5 1"`
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="#000" stroke-width="0.2"%s/>`+"\n", outline(x), dashes)
	}
	for _, a := range p.areas {
		b.WriteString(`<path shape-rendering="crispEdges" d="`)
		for _, r := range a.runs() {
			fmt.Fprintf(&b, "M%.2f %.2fh%.2fv%.2fh-%.2fz", r.x, r.y, r.width, r.height, r.width)
		}
		b.WriteString("\"/>\n")
	}
	for _, t := range p.texts {
		fmt.Fprintf(&b, `<text xml:space="preserve" x="%.2f" y="%.2f" font-size="%.2f" textLength="%.2f" lengthAdjust="spacingAndGlyphs" %s>%s</text>`+"\n",
			t.x, t.y, t.size*point, l.width(t.face, t.size, t.words), families[t.face], escaped(t.words))
	}
	for _, n := range p.names {
		fmt.Fprintf(&b, `<text x="%.2f" y="%.2f" font-size="%.2f" style="unicode-bidi:isolate" %s>%s</text>`+"\n", n.x, n.y, n.size*point, families[sans], escaped(n.words))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func escaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes everything
	return b.String()
}

// outline is the path of a box: a line, or a rectangle with round corners.
func outline(x box) string {
	if x.height == 0 {
		return fmt.Sprintf("M%.2f %.2fh%.2f", x.x, x.y, x.width)
	}
	r, w, h := x.radius, x.width-2*x.radius, x.height-2*x.radius
	return fmt.Sprintf("M%.2f %.2fh%.2fa%g %g 0 0 1 %g %gv%.2fa%g %g 0 0 1 -%g %gh-%.2fa%g %g 0 0 1 -%g -%gv-%.2fa%g %g 0 0 1 %g -%gz",
		x.x+r, x.y, w, r, r, r, r, h, r, r, r, r, w, r, r, r, r, h, r, r, r, r)
}

// runs are the areas' black squares, those of a row that touch in one rectangle.
func (a area) runs() (runs []box) {
	for y, row := range a.rows {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				runs = append(runs, box{x: a.x + float64(from)*a.side, y: a.y + float64(y)*a.side, width: float64(x-from) * a.side, height: a.side})
			}
		}
	}
	return runs
}
