package stele

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxName is how long a name may be, in bytes of UTF-8.
const MaxName = 120

const (
	mostDigits = 8 // in a name: fewer than a fingerprint, a number of a patient or a phone shows
	mostMarks  = 4 // on one letter (UTS 39 §5.4)
)

// nameMarks is the punctuation of names. Nothing in it opens a sentence, a list
// or a path of its own.
const nameMarks = "'’-–.,&()/·・־׳״"

// CheckName fails with KindInvalid for a text that is not fit to be shown as
// somebody's name: a person's, an organisation's, a member's. what says whose, for
// the sentence. The rule is checked wherever a name from elsewhere is read, so that
// no screen has to be careful with one:
//
//   - letters, marks, digits, single spaces, and ' ’ - – . , & ( ) / ·
//   - in Unicode's composed form (NFC), 1 to 120 bytes, one letter at least,
//     beginning with a letter or digit
//   - letters of one script, or the mixtures in which Japanese, Chinese and Korean
//     are written (UTS 39, "highly restrictive"), of scripts in daily use; without
//     Lisu and Cherokee, whose letters are Latin's to the eye
//   - digits of one script and at most 8, so that no name holds a fingerprint
//   - joiners (ZWJ, ZWNJ) only between letters of scripts that write words with them
//
// The sentence names a wrong character by its code: it does not show it.
func CheckName(what, name string) error {
	bad := func(text string) error {
		return E("check name", KindInvalid, what+" "+text, nil).
			WithHint("a name is letters, digits, spaces and ' - . , & ( ) /, as one writes it on a door")
	}
	switch {
	case name == "":
		return bad("is missing")
	case len(name) > MaxName:
		return bad(fmt.Sprintf("is longer than %d bytes", MaxName))
	case !utf8.ValidString(name):
		return bad("is not text")
	case !norm.NFC.IsNormalString(name):
		return bad("is not in Unicode's composed form (NFC)")
	case strings.HasPrefix(name, " ") || strings.HasSuffix(name, " ") || strings.Contains(name, "  "):
		return bad("has a space too many")
	}
	if text := misspelt([]rune(name)); text != "" {
		return bad(text)
	}
	return nil
}

// misspelt says what is wrong with the runes of a name, "" for nothing.
func misspelt(runes []rune) string {
	var scripts []string
	letters, digits, marks, zero := 0, 0, 0, rune(0)
	for i, r := range runes {
		code := code(r)
		before := rune(' ')
		if i > 0 {
			before = runes[i-1]
		}
		if unicode.IsMark(r) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case r == ' ':
		case strings.ContainsRune(nameMarks, r):
			if i == 0 {
				return "begins with " + code.String()
			}
			if r == before {
				return "has " + code.String() + " twice"
			}
		case r == zwj || r == zwnj:
			if i+1 == len(runes) || !joins(before) || !joins(runes[i+1]) {
				return "holds the character " + code.String() + " where no word needs it"
			}
		case unicode.Is(unicode.Nd, r):
			for r0 := r; ; r0-- { // digits of a script stand together, from 0 on
				if !unicode.Is(unicode.Nd, r0-1) || r-r0 == 9 {
					if zero != 0 && zero != r0 {
						return "has digits of two scripts"
					}
					zero = r0
					break
				}
			}
			if digits++; digits > mostDigits {
				return fmt.Sprintf("has more than %d digits", mostDigits)
			}
		case unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r):
			script := scriptOf(r)
			if script == "" || unseen(r) || compatible(r) {
				return "holds the character " + code.String()
			}
			if unicode.IsMark(r) {
				if !unicode.IsLetter(before) && !unicode.IsMark(before) && before != zwj && before != zwnj || marks > mostMarks || r == before {
					return "holds the mark " + code.String() + " where no letter carries it"
				}
			} else {
				letters++
			}
			if script != anyScript && !slices.Contains(scripts, script) {
				scripts = append(scripts, script)
			}
		default:
			return "holds the character " + code.String()
		}
	}
	if letters == 0 {
		return "has no letter"
	}
	if !together(scripts) {
		slices.Sort(scripts)
		return "mixes letters of " + strings.Join(scripts, " and ")
	}
	return ""
}

// code is a rune that is named rather than shown.
type code rune

func (c code) String() string { return fmt.Sprintf("U+%04X", rune(c)) }

// CheckCard fails with KindInvalid for what a card may not say of its holder: a name
// that is none, an unknown kind, a role or a kind of facility that is no code. A
// practitioner's name says nowhere: where is the card's other line.
func CheckCard(name, kind, role, facility string) error {
	if err := CheckName("the name on the card", name); err != nil {
		return err
	}
	if !slices.Contains([]string{"patient", "practitioner", "organisation"}, kind) {
		return E("check card", KindInvalid, "the card's kind is neither patient, practitioner nor organisation", nil)
	}
	if kind != "organisation" && strings.Contains(strings.ToLower(name), " at ") {
		return E("check card", KindInvalid, "the name on the card says where somebody works, and the card has a place for that", nil).
			WithHint("leave out what stands from “at” on")
	}
	if role != "" {
		if err := CheckCode("the role on the card", role); err != nil {
			return err
		}
	}
	if facility != "" {
		return CheckCode("the kind of facility on the card", facility)
	}
	return nil
}

