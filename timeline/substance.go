package timeline

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// A substance is what a name tells of a medicine: no terminology is here that knows
// more. "Warfarin sodium 5mg tablets" is warfarin, 5 mg, swallowed.
type substance struct {
	words     []string // of what it is made of
	bare      []string // of these, those outside of brackets: a brand or a maker may stand in them
	strengths []string // numbers with their units
	ways      []string // how it gets into the body
}

// units of strengths, and the one way in which they are compared.
var units = map[string]string{
	"mg": "mg", "milligram": "mg", "milligrams": "mg", "g": "g", "gram": "g", "grams": "g", "mcg": "mcg", "ug": "mcg", "µg": "mcg", "μg": "mcg", "microgram": "mcg", "micrograms": "mcg",
	"ml": "ml", "l": "l", "unit": "u", "units": "u", "u": "u", "iu": "u", "ie": "u", "ui": "u", "mmol": "mmol", "meq": "meq",
	"milligramm": "mg", "milligramme": "mg", "milligrammes": "mg", "milligrammi": "mg", "miligramo": "mg", "miligramos": "mg", "mikrogramm": "mcg", "microgramme": "mcg",
	"microgrammes": "mcg", "microgrammi": "mcg", "microgramos": "mcg", "einheiten": "u", "unites": "u", "unidades": "u", "unita": "u", "eenheden": "u",
}

// salts are what a substance is bound to; where there is nothing else, they are it.
var salts = words(`sodium potassium calcium magnesium chloride hydrochloride hcl sulfate sulphate phosphate acetate citrate maleate tartrate
	succinate fumarate mesylate mesilate besylate besilate bromide nitrate carbonate gluconate lactate disodium trihydrate monohydrate anhydrous natrium kalium`)

// boundTo end words that name a substance and its salt in one, as German does, as folded.
var boundTo = strings.Fields("hydrochlorid hydrobromid hemifumarat succinat tartrat sulfat besilat besylat mesilat mesylat maleat fumarat acetat citrat phosphat gluconat carbonat natrium kalium calcium")

// unbound is a word of a name without its salt: Metoprololsuccinat is metoprolol. Where the
// substance is a salt itself, as in Calciumcarbonat, that is its name.
func unbound(w string) string {
	for _, salt := range boundTo {
		if of, is := strings.CutSuffix(w, salt); is && len(of) >= leastOfName && !salts[of] {
			return of
		}
	}
	return w
}

// The words for a form, by its way, and what stands within one in English, German, French,
// Spanish, Italian, Dutch, Portuguese and Turkish, as folded: what is injected is not what
// is swallowed.
var ways = []struct {
	way   string
	words map[string]bool
	parts []string
}{
	{"swallowed", words("tab tabs cap caps oral orally orale po syrup sirup sirop sciroppo jarabe xarope elixir dragee dragees saft fta hkp"),
		strings.Fields("tablet tavolet comprim compress capsul kapsel kapsul gelul")},
	{"injected", words("inj iv im sc intravenous intramuscular subcutaneous intravenos subkutan intramuskular vial depot decanoate lai injvlst infvlst spuit"),
		strings.Fields("inject injek inyec iniet iniez enjek infus infuz perfus ampul ampoul ampol spritz sering siring jering durchstech")},
	{"outside", words("patch patches transdermal cream creme crema krem ointment gel topical eye ear spray colirio collyre collirio oogdruppels"),
		strings.Fields("inhal aerosol nebul vernevel nasal nasen augen ophthalm ophtalm oftalm rectal rektal suppos supos zapfchen zetpil pflaster parche cerott pleister salbe pomad pomat unguent zalf merhem")},
}

// wayOf is the way of a word for a form, "" for another word.
func wayOf(w string) string {
	for _, f := range ways {
		if f.words[w] || slices.ContainsFunc(f.parts, func(p string) bool { return strings.Contains(w, p) }) {
			return f.way
		}
	}
	return ""
}

// mute are the words of a name that tell neither.
var mute = words(`hour hours hr h day dose percent solution suspension liquid drops powder extended modified prolonged delayed immediate sustained release slow
	xl xr sr mr er pr cr la ec film coated enteric chewable dispersible soluble pack pen prefilled syringe of in for the and with to per a an actuation actuat metered strength
	product medicine medication drug drugs vitamin allergy allergic allergies anaphylaxis anaphylactic hypersensitivity reaction intolerance adverse
	induced severe history insertion implantation placement replacement
	n retard ret mga losung solucion soluzione solucao solutie suspensie suspensao cozelti tropfen gouttes gotas gocce druppels damla pulver poudre polvo polvere poeder
	fertigpen stk stuck stuks und zur zum fur et pour avec con para per en voor met de du da do der die das la le`)

var inBrackets = regexp.MustCompile(`\([^()]*\)|\[[^\[\]]*\]`)

func words(list string) map[string]bool { return set(strings.Fields(list)...) }

func substanceOf(name string) substance {
	s := readSubstance(name)
	if s.bare = readSubstance(inBrackets.ReplaceAllString(name, " ")).words; len(s.bare) == 0 {
		s.bare = s.words
	}
	return s
}

