package paper

import (
	"strings"

	"github.com/stele-health/stele/paper/fonts"
)

// page is a sheet of A4: lengths in millimetres from its upper left corner, sizes of
// letters in points.
type page struct {
	title, language string
	texts           []text
	names           []name
	boxes           []box
	areas           []area
}

const (
	pageWidth, pageHeight = 210, 297
	point                 = 25.4 / 72 // millimetres
)

// face is one of the fonts.
type face int

const (
	sans face = iota
	bold
	mono
)

// text is a line of our own words, at its baseline; pages' languages are written with
// the letters of every face.
type text struct {
	x, y, size float64
	face       face
	words      string
}

// name is what comes from elsewhere: of any script (page.sign).
type name struct {
	x, y, size float64
	words      string
}

// box is a frame to cut along, or to write in.
type box struct {
	x, y, width, height, radius float64
	dashed                      bool
}

// area is black squares of one size, in rows.
type area struct {
	x, y, side float64
	rows       [][]bool
}

// letters measures texts.
type letters struct{ faces [3]fonts.Font }

func openLetters() letters {
	return letters{[3]fonts.Font{fonts.Open(fonts.SansFile), fonts.Open(fonts.BoldFile), fonts.Open(fonts.MonoFile)}}
}

// width is how wide a text is, in millimetres.
func (l letters) width(f face, size float64, words string) float64 {
	return float64(l.faces[f].Width(words)) / 1000 * size * point
}

// say adds a text of one line.
func (p *page) say(x, y, size float64, f face, words string) {
	p.texts = append(p.texts, text{x, y, size, f, words})
}

// tell adds a text of as many lines as it needs in a width, and returns where the next
// line would stand.
func (p *page) tell(l letters, x, y, width, size float64, f face, words string) float64 {
	line := ""
	for _, word := range strings.Fields(words) {
		longer := strings.TrimPrefix(line+" "+word, " ")
		if line != "" && l.width(f, size, longer) > width {
			p.say(x, y, size, f, line)
			y, longer = y+size*point*1.3, word
		}
		line = longer
	}
	p.say(x, y, size, f, line)
	return y + size*point*1.3
}
