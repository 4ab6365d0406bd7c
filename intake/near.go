package intake

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Clean takes white space from the ends of a number, also Unicode's.
func Clean(number string) string {
	return strings.TrimFunc(number, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
}

// Near is what is left of a number without leading zeros, case, separators and the script
// of its digits: two of one Near are easily taken for each other.
func Near(number string) string {
	var out strings.Builder
	digit := false // there was one, which makes a zero count
	for _, r := range strings.ToLower(norm.NFKC.String(number)) {
		switch r = western(r); {
		case r == '0' && !digit, !unicode.IsLetter(r) && !unicode.IsDigit(r):
			continue
		case unicode.IsLetter(r):
			digit = false
		default:
			digit = true
		}
		out.WriteRune(r)
	}
	return out.String()
}

// western is a digit of any script as one of 0 to 9, and anything else as it is. In
// Unicode the ten of a script follow each other.
func western(r rune) rune {
	if r <= unicode.MaxLatin1 || !unicode.IsDigit(r) {
		return r
	}
	for _, of := range unicode.Digit.R16 {
		if rune(of.Lo) <= r && r <= rune(of.Hi) {
			return '0' + (r-rune(of.Lo))%10
		}
	}
	for _, of := range unicode.Digit.R32 {
		if rune(of.Lo) <= r && r <= rune(of.Hi) {
			return '0' + (r-rune(of.Lo))%10
		}
	}
	return r
}
