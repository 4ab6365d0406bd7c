package intake

import (
	"strings"
	"testing"
)

// TestR37WhoIsWhom compares people as files write them, with the one who is linked:
// what goes on, what goes on with a note, and what is asked.
func TestR37WhoIsWhom(t *testing.T) {
	one := func(who string) Demographics { // "Alvar, Ana / Roth, Ana; 1970-05-01; female"
		var d Demographics
		parts := strings.Split(who, ";")
		for _, name := range strings.Split(parts[0], "/") {
			if name = strings.TrimSpace(name); name != "" {
				d.Names = append(d.Names, name)
			}
		}
		if len(parts) > 1 {
			d.Born = strings.TrimSpace(parts[1])
		}
		if len(parts) > 2 {
			d.Sex = strings.TrimSpace(parts[2])
		}
		return d
	}
	const ana = "Alvar, Ana; 1970-05-01; female"
	for _, c := range []struct{ linked, arrives, want string }{
		// The same, as people write it.
		{ana, "ÁLVAR, ANA; 1970-05-01; female", ""},
		{ana, "Ana Alvar; 1970-05-01", ""},
		{ana, "Alvar, A.; 1970-05-01", ""},
		{ana, "Alvar, Ana Maria; 1970-05-01", ""},
		{ana, "Ana, Alvar; 1970-05-01", ""}, // in the wrong fields
		{ana, "Dr. Ana Alvar; 1970", ""},
		{ana, "Alvar; 1970-05", ""},
		{ana, "Ana", ""},
		{ana, "; 1970-05-01; female", ""},
		{ana, "", ""},
		{"", ana, ""},
		{ana, "Unknown, Unknown; 1900-01-01; unknown", ""},
		{ana, "Alvar, Ana; 1970-05-01; other", ""},
		{"Şahin, Şule; 1970-01-02", "Sahin, Sule; 1970-01-02", ""},
		{"Müller, Jörg; 1970-01-02", "Mueller, Joerg; 1970-01-02", ""},
		{"Horvat, Ana; 1980-03-04", "Horvath, Anna; 1980-03-04", ""},
		{"Brown, Robert; 1955-12-01", "Brown, Bob; 1955-12-01", ""},
		{"Brown, Robert; 1955-12-01", "Brown, Rob; 1955-12-01", ""},
		{"Brown, Elizabeth; 1955-12-01", "Brown, Betty; 1955-12-01", ""},
		{"Brown, Alexandra; 1955-12-01", "Brown, Alex; 1955-12-01", ""},
		{"García López, María José; 1970-01-02", "Garcia, Maria; 1970-01-02", ""},
		{"García López, María José; 1970-01-02", "Lopez, Jose; 1970-01-02", ""},
		{"Meier, Anne-Marie; 1970-01-02", "Meier, Annemarie; 1970-01-02", ""},
		{"O'Brien, Sean; 1970-01-02", "OBrien, Seán; 1970-01-02", ""},
		{"von der Heide, Eva; 1970-01-02", "Heide, Eva; 1970-01-02", ""},
		{"علي, محمد; 1970-01-02; male", "Mohammed Ali; 1970-01-02; male", ""}, // not to be compared
		{"Ali, Mohammed; 1970-01-02", "Ali, Muhammad; 1970-01-02", ""},
		{"الحسن, أحمد; 1970-01-02", "حسن, احمد; 1970-01-02", ""},
		{"王, 小明; 2019-05-05", "王小明; 2019-05-05", ""},
		{"王, 小明; 2019-05-05", "Wang, Xiaoming; 2019-05-05", ""},
		{"王, 小明 / Wang, Xiaoming; 2019-05-05", "Xiaoming Wang; 2019-05-05", ""},
		{"Braun, Mia / Klein, Mia; 1990-01-02; female", "Klein, Mia; 1990-01-02; female", ""},
		{"Keller, Baby girl; 2019-05-05; female", "Keller, Babygirl; 2019-05-05; female", ""},
		{"Garcia, Juan; 1970-01-02", "Sr. Juan Garcia; 1970-01-02", ""}, // Señor

		{"Alvar, Ana; 9999-12-31", "Alvar, Ana; 1970-05-01", ""}, // nobody knew
		{"Alvar, Ana; 1970-05-01", "Alvar, Ana; 1899-12-30", ""},
		{"Alvar, Ana; 1753-01-01", "Alvar, Ana; 1901-01-01", ""},

		// One thing differs, of which a person may say why.
		{ana, "Novak, Ana; 1970-05-01; female", "note"},
		{ana, "Novak, Ana", "note"},
		{ana, "Alvar, Ana; 1970-05-01; male", "note"},
		{ana, "Alvar, Ana; 1970-01-05; female", "note"},
		{ana, "Alvar, Ana; 1970-05-02; female", "note"},
		{ana, "Alvar, Ana; 1970-01-01; female", "note"},
		{ana, "Alvar, Ana; 1971-05-01; female", "note"},
		{ana, "Alvar, Ana; 1979-05-01; female", "note"},
		{ana, "Alvar, Ana; 1971; female", "note"},
		{"Alvar, Ana; 1970-12-13; female", "Alvar, Ana; 1970-12-31; female", "note"},
		{"Alvar, Ana Maria; 1970-05-01", "Alvar, Ana Lucia; 1970-05-01", "note"},
		{"Keller, Baby girl; 2019-05-05; female", "Keller, Lea; 2019-05-05; female", "note"},
		{"Keller, Lea; 2019-05-05; female", "Keller, Twin B; 2019-05-05", "note"},
		{"Brown, Robert; 1955-12-01; male", "Brown Jr., Robert; 1955-12-01", "note"},
		{"Mara Schmidt; 1970-05-01; female", "Weber, Mara; 1970-05-01; female", "note"},

		// A question.
		{"Keller, Lea; 2019-05-05; female", "Keller, Mia; 2019-05-05; female", "?"},
		{"Keller, Lea; 2019-05-05; female", "Keller, Mia", "?"},
		{"Lea Keller; 2019-05-05; female", "Keller, Mia; 2019-05-05; female", "?"},
		{"Lea Keller; 2019-05-05; female", "Mia Keller; 2019-05-05; female", "?"},
		{"Keller Lea; 2019-05-05; female", "Keller Mia; 2019-05-05; female", "?"}, // the order is not told
		{"Keller, Lea Maria; 2019-05-05", "Keller, Mia Maria; 2019-05-05", "?"},
		{"Keller, Twin A; 2019-05-05", "Keller, Twin B; 2019-05-05", "?"},
		{"Keller, Baby girl; 2019-05-05", "Keller, Baby boy; 2019-05-05", "?"},
		{"王, 小明; 2019-05-05", "王, 小红; 2019-05-05", "?"},
		{"王, 小明; 2019-05-05", "王小红; 2019-05-05", "?"},
		{"Wang, Xiaoming; 2019-05-05", "Wang, Xiaohong; 2019-05-05", "?"},
		{"علي, أحمد محمد; 2019-05-05", "علي, عمر محمد; 2019-05-05", "?"},
		{"Saleh, Abd al-Aziz; 2019-05-05", "Saleh, Abd al-Rahman; 2019-05-05", "?"},
		{"Brown, Robert; 1955-12-01; male", "Brown, Robert; 1985-12-01; male", "?"}, // his son
		{"Brown, Robert; 1955-12-01; male", "Brown, Robert; 1985; male", "?"},
		{ana, "Alvar, Ana; 1980-05-01; female", "?"}, // her daughter, ten years on
		{"Brown Sr., Robert; ; male", "Brown Jr., Robert; ; male", "?"},
		{ana, "Alvar, Ana; 1974-08-01; female", "?"},
		{ana, "Alvar, Baby girl; 2026-11-01; female", "?"}, // her child
		{ana, "Alvar, Baby girl; ; female", "?"},
		{ana, "Novak, Ana; 1970-01-05; female", "?"},
		{ana, "Novak, Ana; 1970-05-01; male", "?"},
		{ana, "Alvar, Ana; 1970-01-05; male", "?"},
		{ana, "Roth, Kim; 2018-01-01; female", "?"},
		{ana, "Roth, Kim; 1970-05-01; female", "?"},
		{ana, "Roth, Kim", "?"},
		{ana, "Roth", "?"},
		{"de la Cruz, Ana; 1970-05-01", "de la Torre, Ana Luisa; 1970-05-01; female", "note"}, // particles are no name
		{"de la Cruz, Ana; 1970-05-01", "de la Torre, Luz; 1970-05-01; female", "?"},
	} {
		for _, turned := range []bool{false, true} {
			a, b := one(c.linked), one(c.arrives)
			if turned {
				a, b = b, a
			}
			d, got := a.Differs(b), ""
			switch {
			case d.Question != "":
				got = "?"
			case d.Note != "":
				got = "note"
			}
			if got != c.want {
				t.Errorf("%q against %q (turned %v): %q, want %q: %+v", c.linked, c.arrives, turned, got, c.want, d)
			}
		}
	}
}

