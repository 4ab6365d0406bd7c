package telling

import (
	"slices"
	"strings"
	"unicode"
)

// Clean makes one line of a text and takes out what a terminal would act on or
// what could turn the direction of a line: a resource is somebody else's text.
// What holds words together stays: combining marks, the joiners within words of
// Persian, Indic and other scripts, and the signs that Arabic sets over numbers.
func Clean(s string) string {
	if isPlain(s) {
		return s
	}
	var out []rune
	joined := -1 // where a joiner stands that nothing follows yet
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case isJoiner(r):
			if joined != len(out)-1 && len(out) > 0 && joins(out[len(out)-1]) {
				joined = len(out)
				out = append(out, r)
			}
			continue
		case isSign(r):
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			continue
		}
		if joined >= 0 && joined == len(out)-1 && !joins(r) {
			out = out[:joined]
		}
		if r == ' ' && (len(out) == 0 || out[len(out)-1] == ' ') {
			continue
		}
		joined = -1
		out = append(out, r)
	}
	if joined >= 0 && joined == len(out)-1 {
		out = out[:joined]
	}
	return strings.TrimRight(string(out), " ")
}

// isPlain reports whether a text is printable ASCII with single spaces.
func isPlain(s string) bool {
	before := byte(' ')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && before == ' ' {
			return false
		}
		before = c
	}
	return len(s) == 0 || before != ' '
}

// isJoiner knows the zero width joiner and non-joiner.
func isJoiner(r rune) bool { return r == 0x200C || r == 0x200D }

// joins reports whether a joiner may stand beside a rune: letters, marks, and
// the symbols that emoji are made of.
func joins(r rune) bool {
	return r > 0x7f && unicode.In(r, unicode.L, unicode.M, unicode.So, unicode.Sk)
}

// isSign knows the format characters that are seen: they stand over or around
// numbers (Unicode, Prepended_Concatenation_Mark).
func isSign(r rune) bool {
	return slices.Contains([]rune{0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}, r)
}
