package labels

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// plainCode writes a code, or an address, with the letters, digits and hyphens
// that codes have: what looks the same on a screen is the same code.
func plainCode(code []byte) string {
	if isASCII(code) {
		return string(code)
	}
	var out strings.Builder
	for _, r := range norm.NFKC.String(string(code)) {
		switch {
		case r < utf8.RuneSelf:
			out.WriteRune(r)
		case ignorable(r):
		case lookalikes[r] != 0:
			out.WriteByte(lookalikes[r])
		case unicode.Is(unicode.Pd, r), r == '−':
			out.WriteByte('-')
		case unicode.Is(unicode.Z, r):
			out.WriteByte(' ')
		case unicode.Is(unicode.Nd, r):
			n := byte('0')
			for r > 0 && n < '9' && unicode.Is(unicode.Nd, r-1) {
				r, n = r-1, n+1
			}
			out.WriteByte(n)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func isASCII(s []byte) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// ignorable reports whether a character is not to be seen (Unicode,
// Default_Ignorable_Code_Point): a word goes on across it.
func ignorable(r rune) bool {
	switch {
	case r < 0x34F:
		return r == 0xAD
	case r < 0x2000:
		return r == 0x34F || r == 0x61C || r == 0x115F || r == 0x1160 || r == 0x17B4 || r == 0x17B5 || r >= 0x180B && r <= 0x180F
	case r < 0x2070:
		return r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060
	}
	return r == 0x3164 || r >= 0xFE00 && r <= 0xFE0F || r == 0xFEFF || r == 0xFFA0 || r >= 0xFFF0 && r <= 0xFFF8 ||
		r >= 0x1BCA0 && r <= 0x1BCA3 || r >= 0x1D173 && r <= 0x1D17A || r >= 0xE0000 && r <= 0xE0FFF
}

// lookalikes are letters of other scripts by the Latin letter that they look like.
var lookalikes = func() map[rune]byte {
	m := map[rune]byte{}
	for plain, list := range map[byte]string{
		'a': "АаΑ", 'b': "ВвΒ", 'c': "СсϹϲ", 'd': "Ԁԁ", 'e': "ЕеΕ", 'g': "Ԍԍ", 'h': "НнҺһΗ", 'i': "ІіΙιӀӏ", 'j': "ЈјͿϳ", 'k': "КкΚ",
		'm': "МмΜ", 'n': "ΝՈո", 'o': "ОоΟοՕօ", 'p': "РрΡ", 'q': "Ԛԛ", 's': "Ѕѕ", 't': "ТтΤ", 'u': "Սս", 'v': "Ѵѵ", 'w': "Ԝԝ", 'x': "ХхΧ",
		'y': "УуΥҮү", 'z': "Ζ",
	} {
		for _, r := range list {
			m[r] = plain
		}
	}
	return m
}()

// oddLetter writes a letter that is none of Latin script's usual ones as it is in a
// word: "" for nothing, " " for what parts words. A word of mixed scripts, and
// one half of whose letters are raised, cannot be relied on to be read: odd.
func oddLetter(r rune, text []byte, at int, out []byte) (plain string, odd bool) {
	switch {
	case ignorable(r):
		return "", false
	case r >= 0x2010 && r <= 0x205F:
		return " ", false
	case r >= 0xFF10 && r <= 0xFF19:
		return "0123456789"[r-0xFF10 : r-0xFF10+1], false
	case r >= 0x1D7CE && r <= 0x1D7FF:
		at := (r - 0x1D7CE) % 10
		return "0123456789"[at : at+1], false
	case unicode.Is(unicode.Mn, r):
		return "", false
	}
	if decomposed := decomposition(r); decomposed != "" {
		if !raised(r) {
			return decomposed, false
		}
		if n := len(out); n > 1 && letter(out[n-1]) && !raisedBefore(text[:at]) {
			return " " + decomposed, true // a footnote's, or the rest of the word
		}
		return decomposed, false
	}
	if !unicode.IsLetter(r) || unicode.Is(unicode.Greek, r) && lookalikes[r] == 0 { // "TNFα" is a word of Latin script
		return " ", false
	}
	if !letter(out[len(out)-1]) && !latinFollows(text[at:]) {
		return " ", false
	}
	if l := lookalikes[r]; l != 0 {
		return string(rune(l)), true
	}
	return " ", true
}

// decomposition is the Latin letters that a character stands for in another
// form (Unicode, compatibility decomposition), "" for none. Of characters for
// several letters only ligatures and numerals are parts of words; ™ is not.
func decomposition(r rune) string {
	var buf [utf8.UTFMax]byte
	d := norm.NFKD.Properties(buf[:utf8.EncodeRune(buf[:], r)]).Decomposition()
	if len(d) == 0 || !letter(d[0]|0x20) {
		return ""
	}
	n := 1
	for n < len(d) && letter(d[n]|0x20) {
		n++
	}
	if n > 1 && !(r >= 0xFB00 && r <= 0xFB06 || r >= 0x2160 && r <= 0x217F) {
		return ""
	}
	return strings.ToLower(string(d[:n]))
}

// raised reports whether a letter stands above or below the line.
func raised(r rune) bool {
	return r >= 0x2B0 && r <= 0x2FF || r >= 0x1D2C && r <= 0x1D6A || r >= 0x1D78 && r <= 0x1DBF || r >= 0x2070 && r <= 0x209C || r == 0x2C7C || r == 0x2C7D
}

func raisedBefore(text []byte) bool {
	before, _ := utf8.DecodeLastRune(text)
	return raised(before)
}

// latinFollows reports whether the word goes on in Latin letters; words are not
// longer than 64.
func latinFollows(text []byte) bool {
	for n := 0; len(text) > 0 && n < 64; n++ {
		r, n := utf8.DecodeRune(text)
		switch {
		case unicode.Is(unicode.Latin, r):
			return true
		case !unicode.IsLetter(r) && !ignorable(r) && !unicode.Is(unicode.Mn, r):
			return false
		}
		text = text[n:]
	}
	return false
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' }
