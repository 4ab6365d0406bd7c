package spell_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/spell"
)

// both are the two kinds of code, drawn and read back.
var both = map[string]struct {
	draw func(*rapid.T) string
	read func(string) (any, error)
}{
	"card": {
		func(t *rapid.T) string { return spell.Subject(drawSubject(t)) },
		func(text string) (any, error) { return spell.ParseSubject(text) },
	},
	"slip": {
		func(t *rapid.T) string { return drawCode(t).Text() },
		func(text string) (any, error) { return spell.ParseCode(text) },
	},
}

func drawSubject(t *rapid.T) stele.Subject {
	s, _ := stele.SubjectFrom(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "subject"))
	return s
}

func drawCode(t *rapid.T) spell.Code {
	return spell.NewCode([17]byte(rapid.SliceOfN(rapid.Byte(), 17, 17).Draw(t, "random")))
}

// each runs a property for both kinds.
func each(t *testing.T, property func(t *rapid.T, code string, read func(string) (any, error))) {
	for name, kind := range both {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { property(t, kind.draw(t), kind.read) })
		})
	}
}

// TestAMarkIsFourLettersAndNothingOfACode: and is read as it is typed.
func TestAMarkIsFourLettersAndNothingOfACode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "random"))
		mark := spell.NewMark(random)
		for _, typed := range []string{mark, " " + strings.ToLower(mark) + "\n"} {
			if got, ok := spell.ParseMark(typed); !ok || got != mark {
				t.Fatalf("%q is read as %q, %v", typed, got, ok)
			}
		}
		if strings.ContainsAny(mark, "0123456789ILOU") || len(mark) != spell.Group {
			t.Fatalf("%q", mark)
		}
	})
	if spell.NewMark([4]byte{0, 0, 0, 1}) == spell.NewMark([4]byte{0, 0, 0, 2}) {
		t.Error("two marks are one")
	}
	for _, none := range []string{"", "ABC", "ABCDE", "AB1C", "ABCU", "AB D"} {
		if _, ok := spell.ParseMark(none); ok {
			t.Errorf("%q is a mark", none)
		}
	}
}

