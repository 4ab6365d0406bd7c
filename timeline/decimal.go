package timeline

import (
	"math/big"
	"strconv"
	"strings"
)

// places is how many digits after the point a screen shows. A result written
// with up to this many is shown as written, trailing zeros included: they say
// how exact it is (FHIR R4 §2.24.0.1, decimal).
const places = 2

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

// shown returns a number for the screen: 128.0432 as 128.04, 0.00321 with two
// digits that mean something.
func shown(s string) string {
	r, ok := number(s)
	if !ok {
		return cut(s, 20)
	}
	_, fraction, point := strings.Cut(s, ".")
	if !strings.ContainsAny(s, "eE") && (!point || len(fraction) <= places) {
		return s
	}
	for n := places; n <= 12; n++ {
		out := r.FloatString(n)
		if strings.Trim(out, "-0.") != "" || r.Sign() == 0 {
			if n > places {
				out = r.FloatString(n + 1)
			}
			if strings.Contains(out, ".") {
				out = strings.TrimRight(strings.TrimRight(out, "0"), ".")
			}
			return out
		}
	}
	return cut(s, 20)
}

// whole returns a number without a fraction.
func whole(s string) string {
	if r, ok := number(s); ok {
		return r.FloatString(0)
	}
	return cut(s, 20)
}

// exact returns one spelling for equal numbers.
func exact(s string) string {
	if r, ok := number(s); ok {
		return r.RatString()
	}
	return s
}

// cut shortens a text to n characters.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimRight(string(r[:n-1]), " ,;:") + "…"
}
