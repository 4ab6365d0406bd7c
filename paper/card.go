package paper

import (
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/spell"
)

// Card is what somebody carries: whose record to ask for, and how. It opens nothing.
type Card struct {
	Name     string // as its owner wants it printed; "" leaves a line to write on
	Subject  stele.Subject
	Language string // one of consent.Languages
}

// A card is as large as a bank card (ISO/IEC 7810, ID-1).
const cardWidth, cardHeight = 85.6, 53.98

// SVG returns the page. It fails with KindInvalid for a name that is none and for a
// language that there is not.
func (c Card) SVG() ([]byte, error) {
	p, l, err := c.page()
	if err != nil {
		return nil, err
	}
	return p.svg(l), nil
}

// PDF returns the page. It fails as SVG does, and with KindInvalid for a name whose
// letters are not here.
func (c Card) PDF() ([]byte, error) {
	p, l, err := c.page()
	if err != nil {
		return nil, err
	}
	return p.pdf(l)
}

// Responder are the lines for who finds the card.
func (c Card) Responder() ([]string, error) {
	w, err := wordsOf(c.Language)
	return w.responder[:], err
}

func (c Card) page() (*page, letters, error) {
	w, err := wordsOf(c.Language)
	if err == nil && c.Name != "" {
		err = stele.CheckName("the name to print", c.Name)
	}
	if err != nil {
		return nil, letters{}, err
	}
	p, l := &page{title: w.cardTitle, language: c.Language}, openLetters()
	p.say(20, 28, 20, bold, w.cardTitle)
	y := p.tell(l, 20, 38, 170, 11, sans, w.cardFor)
	p.say(20, y+6, 9, sans, w.cut)
	if err := c.draw(p, l, w, 20, y+10); err != nil {
		return nil, letters{}, err
	}
	y += 10 + cardHeight + 12
	for _, rule := range w.cardRules {
		p.say(20, y, 11, sans, "•")
		y = p.tell(l, 25, y, 165, 11, sans, rule) + 1.5
	}
	return p, l, nil
}

// draw draws the part to cut out.
func (c Card) draw(p *page, l letters, w words, x, y float64) error {
	const edge, side = 4, 0.82 // millimetres; of a square of the QR code
	p.boxes = append(p.boxes, box{x, y, cardWidth, cardHeight, 3, true})
	p.say(x+edge, y+6.5, 9, bold, w.cardHead)
	code := squares(spell.SubjectScan(c.Subject))
	p.areas = append(p.areas, area{x + edge + 0.5, y + 10, side, code})
	right := x + edge + 0.5 + float64(len(code)+quiet)*side
	room := x + cardWidth - edge - right
	if c.Name == "" {
		p.boxes = append(p.boxes, box{x: right, y: y + 14, width: room})
	} else if err := p.sign(l, right, y+13.5, room, 11, c.Name); err != nil {
		return err
	}
	groups := strings.Fields(spell.Subject(c.Subject))
	p.say(right, y+19, 9, mono, strings.Join(groups[:5], " "))
	p.say(right, y+23.2, 9, mono, strings.Join(groups[5:], " "))
	p.tell(l, right, y+27.4, room, 6.4, bold, w.opensNothing)
	for i, line := range w.responder {
		p.say(x+edge, y+39.4+3.6*float64(i), 6.6, sans, line)
	}
	return nil
}