// TestR37WhoMayBeEnrolledTwice: the same name and birth date are one person until somebody looks; a
// name alone is where it is the same in every word.
func TestR37WhoMayBeEnrolledTwice(t *testing.T) {
	ana := Demographics{[]string{"Alvar, Ana"}, "1970-05-01", "female"}
	for name, c := range map[string]struct {
		o    Demographics
		want bool
	}{
		"same":             {Demographics{[]string{"Ana ÁLVAR"}, "1970-05-01", ""}, true},
		"initial":          {Demographics{[]string{"Alvar, A."}, "1970-05-01", "male"}, true},
		"slip":             {Demographics{[]string{"Alvar, Ana"}, "1970-05-02", ""}, false},
		"twin":             {Demographics{[]string{"Alvar, Eva"}, "1970-05-01", "female"}, false},
		"undated":          {Demographics{[]string{"Alvar, Ana"}, "", ""}, true},
		"undated, initial": {Demographics{[]string{"Alvar, A."}, "1900-01-01", ""}, false},
		"undated, a man":   {Demographics{[]string{"Alvar, Ana"}, "", "male"}, false},
		"nameless":         {Demographics{nil, "1970-05-01", "female"}, false},
	} {
		if got := ana.MayBe(c.o); got != c.want || c.o.MayBe(ana) != got {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestPlaceholdersAreNoNumbers lists what stands for no number, and what looks
// like it and is one.
func TestPlaceholdersAreNoNumbers(t *testing.T) {
	for _, n := range []string{"", " ", "unknown", "UNKNOWN", "n/a", "N.A.", "none", "None", "-", "--", "?", "0", "000", "0-0-0", "999", "999-99-9999", "MRN000000",
		"MRN-9999", "test", "TBD", "null", "xxx", "unbekannt", "not available", "00000000", "111-11-1111", "11111111111", "444 444 4444", "123-45-6789"} {
		if !Placeholder(n) {
			t.Errorf("%q is taken for a number", n)
		}
	}
	for _, n := range []string{"1", "7", "10", "100", "9", "99", "990", "MA-1", "A0", "4711", "test1", "NA-1", "12345", "1000000", "0001", "J1", "CHECK", "N100", "11111111", "MRN1111111", "1111111112", "12345678", "987654321"} {
		if Placeholder(n) {
			t.Errorf("%q is taken for none", n)
		}
	}
}

// TestNearNumbers tells what is easily mistyped for what.
func TestNearNumbers(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"4711", "004711", true}, {"4711", "47-11", true}, {"ma-1", "MA-01", true}, {"MA 1", "MA1", true}, {"４７１１", "4711", true},
		{"4711", "4712", false}, {"4711", "47110", false}, {"101", "11", false}, {"MA-10", "MA-1", false}, {"MA1", "MB1", false},
	} {
		if got := Near(Clean(c.a)) == Near(Clean(c.b)); got != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
	for _, n := range []string{" 4711", "4711\u00a0", "\u2003\u200b4711\ufeff\n"} {
		if Clean(n) != "4711" {
			t.Errorf("%q becomes %q", n, Clean(n))
		}
	}
}