// TestACodeIsReadAsItIsTyped: small letters, dashes or nothing between the groups, what
// looks alike, and the scanned form, all mean the same.
func TestACodeIsReadAsItIsTyped(t *testing.T) {
	each(t, func(t *rapid.T, code string, read func(string) (any, error)) {
		want, err := read(code)
		if err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		together := strings.ReplaceAll(code, " ", "")
		for _, typed := range []string{
			together, strings.ToLower(code), strings.ReplaceAll(code, " ", "-"), " " + strings.ReplaceAll(code, " ", " – ") + "\n",
			strings.ReplaceAll(code, "0", "O"), strings.ReplaceAll(code, "0", "o"), strings.ReplaceAll(code, "1", "I"), strings.ReplaceAll(code, "1", "l"),
		} {
			if got, err := read(typed); err != nil || got != want {
				t.Errorf("%q is read as %v, %v", typed, got, err)
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		subject, code := drawSubject(t), drawCode(t)
		if got, err := spell.ParseSubject(spell.SubjectScan(subject)); err != nil || got != subject {
			t.Errorf("scanned: %v, %v", got, err)
		}
		if got, err := spell.ParseCode(strings.ToLower(code.Scan())); err != nil || got != code {
			t.Errorf("scanned: %v, %v", got, err)
		}
	})
}

// groupOf is the number of a character's group, as errors name it.
func groupOf(at int) string {
	return []string{"1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th"}[at/spell.Group]
}

// TestAnyOneWrongCharacterIsFoundAndItsGroupNamed: every place, every other character.
func TestAnyOneWrongCharacterIsFoundAndItsGroupNamed(t *testing.T) {
	each(t, func(t *rapid.T, code string, read func(string) (any, error)) {
		code = strings.ReplaceAll(code, " ", "")
		at := rapid.IntRange(0, len(code)-1).Draw(t, "at")
		for _, c := range spell.Alphabet {
			if byte(c) == code[at] {
				continue
			}
			_, err := read(code[:at] + string(c) + code[at+1:])
			if err == nil || !strings.Contains(err.Error(), "the "+groupOf(at)+" group has a typing error") {
				t.Fatalf("%s with %c at %d: %v", code, c, at, err)
			}
		}
	})
}

// TestCharactersThatChangedPlacesAreFound: of any two, neighbours or not; of neighbours
// it is said where.
func TestCharactersThatChangedPlacesAreFound(t *testing.T) {
	each(t, func(t *rapid.T, code string, read func(string) (any, error)) {
		raw := []byte(strings.ReplaceAll(code, " ", ""))
		i, j := rapid.IntRange(0, len(raw)-1).Draw(t, "i"), rapid.IntRange(0, len(raw)-1).Draw(t, "j")
		if raw[i] == raw[j] {
			return
		}
		raw[i], raw[j] = raw[j], raw[i]
		_, err := read(string(raw))
		if err == nil {
			t.Fatalf("%s with %d and %d changed is read", code, i, j)
		}
		if i = min(i, j); i+1 == max(i, j) {
			if !strings.Contains(err.Error(), groupOf(i)+" group") || !strings.Contains(err.Error(), "changed places") {
				t.Fatalf("%s with %d and %d changed: %v", code, i, i+1, err)
			}
		}
	})
}

// TestACharacterLeftOutOrTooManyIsFoundAndItsGroupNamed: typed in groups, or in one.
func TestACharacterLeftOutOrTooManyIsFoundAndItsGroupNamed(t *testing.T) {
	each(t, func(t *rapid.T, code string, read func(string) (any, error)) {
		code = strings.ReplaceAll(code, " ", "")
		at := rapid.IntRange(0, len(code)-1).Draw(t, "at")
		_, err := read(code[:at] + code[at+1:])
		if err == nil || !strings.Contains(err.Error(), "missing") || !strings.Contains(err.Error(), groupOf(at)) {
			t.Fatalf("%s without %d: %v", code, at, err)
		}
		c := rapid.SampledFrom([]byte(spell.Alphabet)).Draw(t, "more")
		_, err = read(code[:at] + string(c) + code[at:])
		if err == nil || !strings.Contains(err.Error(), "too many") || !strings.Contains(err.Error(), groupOf(at)) {
			t.Fatalf("%s with one more %c at %d: %v", code, c, at, err)
		}
	})
}

// TestAGroupThatIsWrongAltogetherIsNamed: up to four characters of one group.
func TestAGroupThatIsWrongAltogetherIsNamed(t *testing.T) {
	each(t, func(t *rapid.T, code string, read func(string) (any, error)) {
		groups := strings.Fields(code)
		g := rapid.IntRange(0, len(groups)-1).Draw(t, "group")
		other := rapid.StringOfN(rapid.SampledFrom([]rune(spell.Alphabet)), spell.Group, spell.Group, -1).Draw(t, "other")
		if other == groups[g] {
			return
		}
		groups[g] = other
		_, err := read(strings.Join(groups, " "))
		if err == nil || !strings.Contains(err.Error(), groupOf(g*spell.Group)) {
			t.Fatalf("%s with group %d as %s: %v", code, g+1, other, err)
		}
	})
}

// TestWhatIsWrongWithACodeIsSaid, for one code that stands here.
func TestWhatIsWrongWithACodeIsSaid(t *testing.T) {
	subject, _ := stele.SubjectFrom([]byte("twenty random bytes."))
	code := spell.Subject(subject)
	groups := strings.Fields(code)
	with := func(at int, group string) string {
		changed := slices.Clone(groups)
		changed[at] = group
		return strings.Join(changed, " ")
	}
	for typed, want := range map[string]string{
		"":                              "that is not the code of a card",
		"Élena Marchetti":               "the 1st group has a character that is in no code",
		"Elena Marchetti":               "that has 14 characters, and the code of a card has 40, in groups of 4",
		with(2, groups[2][:3]+"u"):      "the 3rd group has a U, which is in no code: it may be a V",
		with(4, groups[4][:2]):          "the 5th group has 2 characters, and 4 belong there",
		with(9, ""):                     "that has 36 characters, and the code of a card has 40, in groups of 4",
		strings.Repeat("0", 40):         "there are typing errors in several groups",
		strings.Repeat("A ", 300):       "that is not the code of a card",
		with(0, "ST") + " " + "0000 00": "that has 44 characters, and the code of a card has 40, in groups of 4",
	} {
		_, err := spell.ParseSubject(typed)
		if err == nil || !strings.Contains(err.Error(), want) || stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%q: %v, want %s", typed, err, want)
		}
	}
}

// TestACodeOfOneKindIsNoneOfTheOther: and who types the card's where the slip's is
// asked for hears it.
func TestACodeOfOneKindIsNoneOfTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subject, code := drawSubject(t), drawCode(t)
		if _, err := spell.ParseCode(spell.Subject(subject)); err == nil || !strings.Contains(err.Error(), "code of a card") {
			t.Errorf("a card's code as a slip's: %v", err)
		}
		if _, err := spell.ParseSubject(code.Text()); err == nil {
			t.Error("a slip's code is read as a card's")
		}
	})
}

