package timeline

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stele-health/stele/terminal/columns"
)

// wrap breaks a text between words into lines of at most n columns, and within
// a word that is longer than a line. What belongs together stays together: see held.
func wrap(s string, n int) []string {
	n = max(n, 10)
	return columns.Fill(held(strings.Split(s, " "), n), n, split)
}

// held joins the words that must not be torn apart at a line's end, as far as they fit
// into n columns: a number and its unit, a comparator and its number, a range at its
// sign or word. Half of a dose, at the end of a line, is read as a dose.
func held(words []string, n int) (out []string) {
	for i, w := range words {
		if last := len(out) - 1; i > 0 && holds(words[i-1], w) && columns.Of(out[last])+1+columns.Of(w) <= n {
			out[last] += " " + w
			continue
		}
		out = append(out, w)
	}
	return out
}

// holds reports whether a word must not end the line before another: a number before
// whatever it is a number of, a sign or a word of comparison before a number.
func holds(word, next string) bool {
	if word == "" || next == "" {
		return false
	}
	number, _ := utf8.DecodeLastRuneInString(word)
	of, _ := utf8.DecodeRuneInString(strings.TrimLeft(next, signs))
	if unicode.IsDigit(number) || !unicode.IsDigit(of) && strings.Trim(next, signs) != "" {
		return unicode.IsDigit(number)
	}
	return strings.Trim(word, signs) == "" || leads[strings.ToLower(strings.Trim(word, "(,;"))]
}

// signs are those of comparison, of ranges, ratios and powers.
const signs = "<>≤≥=~≈±+-–—−:/x×*^"

// leads are the words that change the number after them.
var leads = words("every to than least most under over below above less more and or between from not no")

// split takes the first n columns off a text; at least one character. It cuts no
// number, as far as the text has anything else.
func split(s string, n int) (head, rest string) {
	used, cut := 0, 0
	before := ' '
	for i, r := range s {
		if i > 0 && !(inNumber(before) && inNumber(r)) {
			cut = i
		}
		before = r
		if used += columns.OfRune(r); used > n && i > 0 {
			if cut == 0 {
				cut = i
			}
			return s[:cut], s[cut:]
		}
	}
	return s, ""
}

func inNumber(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune(".,-–<>≤≥", r) }
