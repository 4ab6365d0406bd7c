package stele

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold returns a text as searches compare it: small letters without accents, so
// that "Sule" finds "Şule" and "Isik" finds "Işık". Vowel signs that make another
// letter of it (of Indian scripts, say) stay.
func Fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case accent(r) || unicode.Is(unicode.Cf, r):
		case r == '’' || r == '׳' || r == 'ʻ' || r == 'ʼ':
			b.WriteByte('\'')
		default:
			r = unicode.ToLower(r)
			if plain, ok := plainLetters[r]; ok {
				b.WriteString(plain)
			} else {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// accent reports whether a mark decorates a letter of an alphabet that is searched
// without it.
func accent(r rune) bool {
	return unicode.Is(unicode.Mn, r) && unicode.In(r, unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew)
}

// plainLetters are letters that Unicode takes apart no further, as they are typed
// on a keyboard that lacks them.
var plainLetters = map[rune]string{
	'ı': "i", 'ł': "l", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th", 'ß': "ss", 'æ': "ae", 'œ': "oe", 'ħ': "h", 'ŧ': "t", 'ŋ': "n", 'ə': "e", 'ς': "σ", 'ё': "е",
}

// NameKey returns what two names have in common that the eye, or the ear, takes for
// one another: accents, case, spaces and punctuation count for nothing, and letters
// and digits that look alike (а and a, 0 and O, 1 and l, rn and m) are one. Two
// members may not have one key, and nobody may bear a member's.
func NameKey(name string) string {
	var b strings.Builder
	for _, r := range Fold(name) {
		if like, ok := lookAlikes[r]; ok {
			r = like
		}
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("rn", "m", "vv", "w").Replace(b.String())
}

// TakenName reports whether somebody bears the name of a member who is not they, or
// one that looks like it.
func TakenName(members map[Subject]string, who []byte, name string) bool {
	key := NameKey(name)
	for subject, taken := range members {
		if string(subject[:]) != string(who) && taken != "" && NameKey(taken) == key {
			return true
		}
	}
	return false
}

// lookAlikes are small letters and digits (Fold made them so) that are Latin's to
// the eye, in their small or their capital form.
var lookAlikes = map[rune]rune{
	'0': 'o', '1': 'i', 'l': 'i', // I, l and 1
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'һ': 'h', 'н': 'h', 'і': 'i', 'ј': 'j', 'к': 'k', 'ӏ': 'i', 'м': 'm', 'о': 'o', 'р': 'p', 'ԛ': 'q', 'ѕ': 's', 'т': 't',
	'у': 'y', 'ү': 'y', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x',
	'α': 'a', 'β': 'b', 'ε': 'e', 'ζ': 'z', 'η': 'h', 'ι': 'i', 'κ': 'k', 'μ': 'm', 'ν': 'n', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'y', 'χ': 'x',
	'օ': 'o', 'ո': 'n', 'ս': 'u', 'հ': 'h',
}

// Near returns those of names that a misspelt query may have meant, the nearest
// first and at most three: a word of the name differs from the query, or all of it,
// in a letter or two.
func Near(query string, names []string) []string {
	want := Fold(query)
	best := map[string]int{}
	for _, name := range names {
		folded := Fold(name)
		for _, part := range append(strings.Fields(folded), folded) {
			most := min(2, len([]rune(want))/3)
			if d := distance(want, part); d <= most {
				if old, ok := best[name]; !ok || d < old {
					best[name] = d
				}
			}
		}
	}
	var near []string
	for d := range 3 {
		for _, name := range names { // in their order: the same answer each time
			if at, ok := best[name]; ok && at == d && len(near) < 3 {
				near = append(near, name)
				delete(best, name)
			}
		}
	}
	return near
}

// distance is how many letters have to be changed, left out or put in, or change places
// with the next.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var before, last []int // the two rows above
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before, last, row = last, row, make([]int, len(y)+1)
		row[0] = i + 1
		for j := range y {
			change := last[j]
			if x[i] != y[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(y)]
}
