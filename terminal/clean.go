package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// marksOnALetter is how many combining marks may stand on each other: more of them
// climb over the lines above.
const marksOnALetter = 6

// Clean makes a text harmless on one line of a terminal: line ends and tabs become
// spaces, what a terminal or a bidirectional layout would obey becomes �, what shows
// nothing is left out. Joiners stay within words.
func Clean(text string) string { return clean(text, false) }

// CleanPage is Clean for a text of several lines: line ends and tabs stay.
func CleanPage(text string) string { return clean(text, true) }

func clean(text string, page bool) string {
	if plain(text, page) {
		return text
	}
	var b strings.Builder
	before, marks := rune(' '), 0
	runes := []rune(text) // what is not UTF-8 comes as U+FFFD
	for i, r := range runes {
		after := rune(' ')
		if i+1 < len(runes) {
			after = runes[i+1]
		}
		if marks++; !unicode.IsMark(r) {
			marks = 0
		}
		switch {
		case r == '\r' && after == '\n':
			continue
		case page && (r == '\n' || r == '\t'):
		case unicode.Is(unicode.White_Space, r) && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
			r = ' '
		case r == zwj || r == zwnj:
			if !carries(before) || !carries(after) {
				continue
			}
		case obeyed(r):
			r = utf8.RuneError
		case unseen(r) || marks > marksOnALetter:
			continue
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// plain reports whether a text is printable ASCII, as most are.
func plain(text string, page bool) bool {
	for i := range len(text) {
		if c := text[i]; (c < ' ' || c > '~') && !(page && c == '\n') {
			return false
		}
	}
	return true
}

const (
	zwnj = '\u200c'
	zwj  = '\u200d'
)

// carries reports whether a joiner beside a rune has something to join: a letter, a
// mark, or a symbol (emoji are joined, too).
func carries(r rune) bool {
	return !unseen(r) && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r))
}

// obeyed are the runes that a terminal or a layout obeys: controls, what overrides,
// embeds or isolates a direction, tags, annotations, and what no text holds.
func obeyed(r rune) bool {
	switch {
	case unicode.Is(unicode.Cc, r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x206f, r >= 0xfff9 && r <= 0xfffb,
		r >= 0xe0000 && r <= 0xe0fff && !unicode.IsMark(r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Noncharacter_Code_Point, r):
		return true
	}
	return false
}

// unseen are the formatting characters that show nothing: marks of direction, soft
// hyphens, zero-width spaces. Those that carry digits of Arabic or Syriac are seen.
func unseen(r rune) bool {
	return (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