// TestASlipsCodeHolds130Bits, all of which change it, and prints nowhere by accident.
func TestASlipsCodeHolds130Bits(t *testing.T) {
	seen := map[spell.Code]bool{}
	for bit := range 136 {
		var raw [17]byte
		raw[bit/8] = 0x80 >> (bit % 8)
		c := spell.NewCode(raw)
		if back := spell.NewCode(c.Bytes()); back != c {
			t.Errorf("bit %d: Bytes gives another code", bit)
		}
		if bit < 130 && c.Bytes() != raw {
			t.Errorf("bit %d is lost", bit)
		}
		seen[c] = true
		if said := fmt.Sprintf("%v %+v %#v %s %x", c, c, c, c, c.String()); strings.Contains(said, strings.Fields(c.Text())[0]) || strings.Contains(fmt.Sprintf("%v %+v %#v", c, c, &c), "{") {
			t.Errorf("a code prints as %s", said)
		}
	}
	if len(seen) != 131 { // the last six bits are not taken
		t.Errorf("136 bits make %d codes", len(seen))
	}
}

// TestDIDTakesWhatPeopleHave: a DID, a name or a number stays; a code becomes the DID;
// a code with a typing error is nobody's name.
func TestDIDTakesWhatPeopleHave(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subject := drawSubject(t)
		for _, code := range []string{spell.Subject(subject), spell.SubjectScan(subject), strings.ToLower(spell.Subject(subject))} {
			if got, err := spell.DID(code); err != nil || got != subject.String() {
				t.Errorf("%s is %s, %v", code, got, err)
			}
		}
		scanned := []byte(spell.SubjectScan(subject))
		at := rapid.IntRange(len("STELE:"), len(scanned)-1).Draw(t, "at")
		if scanned[at]++; strings.ContainsRune("1:[", rune(scanned[at])) || scanned[at] == 'I' || scanned[at] == 'L' || scanned[at] == 'O' {
			scanned[at] = 'U'
		}
		if got, err := spell.DID(string(scanned)); err == nil {
			t.Errorf("%s with an error is %s", scanned, got)
		}
	})
	subject, _ := stele.SubjectFrom([]byte("twenty random bytes."))
	for _, text := range []string{
		subject.String(), "", "MRN 4711", "Stephanie Alexandra Montgomery-Whitechapel", "ST", "王小明", "5f1d2c3b-0000-4a5b-8c7d-9e0f1a2b3c4d",
		"urn:oid:2.16.840.1.113883.4.1|ST1234567890", strings.Repeat("ST12", 100),
	} {
		if got, err := spell.DID(text); err != nil || got != text {
			t.Errorf("%q becomes %q, %v", text, got, err)
		}
	}
	groups := strings.Fields(spell.Subject(subject))
	if groups[2] == "0000" {
		t.Fatal("the example is another")
	}
	groups[2] = "0000"
	if got, err := spell.DID(strings.Join(groups, " ")); err == nil || !strings.Contains(err.Error(), "3rd group") {
		t.Errorf("a code with an error is %s, %v", got, err)
	}
}

// TestCodesAreReadAloudInEveryLanguageOfConsents.
func TestCodesAreReadAloudInEveryLanguageOfConsents(t *testing.T) {
	for _, language := range consent.Languages() {
		words := strings.Fields(spell.Aloud(language, spell.Alphabet))
		slices.Sort(words)
		if len(words) != 32 || len(slices.Compact(words)) != 32 || slices.Contains(words, "A") {
			t.Errorf("%s: %v", language, words)
		}
	}
	if got := spell.Aloud("en", "4K9X"); got != "four Kilo nine X-ray" {
		t.Error(got)
	}
	if got := spell.Aloud("tlh", "4K"); got != "4 K" {
		t.Error(got)
	}
}

// TestCodesThatStandInPrintStayReadable: what was printed once means the same for ever.
func TestCodesThatStandInPrintStayReadable(t *testing.T) {
	subject, _ := stele.SubjectFrom([]byte("twenty random bytes."))
	for got, want := range map[string]string{
		spell.Subject(subject): "STEH VPAV KMF4 G74R BECH QPT8 32F5 T6AW SEMT QCPK",
		spell.NewCode([17]byte([]byte("seventeen bytes. "))).Text(): "EDJQ CSBE EHJP AVH0 C9WQ 8SBK 5RM9 7VRK",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	subject, _ := stele.SubjectFrom([]byte("twenty random bytes."))
	for _, seed := range []string{"", "ST", spell.Subject(subject), spell.SubjectScan(subject), spell.NewCode([17]byte{}).Text(), "steleslip:", "-\u00a0é", strings.Repeat("7", 39), strings.Repeat("7", 33)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := spell.ParseSubject(text); err == nil {
			if again, err := spell.ParseSubject(spell.Subject(s)); err != nil || again != s {
				t.Errorf("%q is %v, which is read as %v, %v", text, s, again, err)
			}
		}
		if c, err := spell.ParseCode(text); err == nil {
			if again, err := spell.ParseCode(c.Text()); err != nil || again != c {
				t.Errorf("%q is read otherwise again: %v", text, err)
			}
		} else if stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%q: %v", text, err)
		}
		_, _ = spell.DID(text)
	})
}
