package paper

import (
	"bytes"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/paper/fonts"
)

// styles are how the faces are called in a document.
var styles = [...]struct{ family, style string }{sans: {"sans", ""}, bold: {"sans", "B"}, mono: {"mono", ""}}

// undated is when every page was made, so that the same page is the same bytes.
var undated = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// pdf writes the page as PDF, with the letters that it shows. It fails with KindInvalid
// for a name whose letters are not here.
func (p *page) pdf(l letters) ([]byte, error) {
	d := fpdf.New("P", "mm", "A4", "")
	d.SetCatalogSort(true)
	d.SetCreationDate(undated)
	d.SetModificationDate(undated)
	d.SetTitle(p.title, true)
	d.SetProducer("Stele", true)
	d.SetLang(p.language)
	d.SetAutoPageBreak(false, 0)
	for f, s := range styles {
		d.AddUTF8FontFromBytes(s.family, s.style, l.faces[f].Raw)
	}
	d.AddPage()
	d.SetLineWidth(0.2)
	for _, x := range p.boxes {
		p.frame(d, x)
	}
	for _, a := range p.areas {
		fill(d, a)
	}
	for _, t := range p.texts {
		d.SetFont(styles[t.face].family, styles[t.face].style, t.size)
		d.Text(t.x, t.y, t.words)
	}
	for _, n := range p.names {
		if err := write(d, l, n); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := d.Output(&out); err != nil {
		return nil, stele.E("make page", stele.KindOther, "the page could not be written as PDF", err)
	}
	return out.Bytes(), nil
}

func (p *page) frame(d *fpdf.Fpdf, x box) {
	if x.height == 0 {
		d.Line(x.x, x.y, x.x+x.width, x.y)
		return
	}
	if x.dashed {
		d.SetDashPattern([]float64{1.5, 1}, 0)
	}
	d.RoundedRect(x.x, x.y, x.width, x.height, x.radius, "1234", "D")
	d.SetDashPattern([]float64{}, 0)
}

func fill(d *fpdf.Fpdf, a area) {
	for _, r := range a.runs() {
		d.Rect(r.x, r.y, r.width, r.height, "F")
	}
}

// write draws a name: outlines where the font has a letter, else pixels.
func write(d *fpdf.Fpdf, l letters, n name) error {
	d.SetFont(styles[sans].family, styles[sans].style, n.size)
	var cells fonts.Cells
	x, pixel := n.x, n.size*point/pixelsPerSize
	for _, r := range visual(n.words) {
		if l.faces[sans].Has(r) {
			d.Text(x, n.y, string(r))
			x += l.width(sans, n.size, string(r))
			continue
		}
		if cells == nil {
			cells = fonts.OpenPixels()
		}
		width, rows := cells.Cell(r)
		if width == 0 {
			return stele.E("make page", stele.KindInvalid, "the name has letters that are not here to be drawn in a PDF", nil).
				WithHint("save it as .svg: who shows it has the letters; a browser prints it")
		}
		at := x
		if x += float64(width) * pixel; mark(r) {
			x = at
			at -= float64(width) * pixel
		}
		fill(d, area{at, n.y - (fonts.CellHeight-2)*pixel, pixel, bits(width, rows)})
	}
	return nil
}

// bits are a cell's rows.
func bits(width int, rows [fonts.CellHeight]uint16) [][]bool {
	out := make([][]bool, len(rows))
	for y, row := range rows {
		out[y] = make([]bool, width)
		for x := range out[y] {
			out[y][x] = row>>(15-x)&1 == 1
		}
	}
	return out
}