func readSubstance(name string) substance {
	var s substance
	var bound []string
	list := tokens(stele.Fold(name)) // who orders Kardegic may mean the Kardégic that was stopped
	acid := telling.HasWord(list, acids)
	for i, w := range list {
		switch {
		case unicode.IsDigit(rune(w[0])):
			unit := ""
			if i+1 < len(list) {
				unit = units[list[i+1]]
			}
			s.strengths = append(s.strengths, w+unit)
		case units[w] != "", mute[w], acids[w]:
		case wayOf(w) != "":
			s.ways = append(s.ways, wayOf(w))
		case salts[w]:
			bound = append(bound, w)
		default:
			s.words = append(s.words, asSalt(spelled(unbound(w)), acid))
		}
	}
	if len(s.words) == 0 {
		s.words = bound
	}
	return s
}

// tokens are the words and the numbers of a name, apart where they touch: "5mg".
func tokens(name string) (out []string) {
	digit := func(r rune) bool { return r >= '0' && r <= '9' || r == '.' || r == ',' }
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) && !digit(r) }) {
		for w != "" {
			number := digit(rune(w[0]))
			n := strings.IndexFunc(w, func(r rune) bool { return digit(r) != number })
			if n < 0 {
				n = len(w)
			}
			if t := strings.Trim(w[:n], ".,"); t != "" {
				if number && decimalComma.MatchString(t) {
					t = strings.Replace(t, ",", ".", 1)
				}
				if number && strings.Contains(t, ".") {
					t = strings.TrimRight(strings.TrimRight(t, "0"), ".")
				}
				out = append(out, t)
			}
			w = w[n:]
		}
	}
	return out
}

// decimalComma is a number whose comma parts no thousands: 2,5 and 0,125 are, 1,000 may.
var decimalComma = regexp.MustCompile(`^(0,\d+|\d+,(\d{1,2}|\d{4,}))$`)

// spelled is a word of a name as it is spelled in every language: of a nonproprietary
// name WHO lets them write f for ph, t for th, e for ae and oe, i for y and no h or k
// (General principles for guidance in devising International Nonproprietary Names), and
// its ending is their own: Méthotrexate, Methotrexaat and Metotreksat are one. The same
// is done to every other word, so that equal words stay equal.
func spelled(w string) string {
	var b strings.Builder
	var last rune
	for _, r := range spellings.Replace(w) {
		if r != last || !unicode.IsLetter(r) {
			b.WriteRune(r)
		}
		last = r
	}
	if w = b.String(); len(w) <= leastOfName {
		return w
	}
	w = strings.TrimSuffix(w, "s")
	if n := len(w) - 1; strings.ContainsRune("aeo", rune(w[n])) {
		w = w[:n]
	}
	return w
}

// acids are words by which another is the name of an acid, and the endings of that, as
// spelled; others are one word with it, in German and Dutch.
var (
	acids      = words("acid acide acido asit")
	acidEnds   = []string{"ic", "iqu"}
	acidsInOne = []string{"insaur", "saur", "inezur", "zur"}
)

// asSalt is a word of a name, as spelled, by the salt of its acid: valproic acid, acide
// valproïque and Valproinsäure are valproate. Folinic acid is not folic acid.
func asSalt(w string, acid bool) string {
	ends := acidsInOne
	if acid {
		ends = slices.Concat(acidsInOne, acidEnds)
	}
	for _, end := range ends {
		if stem, is := strings.CutSuffix(w, end); is && stem != "" && !strings.HasPrefix(w, "folin") {
			return stem + "at"
		}
	}
	return w
}

var spellings = strings.NewReplacer("ph", "f", "h", "", "ae", "e", "oe", "e", "ou", "u", "y", "i", "k", "c", "x", "cs")

// same reports whether two names may be of one medicine: the one is made of all that
// the other is, in no other way and, where strict, in no other strength.
func (s substance) same(o substance, strict bool) bool {
	return (allIn(s.words, o.words) || allIn(o.words, s.words)) && agree(s.ways, o.ways) && (!strict || agree(s.strengths, o.strengths))
}

// alike is same, but for what stands in brackets: "Apixaban 5mg tablets (Teva)" may be
// "apixaban 5 MG Oral Tablet [Eliquis]".
func (s substance) alike(o substance, strict bool) bool {
	bare := func(s substance) substance { s.words = s.bare; return s }
	return s.same(bare(o), strict) || bare(s).same(o, strict)
}

// allIn reports whether a list has any words, and all of them are in another.
func allIn(list, in []string) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(w string) bool { return !slices.Contains(in, w) })
}

// agree reports whether two lists have something in common, or one says nothing.
func agree(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(w string) bool { return slices.Contains(b, w) })
}

// leastOfName is how long a word must be to name a substance within another word, as
// penicillin in phenoxymethylpenicillin; alone one letter less.
const leastOfName = 5

// harmedBy reports whether what harms, as its name tells, is in a medicine. "Penicillins"
// are penicillin.
func (s substance) harmedBy(harm substance) bool {
	for _, h := range harm.words {
		h = strings.TrimSuffix(h, "s")
		for _, w := range s.words {
			w = strings.TrimSuffix(w, "s")
			short, long := h, w
			if len(short) > len(long) {
				short, long = w, h
			}
			n := len([]rune(short))
			if n >= leastOfName-1 && short == long || n >= leastOfName && (strings.HasPrefix(long, short) || strings.HasSuffix(long, short)) {
				return true
			}
		}
	}
	return false
}
