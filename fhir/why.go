package fhir

import (
	"bytes"
	"fmt"
	"strings"
)

// unfitKind says why a JSON value does not fit a primitive's kind.
func unfitKind(got, want nodeKind) string {
	if got == falseNode {
		got = trueNode
	}
	switch {
	case got == nullNode:
		return "null is not a value in FHIR JSON"
	case got <= arrayNode:
		return "a single value should stand here, not an object or array"
	case want == numberNode && got == stringNode:
		return "a number stands without quotes"
	case want == trueNode && got == stringNode:
		return "true and false stand without quotes"
	case want == stringNode:
		return "a text stands in quotes"
	case want == trueNode:
		return "true or false should stand here"
	}
	return "a number should stand here"
}

// why says why a text is not of a primitive type, by its rule and without the
// text.
func why(typ string, s []byte) string {
	switch typ {
	case "date":
		return whyDate(s, false)
	case "dateTime", "instant":
		return whyDateTime(typ, s)
	case "time":
		return whyTime(s)
	case "id":
		if len(s) > 64 {
			return fmt.Sprintf("an id has 64 characters at most (%d are taken here)", MaxID)
		}
		return "an id has only letters A to Z, digits, - and . (_ is taken here)"
	case "code":
		return "a code has no space at its ends, and single ones between its words"
	case "uri", "url", "canonical":
		return "an address has no white space"
	case "integer", "positiveInt", "unsignedInt":
		return whyInteger(typ, s)
	case "base64Binary":
		return "base64 is groups of four of A to Z, a to z, 0 to 9, + and /, padded with ="
	case "oid":
		if !bytes.HasPrefix(s, []byte("urn:oid:")) {
			return "an OID begins with urn:oid:"
		}
		return "an OID is numbers with points between, none with a 0 before it"
	case "uuid":
		if !bytes.HasPrefix(s, []byte("urn:uuid:")) {
			return "a UUID begins with urn:uuid:"
		}
		return "a UUID has 32 small hexadecimal digits in five groups"
	case "xhtml":
		return "a narrative is one div element"
	case "string", "markdown":
		if isMarkdown(s) {
			return "a text has 1,048,576 characters at most"
		}
		return "a text has no control characters"
	}
	return "the text is not of this type"
}

// whyDate says what is wrong with a date, or with the date before a time.
func whyDate(s []byte, more bool) string {
	if n, level := dateLen(s); level > 0 && n < len(s) && !more {
		if n == 10 && (s[n] == 'T' || s[n] == ' ') {
			return "a date has no time"
		}
	}
	var digits int
	for _, c := range s {
		if isDigit(c) {
			digits++
		}
	}
	text := string(s)
	switch {
	case digits == 0:
		return "a date is written in digits: year-month-day"
	case digits == len(s) && len(s) == 8:
		return "hyphens stand between year, month and day"
	case strings.ContainsAny(text, "/."), len(s) >= 3 && s[2] == '-':
		return "a date is written year-month-day, as in 2024-02-29"
	case strings.HasPrefix(text, "0000"):
		return "there is no year 0"
	case shape(text) == "9999-99-99" || shape(text) == "9999-99":
		return "this day is not in the calendar"
	}
	return "year has four digits, month and day have two: 2024-02-29"
}

// shape turns all digits of a text into 9.
func shape(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '9'
		}
		return r
	}, text)
}

func whyDateTime(typ string, s []byte) string {
	n, level := dateLen(s)
	switch {
	case level == 0:
		date, _, more := bytes.Cut(s, []byte{'T'})
		return whyDate(date, more)
	case n == len(s):
		return "an instant is exact to the second, with a zone" // a dateTime would be good
	case level < 3:
		return whyDate(s, true)
	case s[n] == ' ':
		return "a T stands between date and time"
	case s[n] == 't':
		return "the T between date and time is a capital letter"
	case s[n] != 'T':
		return "after the date comes T and a time, or nothing"
	}
	rest := s[n+1:]
	t := timeLen(rest)
	switch {
	case t == 0:
		return whyTime(rest)
	case t == len(rest):
		return "the time has no zone: add Z or one like +02:00"
	}
	zone := string(rest[t:])
	switch {
	case zone == "z":
		return "the Z of the zone is a capital letter"
	case shape(zone) == "+9999" || shape(zone) == "-9999" || shape(zone) == "+99" || shape(zone) == "-99":
		return "a zone is written like +02:00"
	case strings.HasPrefix(zone, ","):
		return "parts of a second follow a point"
	}
	return "the zone is Z or one like +02:00, of 14 hours at most"
}

func whyTime(s []byte) string {
	switch form := shape(string(s)); {
	case strings.HasPrefix(form, "99:99:99"):
		if timeLen(s) > 0 {
			return "a time has no zone and nothing after its seconds"
		}
		return "this time is not on the clock: 00:00:00 to 23:59:59"
	case strings.HasPrefix(form, "99:99"):
		return "the time has no seconds"
	case form == "":
		return "a time should follow the T"
	}
	return "a time is written hh:mm:ss"
}

func whyInteger(typ string, s []byte) string {
	if bytes.ContainsAny(s, ".eE") {
		return "a whole number has no point and no exponent"
	}
	switch {
	case typ == "positiveInt" && (s[0] == '-' || s[0] == '0'):
		return "the number is 1 or more"
	case typ == "unsignedInt" && s[0] == '-':
		return "the number is 0 or more"
	}
	return "the number does not fit 32 bits"
}
