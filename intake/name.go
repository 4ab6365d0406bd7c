package intake

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/stele-health/stele"
)

// Names are compared as people write them: without case, accents, titles and
// order, with initials, short forms and other spellings, names left out and double
// names. A name in another script cannot be compared.

// nameLikeness is how much two names have in common.
type nameLikeness uint8

const (
	untoldName  nameLikeness = iota // one is missing, a stand-in, or in another script
	sameName                        // nothing speaks against it
	otherSuffix                     // one is Jr., of the other it is not told
	otherMiddle                     // the first given name is one, the second is not
	newborn                         // "Baby girl" and somebody of that family
	otherFamily                     // a family name changes
	otherGiven                      // twins
	otherName                       // in everything
)

func (l nameLikeness) String() string {
	return map[nameLikeness]string{otherSuffix: "another suffix", otherMiddle: "another middle name", newborn: "another name, one of them a newborn's", otherFamily: "another family name",
		otherGiven: "another given name", otherName: "another name"}[l]
}

// fullName writes a HumanName in one line that tells its parts apart.
func fullName(family string, given, suffix []string) string {
	plain := func(s string) string { return strings.Join(strings.Fields(strings.ReplaceAll(s, ",", " ")), " ") }
	family = strings.TrimSpace(plain(family) + " " + plain(strings.Join(suffix, " ")))
	first := plain(strings.Join(given, " "))
	switch {
	case first == "":
		return family
	case family == "":
		return first
	}
	return family + ", " + first
}

// What is compared of a name, and how many names of a person: a file may bring any.
const (
	maxNameBytes = 512
	maxNameWords = 16
	maxNames     = 16
)

// Names reports whether a text names somebody: there is a word in it that is no title, and
// not all of them stand where no name is known.
func Names(text string) bool {
	words := parseName(text).words
	return len(words) > 0 && !slices.Contains(noNames, strings.Join(words, "")) // N. N.
}

// parsedName is a name in words.
type parsedName struct {
	words         []string // all of them, but titles and suffixes
	given, family []string // nil where they are not told apart
	generation    int      // 1 is Sr., 2 Jr.; 0 when it is not told
	script        string
	infant        *infant // of "Baby girl"; nil of who has a name
}

func parseName(text string) (n parsedName) {
	if len(text) > maxNameBytes {
		text = text[:maxNameBytes]
	}
	before, after, comma := strings.Cut(text, ",")
	keep := func(words []string) (kept []string) {
		for i, w := range words {
			last := len(kept) - 1
			switch generation, is := generations[w]; {
			case is && i > 0: // before a name, Sr. is Señor
				n.generation = generation
			case is || slices.Contains(titles, w):
			case last >= 0 && slices.Contains(halves, kept[last]): // Abd al-Aziz and Abd al-Rahman
				kept[last] += w
			default:
				kept = append(kept, w)
			}
		}
		return kept
	}
	n.family, n.given = keep(words(before)), keep(words(after))
	n.family, n.given = n.family[:min(len(n.family), maxNameWords)], n.given[:min(len(n.given), maxNameWords)]
	n.words = append(slices.Clone(n.given), n.family...)
	if !comma || len(n.family) == 0 || len(n.given) == 0 {
		n.family, n.given = nil, nil
	}
	if !slices.ContainsFunc(n.words, func(w string) bool { return !slices.Contains(noNames, w) }) {
		return parsedName{} // "Unknown, Unknown"
	}
	if n.given != nil {
		n.infant = readInfant(n.given, n.family)
	} else { // the family may stand first where the order is not told
		n.infant = readInfant(n.words, nil)
	}
	n.script = scriptOf(n.words)
	return n
}

// against compares two names.
func (n parsedName) against(o parsedName) nameLikeness {
	switch {
	case len(n.words) == 0 || len(o.words) == 0 || n.script != o.script:
		return untoldName
	case (n.infant == nil) != (o.infant == nil):
		if slices.ContainsFunc(n.words, func(w string) bool { return slices.ContainsFunc(o.words, func(v string) bool { return oneWord(w, v) }) }) {
			return newborn
		}
		return otherName
	case n.infant != nil:
		return n.infant.against(o.infant)
	case len(n.words) <= len(o.words) && within(n.words, o.words), len(o.words) <= len(n.words) && within(o.words, n.words), n.joined(o):
		return n.bySuffix(o)
	}
	given, family, oGiven, oFamily := n.apart(o)
	switch sameFamily, sameGiven := shares(family, oFamily), firstShared(given, oGiven); {
	case sameFamily && sameGiven && len(given) > 1 && len(oGiven) > 1 && !firstShared(given[1:], oGiven) && !firstShared(oGiven[1:], given):
		return max(n.bySuffix(o), otherMiddle)
	case sameFamily && (sameGiven || len(given) == 0 || len(oGiven) == 0):
		return n.bySuffix(o)
	case sameGiven && n.family == nil && o.family == nil:
		return otherName // which part is the family's is not told
	case sameGiven:
		return otherFamily
	case sameFamily:
		return otherGiven
	case firstShared(given, oFamily) && firstShared(family, oGiven): // in the wrong fields
		return n.bySuffix(o)
	}
	return otherName
}

