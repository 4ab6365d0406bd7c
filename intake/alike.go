package intake

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Demographics are what is known of a person beside numbers.
type Demographics struct {
	Names []string // each in one line, in any order: "Ana Alvar", "Alvar, Ana M."
	Born  string   // FHIR date, perhaps partial
	Sex   string   // FHIR administrative gender
}

// Contradicts says in a few words what speaks against two being one person; ""
// when nothing does. It takes two things: another name, and another birth date
// or sex. Case, accents, order, initials and names left out are no other name;
// nor is one in another script, which cannot be compared. A maiden name is, but
// a birth date stays.
func (d Demographics) Contradicts(o Demographics) string {
	if !otherName(d.Names, o.Names) {
		return ""
	}
	switch {
	case otherDate(d.Born, o.Born):
		return fmt.Sprintf("another name and another birth date (%s, %s)", d.Born, o.Born)
	case d.Sex != o.Sex && maleOrFemale(d.Sex) && maleOrFemale(o.Sex):
		return "another name and another sex"
	}
	return ""
}

func maleOrFemale(sex string) bool { return sex == "male" || sex == "female" }

// otherDate compares as far as both are told.
func otherDate(a, b string) bool {
	n := min(len(a), len(b))
	return n >= 4 && a[:n] != b[:n]
}

// otherName reports whether no name of one can be one of the other's.
func otherName(a, b []string) bool {
	compared := false
	for _, x := range a {
		for _, y := range b {
			p, q := words(x), words(y)
			if len(p) == 0 || len(q) == 0 || latin(p) != latin(q) {
				continue
			}
			if compared = true; sameName(p, q) {
				return false
			}
		}
	}
	return compared
}

// sameName reports whether one of two names holds nothing that the other lacks:
// "A. Alvar" is "Ana Maria Alvar".
func sameName(p, q []string) bool {
	return len(p) <= len(q) && within(p, q) || len(q) <= len(p) && within(q, p)
}

func within(p, q []string) bool {
	left := slices.Clone(q)
	matched := 0 // by more than an initial
	for _, w := range p {
		i := slices.Index(left, w)
		if i >= 0 {
			matched++
		} else if i = slices.IndexFunc(left, func(v string) bool { return initial(v, w) || initial(w, v) }); i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return matched > 0
}

func initial(short, long string) bool {
	return len([]rune(short)) == 1 && strings.HasPrefix(long, short)
}

// words splits a name into words without case and accents; titles say nothing.
func words(name string) []string {
	folded := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’':
			return -1
		case unicode.IsLetter(r) || unicode.Is(unicode.Mc, r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKD.String(name))
	out := strings.Fields(plainLetters.Replace(folded))
	return slices.DeleteFunc(out, func(w string) bool { return slices.Contains(titles, w) })
}

// plainLetters are those that do not come apart into a letter and an accent.
var plainLetters = strings.NewReplacer("ß", "ss", "ı", "i", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "æ", "ae", "œ", "oe")

var titles = []string{"mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "jr", "sr", "ii", "iii", "phd", "md"}

func latin(words []string) bool {
	for _, w := range words {
		for _, r := range w {
			if unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) {
				return false
			}
		}
	}
	return true
}
