package fhir

import (
	"bytes"
	"unicode/utf8"
)

// A primitiveCheck says which JSON values a primitive type takes and which texts.
type primitiveCheck struct {
	json nodeKind // stringNode, numberNode or trueNode for booleans
	ok   func(text []byte) bool
}

// primitives are the R4 primitive types, by the regular expressions in their
// definitions (FHIR R4 § Datatypes), written out by hand for speed. Dates must
// also exist in the calendar.
var primitives = map[string]primitiveCheck{
	"base64Binary": {stringNode, isBase64},
	"boolean":      {trueNode, func([]byte) bool { return true }},
	"canonical":    {stringNode, isURI},
	"code":         {stringNode, isCode},
	"date":         {stringNode, func(s []byte) bool { n, level := dateLen(s); return level > 0 && n == len(s) }},
	"dateTime":     {stringNode, isDateTime},
	"decimal":      {numberNode, func([]byte) bool { return true }}, // JSON's grammar is decimal's
	"id":           {stringNode, isID},
	"instant":      {stringNode, isInstant},
	"integer":      {numberNode, isInteger},
	"markdown":     {stringNode, isMarkdown},
	"oid":          {stringNode, isOID},
	"positiveInt":  {numberNode, func(s []byte) bool { return s[0] != '-' && s[0] != '0' && isInteger(s) }},
	"string":       {stringNode, isString},
	"time":         {stringNode, func(s []byte) bool { n := timeLen(s); return n > 0 && n == len(s) }},
	"unsignedInt":  {numberNode, func(s []byte) bool { return s[0] != '-' && isInteger(s) }},
	"uri":          {stringNode, isURI},
	"url":          {stringNode, isURI},
	"uuid":         {stringNode, isUUID},
	"xhtml":        {stringNode, isXHTML},
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// isString: 1 to 1048576 characters, none below U+0020 but tab, CR, LF.
func isString(s []byte) bool {
	return isMarkdown(s) && (len(s) <= 1<<20 || utf8.RuneCount(s) <= 1<<20)
}

func isMarkdown(s []byte) bool {
	for _, c := range s {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return len(s) > 0
}

func isURI(s []byte) bool {
	for _, c := range s {
		if c <= ' ' {
			return false
		}
	}
	return len(s) > 0
}

// isCode: no space at the ends, single spaces between.
func isCode(s []byte) bool {
	space := true
	for _, c := range s {
		if isSpace(c) {
			if space {
				return false
			}
			space = true
			continue
		}
		if c < ' ' {
			return false
		}
		space = false
	}
	return !space
}

func isID(s []byte) bool {
	for _, c := range s {
		if !inID(c) {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 64
}

func inID(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-' || c == '.' }

// MaxID is how many characters an id may have here.
const MaxID = 256

// IsID reports whether a text may be an id here. FHIR R4 allows 64 letters, digits, - and .
// at most (§ 2.24.0.1, id); servers write longer ones, and _ in them, which lead to one
// record all the same and are taken as they are written. Not so ~, which many write as
// %7E in an address.
func IsID(id string) bool {
	for _, c := range []byte(id) {
		if !inID(c) && c != '_' {
			return false
		}
	}
	return len(id) > 0 && len(id) <= MaxID
}

// isInteger: 32 bits, no fraction, no exponent.
func isInteger(s []byte) bool {
	digits := bytes.TrimPrefix(s, []byte{'-'})
	if len(digits) == 0 || len(digits) > 10 {
		return false
	}
	var n int64
	for _, c := range digits {
		if !isDigit(c) {
			return false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(s) {
		n = -n
	}
	return n >= -1<<31 && n < 1<<31
}

func isOID(s []byte) bool {
	rest, ok := bytes.CutPrefix(s, []byte("urn:oid:"))
	if !ok || len(rest) < 3 || rest[0] < '0' || rest[0] > '2' || rest[1] != '.' {
		return false
	}
	for _, arc := range bytes.Split(rest[2:], []byte{'.'}) {
		if len(arc) == 0 || arc[0] == '0' && len(arc) > 1 {
			return false
		}
		for _, c := range arc {
			if !isDigit(c) {
				return false
			}
		}
	}
	return true
}

func isUUID(s []byte) bool {
	rest, ok := bytes.CutPrefix(s, []byte("urn:uuid:"))
	if !ok || len(rest) != 36 {
		return false
	}
	for i, c := range rest {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// isBase64: groups of four, white space between, padding only at the end.
func isBase64(s []byte) bool {
	n, padding := 0, 0
	for _, c := range s {
		switch {
		case isSpace(c):
			continue
		case c == '=':
			padding++
		case padding > 0 || !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'z') && c != '+' && c != '/':
			return false
		}
		n++
	}
	return n > 0 && n%4 == 0 && padding <= 2
}

// isXHTML looks at the outer element only (FHIR R4 § Narrative: one div).
func isXHTML(s []byte) bool {
	s = bytes.TrimSpace(s)
	return bytes.HasPrefix(s, []byte("<div")) && (bytes.HasSuffix(s, []byte("</div>")) || bytes.HasSuffix(s, []byte("/>")))
}

// isMIME checks a media type's grammar (BCP 13): type/subtype, then parameters.
// FHIR's own short names for its formats (FHIR R4 § _format) pass too.
func isMIME(s []byte) bool {
	switch string(s) {
	case "json", "xml", "ttl":
		return true
	}
	main, _, _ := bytes.Cut(s, []byte{';'})
	slash := bytes.IndexByte(main, '/')
	return slash > 0 && slash < len(main)-1 && bytes.IndexByte(main[slash+1:], '/') < 0
}

// number2 reads two digits, -1 when they are not.
func number2(s []byte) int {
	if len(s) < 2 || !isDigit(s[0]) || !isDigit(s[1]) {
		return -1
	}
	return int(s[0]-'0')*10 + int(s[1]-'0')
}

// dateLen returns the length of the date at the start of s and its level: 1
// year, 2 month, 3 day, 0 none.
func dateLen(s []byte) (n, level int) {
	hi, lo := number2(s), -1
	if len(s) >= 4 {
		lo = number2(s[2:])
	}
	year := hi*100 + lo
	if hi < 0 || lo < 0 || year == 0 {
		return 0, 0
	}
	if len(s) == 4 || s[4] != '-' {
		return 4, 1
	}
	month := number2(s[5:])
	if month < 1 || month > 12 {
		return 0, 0
	}
	if len(s) == 7 || s[7] != '-' {
		return 7, 2
	}
	if day := number2(s[8:]); day < 1 || day > daysIn(year, month) {
		return 0, 0
	}
	return 10, 3
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// timeLen returns the length of hh:mm:ss[.fraction] at the start of s, or 0. A
// second of 60 is a leap second.
func timeLen(s []byte) int {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return 0
	}
	h, m, sec := number2(s), number2(s[3:]), number2(s[6:])
	if h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60 {
		return 0
	}
	n := 8
	if n < len(s) && s[n] == '.' {
		for n++; n < len(s) && isDigit(s[n]); n++ {
		}
		if n == 9 {
			return 0
		}
	}
	return n
}

// isZone: Z or an offset of at most 14:00.
func isZone(s []byte) bool {
	if len(s) == 1 {
		return s[0] == 'Z'
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return false
	}
	h, m := number2(s[1:]), number2(s[4:])
	return h >= 0 && m >= 0 && m < 60 && (h < 14 || h == 14 && m == 0)
}

func isInstant(s []byte) bool {
	n, level := dateLen(s)
	if level < 3 || n >= len(s) || s[n] != 'T' {
		return false
	}
	t := timeLen(s[n+1:])
	return t > 0 && isZone(s[n+1+t:])
}

// IsDateTime reports whether a text is a FHIR dateTime, partial ones included.
func IsDateTime(s string) bool { return isDateTime([]byte(s)) }

func isDateTime(s []byte) bool {
	n, level := dateLen(s)
	return level > 0 && n == len(s) || isInstant(s)
}
