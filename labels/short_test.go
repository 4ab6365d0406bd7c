package labels

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
)

// shortTexts are records whose concept is words of a kind.
var shortTexts = map[string]string{
	"allergen": `{"resourceType":"AllergyIntolerance","code":{"text":%q}}`, "medicine": `{"resourceType":"MedicationRequest","medicationCodeableConcept":{"text":%q}}`,
	"vaccine": `{"resourceType":"Immunization","vaccineCode":{"text":%q}}`, "problem": `{"resourceType":"Condition","code":{"text":%q}}`,
	"test": `{"resourceType":"Observation","code":{"text":%q}}`, "procedure": `{"resourceType":"Procedure","code":{"text":%q}}`,
}

func shortSays(t testing.TB, of, text string) string {
	t.Helper()
	return said(Default().Label(parse(t, fmt.Sprintf(shortTexts[of], text)), nil))
}

// shortRows are the rows of short words by what they say, as words: all that say "-", and
// all that say something.
func shortRows(of string) (ordinary, sensitive []*Row) {
	says := map[string]bool{} // of phrases that a table of this kind has as sensitive
	for _, table := range vocabularies[of] {
		for text, r := range shippedIndex().short[table] {
			says[text] = says[text] || r.says != 0
		}
	}
	for _, t := range Shipped() {
		for i := range t.Rows {
			r := &t.Rows[i]
			if !slices.Contains(vocabularies[of], r.Table) {
				continue
			}
			texts, _ := phrasesOf(r)
			switch own := shippedIndex().short["short-allergen"][texts[0]]; {
			case of == "allergen" && own != nil && own != r: // it means that there
			case r.says != 0:
				sensitive = append(sensitive, r)
			case r.ordinary && !says[texts[0]]:
				ordinary = append(ordinary, r)
			}
		}
	}
	return ordinary, sensitive
}

// TestR41ShortWordsSayWhatTheirRowsSay: each word of the table where it stands, alone.
func TestR41ShortWordsSayWhatTheirRowsSay(t *testing.T) {
	for of := range shortTexts {
		ordinary, sensitive := shortRows(of)
		if len(ordinary) < 50 && of != "allergen" || len(ordinary) == 0 {
			t.Errorf("%s: %d ordinary words", of, len(ordinary))
		}
		for _, r := range ordinary {
			got := shortSays(t, of, r.Pattern)
			if inWords := len((&reader{p: Default()}).wordsIn([]byte(r.Pattern))) > 0; got != "-" && !inWords {
				t.Errorf("line %d: %s %q is %s", r.Line, of, r.Pattern, got)
			} else if inWords {
				t.Errorf("line %d: %q stands in the table of words", r.Line, r.Pattern)
			}
		}
		for _, r := range sensitive {
			got := shortSays(t, of, strings.TrimPrefix(r.Pattern, "="))
			for _, s := range r.says.list() {
				if !strings.Contains(got, string(s)) {
					t.Errorf("line %d: %s %q is %s, not %s", r.Line, of, r.Pattern, got, s)
				}
			}
		}
	}
}

func hasLong(text string) bool {
	rd := &reader{p: Default()}
	rd.wordsIn([]byte(text))
	return rd.hasLongWord(false)
}

// TestR41AShortWordIsKnownByAllThatStandsThere: what is sensitive wins over what is not, and
// what is not known makes the whole unknown.
func TestR41AShortWordIsKnownByAllThatStandsThere(t *testing.T) {
	kinds := []string{"allergen", "medicine", "problem", "test", "procedure"}
	rapid.Check(t, func(rt *rapid.T) {
		of := rapid.SampledFrom(kinds).Draw(rt, "kind")
		ordinary, sensitive := shortRows(of)
		one := rapid.SampledFrom(ordinary).Draw(rt, "ordinary").Pattern
		two := rapid.SampledFrom(sensitive).Draw(rt, "sensitive")
		list := []string{one, strings.TrimPrefix(two.Pattern, "=")}
		if rapid.Bool().Draw(rt, "turned") {
			slices.Reverse(list)
		}
		got := shortSays(t, of, strings.Join(list, ", "))
		everyday := strings.HasPrefix(two.Pattern, "=") && hasLong(one) // which counts where no longer word stands
		if (got == "-" || got == "PDS") && !everyday {
			rt.Fatalf("%s %q is %s", of, list, got)
		}
		if got := shortSays(t, of, one+", xqj"); got != "PDS" && !hasLong(one) {
			rt.Fatalf("%s %q beside what nobody knows is %s", of, one, got)
		}
	})
}

