package paper

import (
	"fmt"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/spell"
)

// Slip is what a facility prints for somebody without a phone: the code with which the
// record becomes theirs. Whoever has it can take the record over: the page is a secret.
type Slip struct {
	Code     spell.Code
	Mark     string // spell.NewMark's: by it who printed the page knows whose it is
	Facility string // who printed it
	Language string // one of consent.Languages
}

// SVG returns the page. It fails with KindInvalid for a name or a mark that is none and for
// a language that there is not.
func (s Slip) SVG() ([]byte, error) {
	p, l, err := s.page()
	if err != nil {
		return nil, err
	}
	return p.svg(l), nil
}

// PDF returns the page. It fails as SVG does, and with KindInvalid for a name whose
// letters are not here.
func (s Slip) PDF() ([]byte, error) {
	p, l, err := s.page()
	if err != nil {
		return nil, err
	}
	return p.pdf(l)
}

func (s Slip) page() (*page, letters, error) {
	w, err := wordsOf(s.Language)
	if _, ok := spell.ParseMark(s.Mark); err == nil && !ok {
		err = stele.E("make page", stele.KindInvalid, "a slip needs a mark", nil)
	}
	if err == nil {
		err = stele.CheckName("the facility's name", s.Facility)
	}
	if err != nil {
		return nil, letters{}, err
	}
	p, l := &page{title: w.slipTitle, language: s.Language}, openLetters()
	p.say(20, 28, 20, bold, w.slipTitle)
	mark := w.slipMark + " " + s.Mark
	p.say(190-l.width(bold, 26, mark), 28, 26, bold, mark)
	y := p.tell(l, 20, 38, 170, 11, sans, w.slipFor)
	p.say(20, y+3, 11, sans, w.slipFrom)
	if err := p.sign(l, 20+l.width(sans, 11, w.slipFrom+" "), y+3, 145, 11, s.Facility); err != nil {
		return nil, letters{}, err
	}
	y += 12
	code := squares(s.Code.Scan())
	const side = 1.1
	p.areas = append(p.areas, area{190 - float64(len(code))*side, y, side, code})
	for i, group := range strings.Fields(s.Code.Text()) {
		p.say(20, y+4, 11, sans, fmt.Sprintf("%d", i+1))
		p.say(28, y+4, 18, mono, group)
		p.say(54, y+4, 11, sans, spell.Aloud(s.Language, group))
		y += 8.5
	}
	y += 10
	for _, rule := range w.slipRules {
		p.say(20, y, 11, sans, "•")
		y = p.tell(l, 25, y, 165, 11, sans, rule) + 1.5
	}
	return p, l, nil
}
