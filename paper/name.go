package paper

import (
	"strings"
	"unicode"

	"github.com/stele-health/stele"
)

// pixelsPerSize is how many pixels of a cell are as high as a font's size.
const pixelsPerSize = 13

// smallest is the size in which a name is still read, in points.
const smallest = 6.5

// sign adds a name to the page in a width, as large as fits and no larger than size: on
// one line, or on two of which the first stands higher. It fails with KindInvalid for a
// name that is too long.
func (p *page) sign(l letters, x, y, room, size float64, words string) error {
	for s := size; s >= smallest; s -= 0.5 {
		if l.span(s, words) <= room {
			p.names = append(p.names, name{x, y, s, words})
			return nil
		}
	}
	for s := min(size, 8); s >= smallest; s -= 0.5 {
		for at := len(words) - 1; at > 0; at-- {
			if words[at] == ' ' && l.span(s, words[:at]) <= room && l.span(s, words[at+1:]) <= room {
				p.names = append(p.names, name{x, y - s*point*1.15, s, words[:at]}, name{x, y, s, strings.TrimSpace(words[at+1:])})
				return nil
			}
		}
	}
	return stele.E("make page", stele.KindInvalid, "there is no room for so long a name", nil).WithHint("print a shorter one")
}

// span is about how wide a name is, in millimetres: what is not in the font is as wide
// as it is high.
func (l letters) span(size float64, words string) (w float64) {
	for _, r := range visual(words) {
		switch {
		case l.faces[sans].Has(r):
			w += l.width(sans, size, string(r))
		case !mark(r):
			w += size * point * 16 / pixelsPerSize
		}
	}
	return w
}

// mark reports whether a character stands on the one before.
func mark(r rune) bool { return unicode.Is(unicode.Mn, r) }
