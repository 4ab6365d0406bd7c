package intake

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stele-health/stele"
)

// near is a table of people who are nearly each other: twins of one name but for a
// letter, a mother and her newborns, a short name and the whole.
func near() *Table {
	one := func(number string, subject byte, name, born, sex string) Link {
		return Link{System: north, Number: number, Subject: stele.Subject{subject}, Name: name, Born: born, Sex: sex, Firm: true}
	}
	return &Table{Own: []string{north}, Links: []Link{
		one("1", 1, "Novak, Jan", "2001-03-04", "male"), one("2", 2, "Novak, Jana", "2001-03-04", "female"), one("3", 3, "Brown, Robert", "1950-01-02", "male"),
		one("4", 4, "Brown, Bob", "", "male"), one("5", 5, "Okafor, Grace", "1990-02-03", "female"), one("6", 6, "Okafor, BG", "2024-06-07", "female"),
		one("7", 7, "Keller, Baby girl A", "2024-06-08", "female"), one("8", 8, "Keller, Baby girl B", "2024-06-08", "female"), one("9", 9, "Keller, Sofia", "1992-02-03", "female"),
	}}
}

// TestR37WhoFitsAnotherBetter asks where somebody who is linked has the name as it is
// written, and the one of the number has it nearly.
func TestR37WhoFitsAnotherBetter(t *testing.T) {
	for _, c := range []struct {
		number, family, given, born, sex string
		asks                             bool
	}{
		{"1", "Novak", "Jan", "2001-03-04", "", false},
		{"2", "Novak", "Jan", "2001-03-04", "", true},
		{"1", "Novak", "Jana", "2001-03-04", "", true},
		{"1", "Novak", "Jana", "2001", "", true},
		{"2", "Novak", "Jana", "", "", false},
		{"2", "Novak", "Jan", "", "", true},
		{"2", "NOVÁK", "J.", "2001-03-04", "", false},
		{"3", "Brown", "Bob", "1950-01-02", "", false}, // the birth date is his
		{"3", "Brown", "Bob", "", "", true},
		{"4", "Brown", "Bob", "1950-01-02", "", true},
		// Newborns and their mothers.
		{"5", "Okafor", "Grace Girl", "", "", true},
		{"5", "Okafor", "BG", "2024-06-07", "", true},
		{"5", "Okafor", "Baby girl", "", "female", true},
		{"5", "Okafor", "Grace's girl", "", "female", true},
		{"5", "Okafor", "Female", "", "female", true},
		{"6", "Okafor", "Grace", "1990-02-03", "female", true},
		{"6", "Okafor", "Grace", "", "", true},
		{"6", "Okafor", "Baby girl", "2024-06-07", "female", false},
		{"6", "Okafor", "Grace Girl", "2024-06-07", "", false},
		{"6", "Okafor", "Babyboy", "2024-06-07", "", true},
		{"6", "Okafor", "Adaeze", "2024-06-07", "female", false}, // she has a name now
		{"6", "Okafor", "BG A", "2024-06-07", "female", true},
		{"7", "Keller", "Sofia Girl A", "2024-06-08", "female", false},
		{"7", "Keller", "Sofia Girl B", "2024-06-08", "female", true},
		{"7", "Keller", "Babygirl 2", "2024-06-08", "", true},
		{"7", "Keller", "GirlB", "2024-06-08", "", true},
		{"8", "Keller", "Twin B", "2024-06-08", "", false},
		{"8", "Keller", "Baby girl", "2024-06-08", "", true},
		{"9", "Keller", "Sofia Girl A", "", "female", true},
		{"9", "Keller", "Sofia", "", "", false},
	} {
		text := lines(who("x", c.number, c.family, c.given, c.born, c.sex), obs("o", of("Patient/x")))
		p, entries := plan(t, near(), Asked{}, text)
		if got := tell(p, entries); (got == "x! o!") != c.asks || c.asks && !strings.Contains(p.Of(0, 0).Refused.String(), "--confirm Patient/x") {
			t.Errorf("%+v: %s %q", c, got, p.Of(0, 0).Refused.String())
		}
		if p, entries = plan(t, near(), Asked{Same: []string{"Patient/x"}}, text); strings.Contains(tell(p, entries), "!") {
			t.Errorf("%+v, confirmed: %s", c, tell(p, entries))
		}
	}
}

