package timeline

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// columns returns how many columns a terminal gives to a text: two to East
// Asian wide characters (Unicode Standard Annex 11), none to combining ones.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// pad fills a text with spaces to n columns.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-columns(s)))
}

// wrap breaks a text between words into lines of at most n columns, and within
// a word that is longer than a line. What belongs together stays together: see held.
func wrap(s string, n int) []string {
	n = max(n, 10)
	var lines []string
	line := ""
	for _, words := range held(strings.Split(s, " "), n) {
		switch {
		case line == "":
			line = words
		case columns(line)+1+columns(words) <= n:
			line += " " + words
		default:
			lines = append(lines, line)
			line = words
		}
		for columns(line) > n {
			head, rest := split(line, n)
			lines = append(lines, head)
			line = rest
		}
	}
	return append(lines, line)
}

// held joins the words that must not be torn apart at a line's end, as far as they fit
// into n columns: a number and its unit, a comparator and its number, a range at its
// sign or word. Half of a dose, at the end of a line, is read as a dose.
func held(words []string, n int) (out []string) {
	for i, w := range words {
		if last := len(out) - 1; i > 0 && holds(words[i-1], w) && columns(out[last])+1+columns(w) <= n {
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
		if used += columnsOf(r); used > n && i > 0 {
			if cut == 0 {
				cut = i
			}
			return s[:cut], s[cut:]
		}
	}
	return s, ""
}

func inNumber(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune(".,-–<>≤≥", r) }
