package spell

import (
	"strings"

	"github.com/stele-health/stele"
)

// secret is how many characters of a slip's code are drawn: 130 bits.
const secret = 26

// slips are the codes of slips: 26 characters that were drawn, 6 that check; eight
// groups.
var slips = kind{name: "steleslip", what: "the code of a slip", scheme: "STELESLIP:", symbols: secret + checks}

// Code is the secret of a printed slip: 130 bits. Whoever has it can do what the slip
// is for, so it prints as [redacted]; Text shows it. Codes that are equal are the same.
type Code struct{ symbols [secret]byte }

// NewCode makes a code of 17 random bytes, of which it takes the first 130 bits.
func NewCode(random [17]byte) Code {
	var c Code
	copy(c.symbols[:], values(crockford.EncodeToString(random[:])))
	return c
}

// ParseCode reads a code, typed or scanned. It fails with KindInvalid and says in which
// group the error may be; it never repeats what was typed.
func ParseCode(text string) (Code, error) {
	var c Code
	symbols, err := slips.parse(text)
	if err != nil {
		if _, card := ParseSubject(text); card == nil {
			return c, stele.E("read code", stele.KindInvalid, "that is the code of a card, which finds a person and opens nothing", nil).
				WithHint("a slip's code has eight groups")
		}
		return c, err
	}
	copy(c.symbols[:], symbols)
	return c, nil
}

// Bytes returns the code as 17 bytes, of which the last six bits are 0: what keys are
// derived from.
func (c Code) Bytes() (raw [17]byte) {
	bytes, _ := crockford.DecodeString(characters(c.symbols[:]) + "00") // always of the alphabet
	copy(raw[:], bytes)
	return raw
}

// Text shows the code: eight groups of four characters.
func (c Code) Text() string { return grouped(slips.sealed(c.symbols[:])) }

// Scan returns the code as a QR code holds it: "STELESLIP:" and 32 characters.
func (c Code) Scan() string { return slips.scheme + slips.sealed(c.symbols[:]) }

// String returns "[redacted]": a code is a secret.
func (Code) String() string { return "[redacted]" }

// GoString is String.
func (c Code) GoString() string { return c.String() }

// Aloud says the characters of a group as they are read over a telephone, in a language
// of consent.Languages: digits by their names, letters by the spelling alphabet of the
// ICAO. Other languages and characters give the characters as they are.
func Aloud(language, group string) string {
	var words []string
	for i := range group {
		at := strings.IndexByte(alphabet, group[i])
		if language != "en" || at < 0 {
			words = append(words, group[i:i+1])
			continue
		}
		words = append(words, strings.Fields(english)[at])
	}
	return strings.Join(words, " ")
}

// english has a word for each character of the alphabet, in its order.
const english = "zero one two three four five six seven eight nine " +
	"Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel Juliett Kilo Mike November Papa Quebec Romeo Sierra Tango Victor Whiskey X-ray Yankee Zulu"
