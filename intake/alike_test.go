package intake

import "testing"

// TestDemographicsContradict compares people as they are written.
func TestDemographicsContradict(t *testing.T) {
	one := func(name, born, sex string) Demographics { return Demographics{namesOf(name), born, sex} }
	for _, c := range []struct {
		a, b Demographics
		want bool
	}{
		{one("Ana Alvar", "1970-05-01", "female"), one("ANA ÁLVAR", "1971-05-01", "female"), false},
		{one("Ana Alvar", "1970-05-01", "female"), one("Alvar, Ana", "1971-05-01", "male"), false},
		{one("Ana Alvar", "1970-05-01", ""), one("A. Alvar", "1971", ""), false},
		{one("Ana Alvar", "1970-05-01", ""), one("Ana Maria Alvar", "1971", ""), false},
		{one("Şule Şahin", "1970", ""), one("Sule Sahin", "1971", ""), false},
		{one("Dr. Ana Alvar", "1970", ""), one("Ana Alvar", "1971", ""), false},
		{one("Maria Schmidt", "1970-05-01", "female"), one("Maria Weber", "1970-05-01", "female"), false}, // married
		{one("Maria Schmidt", "1970-05-01", "female"), one("Maria Weber", "1970", "female"), false},
		{one("Maria Schmidt", "1970-05-01", "female"), one("Maria Weber", "1982-05-01", "female"), true},
		{one("Mara Roth", "1988-01-01", "female"), one("Kim Roth", "2018-01-01", "female"), true},
		{one("Mara Roth", "", "female"), one("Kim Roth", "2018-01-01", "male"), true},
		{one("Mara Roth", "", "female"), one("Kim Roth", "2018-01-01", "other"), false},
		{one("Mara Roth", "", ""), one("Kim Roth", "2018-01-01", "male"), false},
		{one("", "1970", "male"), one("Kim Roth", "2018", "female"), false},
		{one("محمد", "1970", "male"), one("Mohammed", "1971", "male"), false}, // not to be compared
		{one("A B", "1970", "male"), one("A. C.", "1971", "male"), true},
		{Demographics{[]string{"Mia Braun", "Mia Klein"}, "1990", "female"}, one("Mia Klein", "1991", "female"), false},
	} {
		if got := c.a.Contradicts(c.b) != ""; got != c.want {
			t.Errorf("%+v against %+v: %v", c.a, c.b, got)
		}
		if c.a.Contradicts(c.b) == "" != (c.b.Contradicts(c.a) == "") {
			t.Errorf("%+v and %+v: it depends on who asks", c.a, c.b)
		}
	}
}

// TestPlaceholdersAreNoNumbers lists what stands for no number, and what looks
// like it and is one.
func TestPlaceholdersAreNoNumbers(t *testing.T) {
	for _, n := range []string{"", " ", "unknown", "UNKNOWN", "n/a", "N.A.", "none", "None", "-", "--", "?", "0", "000", "0-0-0", "999", "999-99-9999", "MRN000000",
		"MRN-9999", "test", "TBD", "null", "xxx", "unbekannt", "not available", "00000000"} {
		if !Placeholder(n) {
			t.Errorf("%q is taken for a number", n)
		}
	}
	for _, n := range []string{"1", "7", "10", "100", "9", "99", "990", "MA-1", "A0", "4711", "test1", "NA-1", "12345", "1000000", "0001", "J1", "CHECK", "N100"} {
		if Placeholder(n) {
			t.Errorf("%q is taken for none", n)
		}
	}
}
