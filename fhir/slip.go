package fhir

import "bytes"

// slip names a common slip in JSON by what stands where something else should:
// a sentence about the rule, with nothing of the input; "" when it knows none.
// fallback sentences of the callers say what should stand there.
func slip(next []byte) string {
	for _, s := range slips {
		for _, start := range s.starts {
			if bytes.HasPrefix(next, []byte(start)) {
				return s.text
			}
		}
	}
	return ""
}

var slips = []struct {
	text   string
	starts []string
}{
	{"a text stands in double quotes, not in single ones", []string{"'"}},
	{"typographic quotes stand where \" should: a word processor changed them", []string{"“", "”", "„", "‘", "’", "«", "»"}},
	{"JSON has no comments", []string{"//", "/*", "#", "<!--"}},
	{"a byte order mark stands inside the file: were several files joined?", []string{"\uFEFF"}},
	{"a no-break space stands between the values", []string{"\u00a0", "\u202f"}},
	{"NaN and Infinity are no numbers in JSON: leave the value out", []string{"NaN", "nan", "Infinity", "-Infinity", "inf", "-inf"}},
	{"true, false and null are written in small letters", []string{"True", "TRUE", "False", "FALSE", "None", "NULL", "Null"}},
	{"JSON has no undefined: leave the element out", []string{"undefined"}},
	{"a number may not begin with +", []string{"+"}},
	{"a number may not begin with a point: write 0 before it", []string{".", "-."}},
}

// slipOr is slip, or else the given sentence.
func slipOr(next []byte, text string) string {
	if s := slip(next); s != "" {
		return s
	}
	return text
}

// afterItem says what is wrong where a comma or closing bracket should stand;
// before is what was read, next what follows.
func afterItem(before, next []byte) string {
	if s := slip(next); s != "" && next[0] != '.' && next[0] != '-' {
		return s
	}
	if len(next) > 0 {
		switch c := next[0]; {
		case c == '"' || c == '{' || c == '[':
			return "a comma is missing before this"
		case isDigit(c) && leadingZero(before):
			return "a number may not begin with 0"
		case isDigit(c) || c == '-' || c == '.':
			return "a comma or closing bracket should stand here, and a number has one part"
		case c == ';':
			return "values are separated by commas"
		}
	}
	return "a comma or closing bracket should stand here"
}

// leadingZero reports whether a text ends in a number that is just 0 or -0.
func leadingZero(before []byte) bool {
	n := len(before)
	if n == 0 || before[n-1] != '0' {
		return false
	}
	before = bytes.TrimSuffix(before[:n-1], []byte{'-'})
	return len(before) == 0 || bytes.IndexByte([]byte(":[, \t\r\n"), before[len(before)-1]) >= 0
}

// badString says what is wrong at byte i of a string.
func badString(c byte) string {
	switch c {
	case '\n', '\r':
		return "a line ends inside a text: write \\n for a line break, and close the quotes"
	case '\t':
		return "a tab stands inside a text: write \\t"
	}
	return "a control character inside a text"
}

// badEscape says what is wrong with the escape at the start of s.
func badEscape(s []byte) string {
	if len(s) > 1 && s[1] == 'u' && hex4(s[2:]) >= 0 {
		return "a broken escape: half of a surrogate pair"
	}
	if len(s) > 1 && s[1] == '\'' {
		return "a broken escape: a single quote needs none"
	}
	return "a broken escape"
}

// notUTF8 is the sentence for bytes that are no UTF-8.
const notUTF8 = "invalid UTF-8: is the text in Latin-1 or Windows-1252?"
