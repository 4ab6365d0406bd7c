package columns

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Of is how many columns a terminal gives to a text: two to East Asian wide characters
// (Unicode Standard Annex 11), none to combining ones and to those that show nothing,
// one to a control character, in whose place another is shown.
func Of(text string) int {
	n := 0
	for _, r := range text {
		n += OfRune(r)
	}
	return n
}

// OfRune is Of for one character.
func OfRune(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Pad fills a text with spaces to n columns.
func Pad(text string, n int) string { return text + strings.Repeat(" ", max(n-Of(text), 0)) }

// PadLeft is Pad with the spaces before the text.
func PadLeft(text string, n int) string { return strings.Repeat(" ", max(n-Of(text), 0)) + text }

// Clip cuts a text to a number of columns and shows that it did.
func Clip(text string, most int) string {
	if Of(text) <= most {
		return text
	}
	var b strings.Builder
	n := 0
	for _, r := range text {
		c := OfRune(r)
		if n+c > most-1 {
			break
		}
		b.WriteRune(r)
		n += c
	}
	return strings.TrimRight(b.String(), " ") + "…"
}

// ClipStart cuts the beginning off a text, a path say, whose end is what tells it
// apart, and shows that it did.
func ClipStart(text string, most int) string {
	if Of(text) <= most {
		return text
	}
	letters := []rune(text)
	for len(letters) > 0 && Of(string(letters)) > most-1 {
		letters = letters[1:]
	}
	return "…" + string(letters)
}

// Wrap breaks a text into lines of at most a number of columns, at spaces, and words
// that are longer than a line anywhere. There is always a line.
func Wrap(text string, most int) []string { return Fill(strings.Fields(text), most, Cut) }

// Fill sets words into lines of at most a number of columns. A word that is longer than
// a line is broken by cut, which takes the first columns off a text, at least one
// character.
func Fill(words []string, most int, cut func(text string, n int) (head, rest string)) []string {
	var lines []string
	line := ""
	for _, word := range words {
		switch {
		case line == "":
			line = word
		case Of(line)+1+Of(word) <= most:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
		for most > 1 && Of(line) > most {
			head, rest := cut(line, most)
			lines, line = append(lines, head), rest
		}
	}
	return append(lines, line)
}

// Cut takes the first n columns off a text, at least one character.
func Cut(text string, n int) (head, rest string) {
	used := 0
	for i, r := range text {
		if used += OfRune(r); used > n && i > 0 {
			return text[:i], text[i:]
		}
	}
	return text, ""
}
