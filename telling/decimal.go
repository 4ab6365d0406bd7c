package telling

import (
	"math/big"
	"strconv"
	"strings"
)

// longest is how many characters a number may have on a line; longer ones are no
// measurements, and a number cut short would be another number.
const longest = 48

// written returns a number as its author wrote it, trailing zeros and exponent
// included: they say how exact it is (FHIR R4 datatypes.html, decimal).
func written(s string) string {
	if len(s) > longest {
		return seeRecord
	}
	return s
}

// number reads a JSON number exactly. Numbers that no measurement has are not
// read: big.Rat would fill the memory with 1e999999999.
func number(s string) (*big.Rat, bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	if len(mantissa) > 40 {
		return nil, false
	}
	if exponent != "" {
		e, err := strconv.Atoi(exponent)
		if err != nil || e < -30 || e > 30 {
			return nil, false
		}
	}
	for _, c := range mantissa {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}

// exact returns one spelling for equal numbers.
func exact(s string) string {
	if r, ok := number(s); ok {
		return r.RatString()
	}
	return s
}

// isOne reports whether a number is one, however it is written.
func isOne(s string) bool { return exact(s) == "1" }

// cut shortens a text to n characters, between words: half a number is another number,
// and one without its unit may be.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	short := string(r[:n-1])
	if words := strings.Split(short, " "); len(words) > 1 {
		for words = words[:len(words)-1]; len(words) > 1 && strings.ContainsAny(words[len(words)-1], "0123456789"); {
			words = words[:len(words)-1]
		}
		short = strings.Join(words, " ")
	}
	return strings.TrimRight(short, " ,;:/|") + " …"
}
