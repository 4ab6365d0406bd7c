package timeline

import (
	"strings"
	"unicode"

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
// a word that is longer than a line.
func wrap(s string, n int) []string {
	n = max(n, 10)
	var lines []string
	line := ""
	for _, word := range strings.Split(s, " ") {
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= n:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
		for columns(line) > n {
			head, rest := split(line, n)
			lines = append(lines, head)
			line = rest
		}
	}
	return append(lines, line)
}

// split takes the first n columns off a text; at least one character.
func split(s string, n int) (head, rest string) {
	used := 0
	for i, r := range s {
		used += columnsOf(r)
		if used > n && i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}