// key is the same for two names of the same words, in whatever order; "" of no name.
func (n parsedName) key() string {
	if len(n.words) == 0 {
		return ""
	}
	return fmt.Sprint(slices.Sorted(slices.Values(n.words)), n.generation)
}

// same reports whether two names are written the same, but for case, accents, titles
// and order.
func (n parsedName) same(o parsedName) bool { return len(n.words) > 0 && n.key() == o.key() }

func (n parsedName) bySuffix(o parsedName) nameLikeness {
	switch {
	case n.generation == o.generation:
		return sameName
	case n.generation == 0 || o.generation == 0:
		return otherSuffix
	}
	return otherGiven
}

// joined reports whether two names are one where nothing stands between the words,
// as it does not in Chinese.
func (n parsedName) joined(o parsedName) bool {
	all := func(n parsedName) []string {
		return []string{strings.Join(n.words, ""), strings.Join(n.family, "") + strings.Join(n.given, "")}
	}
	for _, x := range all(n) {
		if x != "" && slices.Contains(all(o), x) {
			return true
		}
	}
	return false
}

// apart returns the given and the family names of both. Where one does not tell
// them apart the other's family name does, and else the last word is it.
func (n parsedName) apart(o parsedName) (given, family, oGiven, oFamily []string) {
	split := func(words, like []string) (given, family []string) {
		for _, w := range words {
			if slices.ContainsFunc(like, func(v string) bool { return oneWord(w, v) }) {
				family = append(family, w)
			} else {
				given = append(given, w)
			}
		}
		if len(family) == 0 && len(words) > 1 {
			given, family = words[:len(words)-1], words[len(words)-1:]
		}
		return given, family
	}
	switch {
	case n.family != nil && o.family != nil:
		return n.given, n.family, o.given, o.family
	case n.family != nil:
		oGiven, oFamily = split(o.words, n.family)
		return n.given, n.family, oGiven, oFamily
	case o.family != nil:
		given, family = split(n.words, o.family)
		return given, family, o.given, o.family
	}
	given, family = split(n.words, nil)
	oGiven, oFamily = split(o.words, nil)
	return given, family, oGiven, oFamily
}

// within reports whether a name holds nothing that the other lacks: "A. Alvar" is
// "Ana Maria Alvar".
func within(p, q []string) bool {
	left := slices.Clone(q)
	matched := 0 // by more than an initial
	for _, w := range p {
		i := slices.IndexFunc(left, func(v string) bool { return oneWord(v, w) })
		if i >= 0 {
			matched++
		} else if i = slices.IndexFunc(left, func(v string) bool { return initial(v, w) || initial(w, v) }); i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return matched > 0
}

// shares reports whether two have a word in common that is more than a particle.
func shares(p, q []string) bool {
	return slices.ContainsFunc(p, func(w string) bool {
		return slices.ContainsFunc(q, func(v string) bool {
			return !slices.Contains(particles, v) && !slices.Contains(particles, w) && (oneWord(v, w) || initial(v, w) || initial(w, v))
		})
	})
}

// firstShared reports whether the first given name of one is among the other's:
// twins may share the second one, and in Arabic their father's name.
func firstShared(p, q []string) bool {
	of := func(p, q []string) bool {
		return len(p) > 0 && slices.ContainsFunc(q, func(v string) bool { return oneGiven(p[0], v) })
	}
	return of(p, q) || of(q, p)
}

// oneGiven reports whether two are forms of one given name.
func oneGiven(a, b string) bool {
	if len([]rune(a)) > len([]rune(b)) {
		a, b = b, a
	}
	short := len([]rune(a)) >= 3 && strings.HasPrefix(b, a) || initial(a, b)
	return short || oneWord(a, b) || slices.ContainsFunc(nicknames, func(n []string) bool { return slices.Contains(n, a) && slices.Contains(n, b) })
}

// oneWord reports whether two words are spellings of one: Anna and Ana, Sofia and
// Sophia, Müller and Mueller.
func oneWord(a, b string) bool { return a == b || sound(a) == sound(b) }

func sound(w string) string {
	var out []rune
	for _, r := range spellings.Replace(strings.TrimPrefix(w, "ال")) {
		if len(out) == 0 || out[len(out)-1] != r {
			out = append(out, r)
		}
	}
	return string(out)
}

var spellings = strings.NewReplacer("abdul", "abdal", "abdel", "abdal", "ae", "a", "oe", "o", "ue", "u", "ph", "f", "th", "t", "ck", "k", "c", "k", "y", "i", "w", "v", "ة", "ه", "ى", "ي")

func initial(short, long string) bool {
	return len([]rune(short)) == 1 && strings.HasPrefix(long, short)
}

// words splits a name into words without case and accents.
func words(name string) []string {
	return strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'':
			return -1
		case unicode.IsLetter(r) || unicode.Is(unicode.Mc, r) || unicode.IsDigit(r):
			return r
		}
		return ' '
	}, stele.Fold(name)))
}

