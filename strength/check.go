package strength

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"github.com/trustelem/zxcvbn/match"

	"github.com/stele-health/stele"
)

// Floor is how many guesses a passphrase must be worth. With the work that a
// wallet file asks for (age's scrypt, about a second each) 10^10 guesses are three
// centuries of one processor, and out of reach for most who have thousands.
const Floor = 1e10

// longest is how much of a passphrase is looked at: the estimate takes time with
// the square of it, and what is longer is strong by then or a repetition.
const longest = 128

// Check reports whether a passphrase is worth at least Floor guesses. known are
// words that a thief of this wallet knows: its name, its owner's. It fails with
// KindUsage, says why, and repeats nothing.
func Check(passphrase string, known ...string) error {
	const op = "check passphrase"
	if passphrase == "" {
		return stele.E(op, stele.KindUsage, "the passphrase is empty", nil).WithHint(advice)
	}
	if !utf8.ValidString(passphrase) {
		return stele.E(op, stele.KindUsage, "the passphrase is not a text in UTF-8", nil).WithHint(advice)
	}
	look := passphrase
	if len(look) > longest {
		look = strings.ToValidUTF8(look[:longest], "")
	}
	length := utf8.RuneCountInString(passphrase)
	known = words(append(plainAll(plain, known), plainAll(keys, known)...))
	for _, read := range []func(string) string{plain, keys} {
		if reason := weakness(read(look), known, length); reason != "" {
			return stele.E(op, stele.KindUsage, "the passphrase is too easy to guess: "+reason, nil).WithHint(advice)
		}
	}
	return nil
}

// weakness says why a text is worth less than Floor; "" if it is not.
func weakness(look string, known []string, length int) string {
	if once := single(look); once != look && weakness(once, known, length) != "" {
		return "it repeats itself"
	}
	got := zxcvbn.PasswordStrength(look, known)
	// Names that a thief knows count for nothing, however many stand in a row.
	if rest := without(look, known); rest != look && zxcvbn.PasswordStrength(rest, nil).Guesses < Floor/1e3 {
		return "it holds a name that belongs to this wallet"
	}
	if got.Guesses >= Floor {
		return ""
	}
	return why(got.Sequence, length)
}

// plain writes one ASCII character for each letter of any script. The estimate counts
// bytes, and would take a letter for two or three, and its repetition for none.
func plain(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		switch folded := stele.Fold(string(r)); {
		case len(folded) == 1 && folded[0] < utf8.RuneSelf:
			b.WriteString(folded)
		default:
			b.WriteByte('a' + byte(r%26))
		}
	}
	return b.String()
}

// layouts are what the keys of other scripts' keyboards type, row for row, and what the
// same keys type on an English one.
var layouts = [][2]string{
	{"йцукенгшщзхъфывапролджэячсмитьбюёіїєґў", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`s]'`o"},
	{"ςερτυθιοπασδφγηξκλζχψωβνμ", "wertyuiopasdfghjklzxcvbnm"},
	{"קראטוןםפשדגכעיחלךףזסבהנמצתץ", "ertyuiopasdfghjkl;zxcvbnm,."},
	{"ضصثقفغعهخحجدشسيبلاتنمكطئءؤرىةوزظ", "qwertyuiop[]asdfghjkl;'zxcvnm,./"},
}

// keys writes a text as its keys would type it in English: a walk over the keys is one
// on every keyboard, and much-used passwords are typed on the wrong one.
func keys(text string) string {
	return plain(strings.Map(func(r rune) rune {
		for _, l := range layouts {
			if before, _, ok := strings.Cut(l[0], string(unicode.ToLower(r))); ok {
				return rune(l[1][utf8.RuneCountInString(before)])
			}
		}
		return r
	}, text))
}

func plainAll(read func(string) string, texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = read(t)
	}
	return out
}

// single writes each word once: a date of birth and a space, twice, is no more than
// a date of birth.
func single(text string) string {
	fields := strings.Fields(text)
	var out []string
	for _, w := range fields {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	if len(out) == len(fields) {
		return text
	}
	return strings.Join(out, " ")
}

const advice = "four or more words that have nothing to do with each other, or a line from a password manager; write it down and keep it where you keep your passport"

// without leaves out of a text what is recognised as a word of this wallet, also backwards
// and with digits for letters.
func without(text string, known []string) string {
	found := false
	var out []string
	for piece := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" ._-,;:/+", r) }) {
		for _, p := range zxcvbn.PasswordStrength(piece, known).Sequence {
			if p.MatchedWord != "" && slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, p.MatchedWord) }) {
				found = true
				continue
			}
			out = append(out, p.Token)
		}
	}
	if !found {
		return text
	}
	return strings.Join(out, " ")
}

// words are the single words of what is known.
func words(known []string) []string {
	var out []string
	for _, k := range known {
		out = append(out, strings.Fields(k)...)
		if len(out) > 32 {
			return out[:32]
		}
	}
	return append(out, "stele")
}

// why says what makes a passphrase weak: the pattern of its longest part.
func why(parts []*match.Match, length int) string {
	var worst *match.Match
	for _, p := range parts {
		if p.Pattern != "bruteforce" && (worst == nil || len(p.Token) > len(worst.Token)) {
			worst = p
		}
	}
	if length < 8 {
		return "it is short"
	}
	if worst == nil {
		return "it is too short for what it is made of"
	}
	switch worst.Pattern {
	case "dictionary":
		switch {
		case worst.DictionaryName == "user_inputs":
			return "it holds a name that belongs to this wallet"
		case worst.DictionaryName == "passwords":
			return "it is built on a password that many people use"
		case strings.Contains(worst.DictionaryName, "name"):
			return "it is built on a name"
		}
		return "it is built on a common word or two"
	case "spatial":
		return "it is a walk over the keyboard"
	case "repeat":
		return "it repeats itself"
	case "sequence":
		return "it is a sequence, like abc or 6543"
	case "date", "regex":
		return "it is built on a date"
	}
	return "it follows a pattern"
}