// TestR37WordsOfAReference asks where they fit another who is linked better, a newborn
// where she is none, or another given name.
func TestR37WordsOfAReference(t *testing.T) {
	for _, c := range []struct {
		number, display string
		asks            bool
	}{
		{"1", "Jan Novak", false}, {"1", "Novak, Jan (MRN 1)", false}, {"1", "NOVAK J.", false}, {"1", "Novak", false}, {"1", "Patient 1", false}, {"1", "Mr. Jan Novák", false},
		{"1", "Jana Novak", true}, {"2", "Jan Novak", true}, {"2", "Novak, Jan, 4.3.2001", true}, {"2", "Jan Novak (2)", true}, {"1", "Tom Novak", true},
		{"3", "Bob Brown", true}, {"4", "Robert Brown", true}, {"3", "Rob Brown", false}, {"3", "Brown", false},
		{"5", "Okafor, BG", true}, {"5", "Baby girl Okafor", true}, {"5", "Newborn", true}, {"6", "Grace Okafor", true}, {"6", "Okafor", false}, {"6", "Baby Okafor", false},
		{"7", "Sofia Girl B Keller", true}, {"7", "Keller, Baby girl A", false}, {"9", "Sofia Keller", false}, {"9", "Keller, Sofia Girl A", true},
		{"5", "mother of Jan Novak", false},
	} {
		text := lines(`{"resourceType":"Observation","id":"o","subject":{"display":"` + c.display + `","reference":"Patient?identifier=` + north + `|` + c.number + `"}}`)
		p, entries := plan(t, near(), Asked{}, text)
		if why := p.Of(0, 0).Refused.String(); (why != "") != c.asks || c.asks && !strings.Contains(why, "--confirm ") {
			t.Errorf("%s, %q: %s %q", c.number, c.display, tell(p, entries), why)
		}
	}
}

// TestR37ANumberIsNearItselfInAnyScript: the digits of a keyboard in Cairo, Tehran or Delhi
// are those of one in London.
func TestR37ANumberIsNearItselfInAnyScript(t *testing.T) {
	for number, same := range map[string]bool{
		"123-45-678": true, "00123 45678": true, "١٢٣٤٥٦٧٨": true, "۱۲۳۴۵۶۷۸": true, "०१२३४५६७८": true, "１２３４５６７８": true, "𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖": true, "𑁧𑁨𑁩𑁪𑁫𑁬𑁭𑁮": true,
		"١٢٣٤٥٦٧٩": false, "१२३४५६७": false, "²12345678": false, "一二三四五六七八": false,
	} {
		if near := Near(number); (near == "12345678") != same {
			t.Errorf("%s is near %s", number, near)
		}
	}
	before := rune(0) // what the rune before stands for, where it is a digit
	for r := rune(unicode.MaxLatin1 + 1); r <= unicode.MaxRune; r++ {
		digit := western(r)
		switch {
		case !unicode.IsDigit(r):
			if digit != r {
				t.Fatalf("%U is no digit and becomes %q", r, digit)
			}
			before = 0
		case digit < '0' || digit > '9' || before == 0 && digit != '0' || before != 0 && digit != '0'+(before-'0'+1)%10:
			t.Fatalf("%U becomes %q", r, digit)
		default:
			before = digit
		}
	}
}

// TestR37ANumberOfNinesIsSomebodysWhereThatIsSaid: it stands for none, but where it is linked; a longer one, and what else stands
// for none, is never anybody's.
func TestR37ANumberOfNinesIsSomebodysWhereThatIsSaid(t *testing.T) {
	for number, c := range map[string]struct {
		nines bool
		want  string // where it is linked
	}{
		"999": {true, "x>A o>A n>A"}, "A-999": {true, "x>A o>A n>A"}, "9999": {true, "x>A o>A n>A"}, "999-99-999": {true, "x>A o>A n>A"},
		"99": {false, "x>A o>A n>A"}, "1999": {false, "x>A o>A n>A"}, "9990": {false, "x>A o>A n>A"},
		"000": {false, "x! o! n!"}, "999999999": {false, "x! o! n!"}, "unknown": {false, "x! o! n!"},
	} {
		if Nines(number) != c.nines {
			t.Errorf("%s: of nines %v", number, !c.nines)
		}
		of := func(system string) string {
			return lines(`{"resourceType":"Patient","id":"x","identifier":[{"system":"`+system+`","value":"`+number+`"}]}`, obs("o", of("Patient/x")),
				obs("n", `"subject":{"identifier":{"system":"`+system+`","value":"`+number+`"}}`))
		}
		linked := table()
		linked.Links = append(linked.Links, Link{System: north, Number: number, Subject: ana, Firm: true})
		if p, entries := plan(t, linked, Asked{}, of(north)); tell(p, entries) != c.want {
			t.Errorf("%s, linked: %s", number, tell(p, entries))
		}
		if p, entries := plan(t, linked, Asked{}, of("urn:another")); tell(p, entries) != "x! o! n!" {
			t.Errorf("%s, linked in another system: %s", number, tell(p, entries))
		}
		if p, entries := plan(t, table(), Asked{}, of(north)); tell(p, entries) != "x! o! n!" {
			t.Errorf("%s, not linked: %s", number, tell(p, entries))
		}
		linked.Links = append(linked.Links, Link{System: PatientID, Number: "x", Subject: ana}) // which counts where no number does
		if p, entries := plan(t, linked, Asked{}, of("urn:another")); c.nines && tell(p, entries) != "x>A o>A n!" {
			t.Errorf("%s, linked in another system, and the id is linked: %s", number, tell(p, entries))
		}
	}
}