// scriptOf is the script of the first letter. Han and Kana write one name twice.
func scriptOf(words []string) string {
	for _, w := range words {
		for _, r := range w {
			for _, s := range scripts {
				if unicode.Is(s.table, r) {
					return s.name
				}
			}
		}
	}
	return ""
}

var scripts = []struct {
	name  string
	table *unicode.RangeTable
}{
	{"latin", unicode.Latin}, {"cyrillic", unicode.Cyrillic}, {"greek", unicode.Greek}, {"arabic", unicode.Arabic}, {"hebrew", unicode.Hebrew},
	{"han", unicode.Han}, {"kana", unicode.Hiragana}, {"kana", unicode.Katakana}, {"hangul", unicode.Hangul}, {"devanagari", unicode.Devanagari},
	{"bengali", unicode.Bengali}, {"tamil", unicode.Tamil}, {"thai", unicode.Thai}, {"armenian", unicode.Armenian}, {"georgian", unicode.Georgian},
	{"ethiopic", unicode.Ethiopic},
}

var (
	titles      = []string{"mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "phd", "md"}
	generations = map[string]int{"sr": 1, "senior": 1, "jr": 2, "junior": 2, "ii": 2, "iii": 3, "iv": 4}
	halves      = []string{"abd", "abdal", "abdel", "abdul", "عبد", "عبدال"}
	particles   = []string{"de", "da", "do", "dos", "del", "di", "du", "la", "le", "van", "von", "der", "den", "ten", "ter", "zu", "af", "av", "bin", "ibn", "ben", "bint", "abu", "al", "el", "y", "e", "st", "san", "mc", "mac", "o"}
	// noNames stand where no name is known.
	noNames = []string{"unknown", "unbekannt", "anonymous", "anonym", "inconnu", "desconocido", "sconosciuto", "onbekend", "noname", "na", "none", "null", "nn", "xxx", "redacted", "patient", "name", "not", "known", "given", "no"}
	// nicknames that are no beginnings of the name.
	nicknames = [][]string{
		{"robert", "bob", "bobby"}, {"william", "bill", "billy", "liam"}, {"richard", "dick", "rick", "ricky"}, {"edward", "ted", "ned", "eddie", "teddy"},
		{"john", "jack", "johnny"}, {"james", "jim", "jimmy"}, {"charles", "chuck", "charlie"}, {"henry", "hank", "harry"}, {"anthony", "tony"},
		{"antonio", "toni", "tonio", "tony"}, {"michael", "mike", "mick", "micky"}, {"joseph", "joe", "joey"}, {"jose", "pepe"}, {"francisco", "paco", "pancho"},
		{"margaret", "peggy", "maggie", "meg", "greta", "rita"}, {"margarete", "grete", "gretel"}, {"elizabeth", "elisabeth", "liz", "lizzie", "beth", "betty", "betsy", "lisa", "sissi", "elsa", "bess"},
		{"katherine", "catherine", "kate", "katie", "kathy", "cathy", "kitty", "katja"}, {"mary", "molly", "polly"}, {"sarah", "sally"}, {"susan", "susie", "suzy"},
		{"dorothy", "dolly", "dot", "dora"}, {"ann", "nancy", "nan"}, {"helen", "nell", "ellen"}, {"eleanor", "nell", "nora"}, {"alexander", "sascha", "sasha", "sandro", "xander"},
		{"alexandra", "sandra", "sascha", "sasha"}, {"johannes", "hans", "jan", "hannes"}, {"friedrich", "fritz"}, {"heinrich", "heinz", "heiner"}, {"magdalena", "lena", "leni"},
		{"helena", "lena", "leni"}, {"josef", "sepp"}, {"theodor", "theo"}, {"aleksandr", "sasha"}, {"mikhail", "misha"}, {"ekaterina", "katya"}, {"giuseppe", "beppe"},
		{"mohammed", "mohamed", "mohammad", "muhammad", "muhammed", "mehmet", "mohd"}, {"ahmed", "ahmad"}, {"hussein", "husain", "hussain"}, {"yusuf", "youssef", "yousef"},
		{"jennifer", "jenny"}, {"deborah", "debbie"}, {"matthew", "matt"}, {"andrew", "drew"}, {"stephen", "steven", "steve"}, {"lawrence", "larry"}, {"barbara", "babs", "bärbel"},
	}
)
