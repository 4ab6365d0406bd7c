package paper

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/spell"
)

// TestWhatACardSaysLiesInsideIt, and what a page says on the page: in every language,
// with a long name, and nothing over anything else.
func TestWhatACardSaysLiesInsideIt(t *testing.T) {
	for _, language := range consent.Languages() {
		for _, name := range []string{"", "José", strings.Repeat("Wilhelmine ", 5) + "Wagner"} {
			p, l, err := Card{Name: name, Subject: stele.Subject{1}, Language: language}.page()
			if err != nil {
				t.Fatal(err)
			}
			card := p.boxes[0]
			onto, off := p.inside(l, card)
			if len(onto) == 0 || off != "" {
				t.Errorf("%s, %q: %q leaves the card", language, name, off)
			}
			for _, a := range p.areas {
				onto = append(onto, box{x: a.x - 2*a.side, y: a.y - 2*a.side, width: float64(len(a.rows)+4) * a.side, height: float64(len(a.rows)+4) * a.side})
			}
			for i, a := range onto {
				for _, b := range onto[:i] {
					if a.x < b.x+b.width && b.x < a.x+a.width && a.y < b.y+b.height && b.y < a.y+a.height {
						t.Errorf("%s, %q: %+v lies over %+v", language, name, a, b)
					}
				}
			}
		}
		s, l, err := Slip{Mark: "KXRT", Code: spell.NewCode([17]byte{}), Facility: strings.Repeat("Wilhelmine ", 5) + "Wagner", Language: language}.page()
		if err != nil {
			t.Fatal(err)
		}
		if _, off := s.inside(l, box{x: 15, y: 15, width: 180, height: 260}); off != "" {
			t.Errorf("%s: %q leaves the slip", language, off)
		}
	}
}

// inside returns the room that texts beginning in a frame take, and the first that
// leaves it.
func (p *page) inside(l letters, frame box) (rooms []box, off string) {
	check := func(x, y, size, width float64, words string) {
		high := size * point
		if x < frame.x || y < frame.y || x > frame.x+frame.width || y > frame.y+frame.height {
			return
		}
		if x+width > frame.x+frame.width-2 || y-high < frame.y || y+high/4 > frame.y+frame.height-1 {
			off = words
		}
		rooms = append(rooms, box{x: x, y: y - 0.75*high, width: width, height: 0.95 * high})
	}
	for _, t := range p.texts {
		check(t.x, t.y, t.size, l.width(t.face, t.size, t.words), t.words)
	}
	for _, n := range p.names {
		check(n.x, n.y, n.size, l.span(n.size, n.words), n.words)
	}
	return rooms, off
}

// TestArabicLettersJoin, in the forms that Unicode's compatibility blocks have, and
// stand from right to left, a mark on its letter, digits and brackets as they are read.
func TestArabicLettersJoin(t *testing.T) {
	for name, want := range map[string]string{
		"محمد":      "\ufeaa\ufee4\ufea4\ufee3",       // initial, medial, medial, final
		"لا":        "\ufefb",                         // one letter
		"سلام":      "\ufee1\ufefc\ufeb3",             // joined from before, not to the next
		"دار":       "\ufead\ufe8d\ufea9",             // none joins to the next
		"مُحَ":      "\u064e\ufea2\u064f\ufee3",       // marks are drawn before their letters
		"لُا":       "\u064f\ufefb",                   // a mark within the one letter
		"علي 12":    "12 \ufef2\ufee0\ufecb",          // digits
		"(علي)":     "(\ufef2\ufee0\ufecb)",           // brackets turn round
		"پژمان":     "\ufee5\ufe8e\ufee3\ufb8b\ufb58", // Persian
		"می\u200cخ": "\ufea5\ufbfd\ufee3",             // a joiner parts
		"José":      "José",
		"כהן":       "ןהכ",
		"王":         "王",
	} {
		if got := string(visual(name)); got != want {
			t.Errorf("%s is set as %+q, want %+q", name, got, want)
		}
	}
}
