package strength

import (
	"slices"
	"strings"
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
	look = plain(look)
	known = plainAll(known)
	if once := single(look); once != look && zxcvbn.PasswordStrength(once, words(known)).Guesses < Floor {
		return stele.E(op, stele.KindUsage, "the passphrase is too easy to guess: it repeats itself", nil).WithHint(advice)
	}
	// Names that a thief knows count for nothing, however many stand in a row.
	rest := without(look, words(known))
	if rest != look && zxcvbn.PasswordStrength(rest, nil).Guesses < Floor/1e3 {
		return stele.E(op, stele.KindUsage, "the passphrase is too easy to guess: it holds a name that belongs to this wallet", nil).WithHint(advice)
	}
	got := zxcvbn.PasswordStrength(look, words(known))
	if got.Guesses >= Floor {
		return nil
	}
	return stele.E(op, stele.KindUsage, "the passphrase is too easy to guess: "+why(got.Sequence, utf8.RuneCountInString(passphrase)), nil).WithHint(advice)
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

func plainAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = plain(t)
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

// without takes known words, and the spaces about them, out of a text.
func without(text string, known []string) string {
	out := strings.ToLower(text)
	for _, k := range known {
		if k = strings.ToLower(k); utf8.RuneCountInString(k) >= 3 {
			out = strings.ReplaceAll(out, k, " ")
		}
	}
	if out == strings.ToLower(text) {
		return text
	}
	return strings.Join(strings.Fields(out), " ")
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