// TestR41AShortWordIsKnownInItsPlaceOnly: not of another kind of record, not in a note, an
// extension or an answer, and not in a language that no table has.
func TestR41AShortWordIsKnownInItsPlaceOnly(t *testing.T) {
	for src, want := range map[string]string{
		`{"resourceType":"AllergyIntolerance","code":{"text":"Egg"}}`:                                                                                                         "-",
		`{"resourceType":"AllergyIntolerance","code":{"coding":[{"system":"http://north.example/a","code":"7","display":"Egg"}]}}`:                                            "-",
		`{"resourceType":"AllergyIntolerance","reaction":[{"substance":{"text":"Egg"},"manifestation":[{"text":"GI"}]}],"code":{"text":"Egg"}}`:                               "-",
		`{"resourceType":"AllergyIntolerance","language":"fi","code":{"text":"Ei"}}`:                                                                                          "PDS",
		`{"resourceType":"AllergyIntolerance","language":"de-AT","code":{"text":"Ei"}}`:                                                                                       "-",
		`{"resourceType":"AllergyIntolerance","note":[{"text":"Egg"}]}`:                                                                                                       "PDS",
		`{"resourceType":"AllergyIntolerance","code":{"extension":[{"url":"http://x.example/e","valueString":"Egg"}]}}`:                                                       "PDS",
		`{"resourceType":"Condition","code":{"text":"Gout","extension":[{"url":"http://x.example/e","valueString":"GAD"}]}}`:                                                  "-",
		`{"resourceType":"AllergyIntolerance","code":{"text":"Еgg"}}`:                                                                                                         "PDS", // with a Cyrillic letter
		`{"resourceType":"MedicationStatement","medicationReference":{"display":"ASA"}}`:                                                                                      "-",
		`{"resourceType":"MedicationStatement","medicationReference":{"display":"ABC"}}`:                                                                                      "HIV",
		`{"resourceType":"Goal","description":{"text":"AF"}}`:                                                                                                                 "PDS",
		`{"resourceType":"Condition","code":{"text":"Gout"},"note":[{"text":"see TOP"}]}`:                                                                                     "-",
		`{"resourceType":"Condition","code":{"text":"Gout"},"evidence":[{"code":[{"text":"GAD"}]}]}`:                                                                          "PSY",
		`{"resourceType":"Encounter","reasonCode":[{"text":"AF"}]}`:                                                                                                           "-",
		`{"resourceType":"Encounter","reasonCode":[{"text":"MDD"}]}`:                                                                                                          "PSY",
		`{"resourceType":"FamilyMemberHistory","condition":[{"code":{"text":"MI"}}]}`:                                                                                         "-",
		`{"resourceType":"Flag","code":{"text":"DNR"}}`:                                                                                                                       "-",
		`{"resourceType":"MedicationRequest","medicationReference":{"reference":"#m"},"contained":[{"resourceType":"Medication","id":"m","code":{"text":"ASA"}}]}`:            "-",
		`{"resourceType":"MedicationRequest","medicationReference":{"reference":"#m"},"contained":[{"resourceType":"Medication","id":"m","code":{"text":"ABC"}}]}`:            "HIV",
		`{"resourceType":"MedicationRequest","medicationCodeableConcept":{"text":"ASA"},"reasonCode":[{"text":"XQ"}]}`:                                                        "PDS",
		`{"resourceType":"MedicationRequest","medicationCodeableConcept":{"text":"ASA"},"reasonCode":[{"text":"GAD"}]}`:                                                       "PSY",
		`{"resourceType":"Immunization","vaccineCode":{"text":"MMR"},"reasonCode":[{"text":"HPV"}]}`:                                                                          "STD",
		`{"resourceType":"Procedure","code":{"text":"PCI"},"contained":[{"resourceType":"Condition","id":"c","code":{"text":"AUD"}}],"reasonReference":[{"reference":"#c"}]}`: "SUD",
	} {
		if got := said(Default().Label(parse(t, src), nil)); got != want {
			t.Errorf("%s is %s, want %s", src, got, want)
		}
	}
}

// TestAnOwnTableSaysWhatItsPeopleMean: an abbreviation that no shipped table has, and never
// one that a shipped table marks.
func TestAnOwnTableSaysWhatItsPeopleMean(t *testing.T) {
	own := func(row string) (*Policy, error) {
		table, err := ParseTable("own.txt", []byte(tableHead+row+"\n"))
		if err != nil {
			return nil, err
		}
		return New(table)
	}
	p, err := own("short-problem\tFA\t-\tfibrillation auriculaire\nshort-problem\tQZ\tPSY\tour day clinic")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"FA": "-", "FA, HTA": "-", "FA, QZ": "PSY", "FA, XQ": "PDS"} {
		if got := said(p.Label(parse(t, fmt.Sprintf(shortTexts["problem"], text)), nil)); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	for _, row := range []string{"short-problem\tGAD\t-\t", "short-problem\tTOP\t?\t", "short-allergen\tABC\t-\t", "short\tmdd\t?\t", "short-nothing\tFA\t-\t", "short-problem\tone two three four\t-\t", "short-problem\tfa*\t-\t"} {
		if _, err := own(row); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%q is taken: %v", row, err)
		}
	}
}
