package spell

import (
	"strings"

	"github.com/stele-health/stele"
)

// alphabet is Crockford's base32: the 32 characters of a code, by their values.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	// Group is how many characters stand together.
	Group = 4
	// checks is how many characters at the end check the others.
	checks = 6
	// mostTyped is how long a text may be that is read as a code, in bytes.
	mostTyped = 400
)

// kind is a kind of code. Its name goes into the check, so that no code of one kind
// is one of another.
type kind struct {
	name    string // Bech32m's human-readable part, in small letters
	what    string // for sentences
	scheme  string // before the code where a machine reads it
	symbols int    // with those that check
}

// sealed returns the characters of a code: its symbols, and those that check them.
func (k kind) sealed(symbols []byte) string {
	open := append(append([]byte{}, symbols...), make([]byte, checks)...)
	rest := k.rest(open)
	for i := range checks {
		open[len(symbols)+i] = byte(rest >> (5 * (checks - 1 - i)) & 31)
	}
	var b strings.Builder
	for _, s := range open {
		b.WriteByte(alphabet[s])
	}
	return b.String()
}

// rest is 0 for the symbols of a whole code, and otherwise says what is wrong with
// them: it is linear in what was changed (see moved).
func (k kind) rest(symbols []byte) uint32 {
	const bech32m = 0x2bc830a3
	c := uint32(1)
	for i := range len(k.name) {
		c = step(c, k.name[i]>>5)
	}
	c = step(c, 0)
	for i := range len(k.name) {
		c = step(c, k.name[i]&31)
	}
	for _, s := range symbols {
		c = step(c, s)
	}
	return c ^ bech32m
}

// step divides by Bech32's generator, a symbol further (BIP 173).
func step(c uint32, symbol byte) uint32 {
	top := c >> 25
	c = c&0x1ffffff<<5 ^ uint32(symbol)
	for i, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 == 1 {
			c ^= g
		}
	}
	return c
}

// moved is by how much rest changes when one of n symbols, at a place, is changed by
// these bits.
func moved(n, at int, by byte) uint32 {
	c := step(0, by)
	for range n - 1 - at {
		c = step(c, 0)
	}
	return c
}

// typed is a text that was typed or scanned, as far as it is a code.
type typed struct {
	symbols []byte
	groups  []int // how many characters stood together, as they were typed
	foreign rune  // the first that is in no code, 0 for none
	at      int   // the symbols before it
}

// read takes a text apart: the scheme, spaces and dashes go, what looks alike is read
// as what it was meant to be.
func (k kind) read(text string) typed {
	var t typed
	if len(text) >= len(k.scheme) && strings.EqualFold(text[:len(k.scheme)], k.scheme) {
		text = text[len(k.scheme):]
	}
	together := 0
	for _, r := range text {
		switch {
		case strings.ContainsRune(" \t\r\n\u00a0\u202f-‐‑–—_.", r):
			if together > 0 {
				t.groups, together = append(t.groups, together), 0
			}
			continue
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		}
		switch r {
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		value := strings.IndexRune(alphabet, r)
		if together++; value < 0 {
			if t.foreign == 0 {
				t.foreign, t.at = r, len(t.symbols)
			}
			value = 0
		}
		t.symbols = append(t.symbols, byte(value))
	}
	if together > 0 {
		t.groups = append(t.groups, together)
	}
	return t
}

// parse reads a code and returns its symbols without those that check. It fails with
// KindInvalid, and says where the error may be.
func (k kind) parse(text string) ([]byte, error) {
	t := typed{}
	if len(text) <= mostTyped {
		t = k.read(text)
	}
	wrong := ""
	switch {
	case len(t.symbols) == 0:
		wrong = "that is not " + k.what
	case t.foreign == 'U':
		wrong = "the " + k.where(t.at) + " has a U, which is in no code: it may be a V"
	case t.foreign != 0:
		wrong = "the " + k.where(t.at) + " has a character that is in no code"
	case len(t.symbols) != k.symbols:
		wrong = k.length(t)
	case k.rest(t.symbols) != 0:
		wrong = k.mistake(t.symbols)
	}
	if wrong != "" {
		return nil, stele.E("read code", stele.KindInvalid, wrong, nil).WithHint("compare it with what is printed, group by group")
	}
	return t.symbols[:k.symbols-checks], nil
}

// grouped sets spaces between the groups of a code.
func grouped(code string) string { return strings.Join(groupsOf(code), " ") }

func groupsOf(code string) (groups []string) {
	for ; len(code) > Group; code = code[Group:] {
		groups = append(groups, code[:Group])
	}
	return append(groups, code)
}