// CheckCode fails with KindInvalid for a text that is no code: of a kind, a role,
// a kind of facility.
func CheckCode(what, code string) error {
	ok := len(code) >= 1 && len(code) <= 40
	for i, r := range code {
		ok = ok && (r >= 'a' && r <= 'z' || i > 0 && (r >= '0' && r <= '9' || r == '-'))
	}
	if !ok {
		return E("check code", KindInvalid, what+" is not a code of 1 to 40 small letters, digits and dashes", nil).
			WithHint("such as hospital or family-doctor")
	}
	return nil
}

// CheckChain fails with KindInvalid for a text that is no chain id: 1 to 50 letters,
// digits, dashes, dots and underscores.
func CheckChain(chain string) error {
	ok := len(chain) >= 1 && len(chain) <= 50
	for _, r := range chain {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_')
	}
	if !ok {
		return E("check chain id", KindInvalid, "a chain id has 1 to 50 letters, digits, dashes and dots", nil)
	}
	return nil
}

// memberKinds are what a member may be.
var memberKinds = []string{"hospital", "clinic", "laboratory", "pharmacy", "patients", "other"}

// MemberKinds lists what a member may be.
func MemberKinds() []string { return slices.Clone(memberKinds) }

// CheckMemberKind fails with KindInvalid for what no member can be.
func CheckMemberKind(kind string) error {
	if !slices.Contains(memberKinds, kind) {
		return E("check kind", KindInvalid, "there is no such kind of member", nil).WithHint("the kinds are " + strings.Join(memberKinds, ", "))
	}
	return nil
}

// CertifiesDeath reports whether members of a kind say of people that they have died.
func CertifiesDeath(kind string) bool { return kind == "hospital" || kind == "clinic" }

// The joiners: words of some scripts are not written without them.
const (
	zwnj = '\u200c'
	zwj  = '\u200d'
)

// anyScript stands for letters and marks that go with every script.
const anyScript = "any"

// nameScripts are the scripts of names: those of UTS 31's "recommended" and a few
// of its "limited use" that are in daily use and look like no other. The first are
// the likeliest.
var nameScripts = []string{
	"Latin", "Cyrillic", "Greek", "Arabic", "Han", "Hangul", "Hiragana", "Katakana", "Hebrew", "Devanagari", "Bengali", "Thai",
	"Armenian", "Bopomofo", "Ethiopic", "Georgian", "Gujarati", "Gurmukhi", "Kannada", "Khmer", "Lao", "Malayalam", "Myanmar",
	"Oriya", "Sinhala", "Tamil", "Telugu", "Thaana", "Tibetan",
	"Adlam", "Canadian_Aboriginal", "Chakma", "Javanese", "Meetei_Mayek", "Mongolian", "Nko", "Ol_Chiki", "Syriac", "Tifinagh", "Yi",
}

// scriptOf returns a letter's or mark's script, anyScript, or "" for none of a
// name's.
func scriptOf(r rune) string {
	switch {
	case r < utf8.RuneSelf:
		return "Latin"
	case r == 'ʻ' || r == 'ʼ' || r == 'ー': // Hawaiian, Breton; Japanese in both its scripts
		return anyScript
	case r >= 0x0335 && r <= 0x0338: // strokes through a letter make it another
		return ""
	}
	for _, s := range nameScripts {
		if unicode.Is(unicode.Scripts[s], r) {
			return s
		}
	}
	if unicode.Is(unicode.Inherited, r) {
		return anyScript
	}
	return ""
}

// together reports whether one name may have letters of all these scripts.
func together(scripts []string) bool {
	if len(scripts) < 2 {
		return true
	}
	for _, mixture := range [][]string{
		{"Latin", "Han", "Hiragana", "Katakana"}, {"Latin", "Han", "Bopomofo"}, {"Latin", "Han", "Hangul"},
	} {
		if !slices.ContainsFunc(scripts, func(s string) bool { return !slices.Contains(mixture, s) }) {
			return true
		}
	}
	return false
}

// unseen reports whether a letter or mark shows nothing by itself.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// compatible reports whether a rune is another way to write others (ﬁ, Ａ, ℵ); some
// Thai and Lao vowels are so by form only.
func compatible(r rune) bool {
	return r >= utf8.RuneSelf && !norm.NFKC.IsNormalString(string(r)) && norm.NFC.IsNormalString(string(r)) &&
		r != 'ำ' && r != 'ຳ' && r != 'ໜ' && r != 'ໝ'
}

// joins reports whether a rune is of a script that writes words with joiners.
func joins(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsMark(r)) && r >= 0x0600 && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Han,
		unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Inherited)
}
