package intake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Demographics are what is known of a person beside numbers.
type Demographics struct {
	Names []string // each in one line: "Alvar, Ana"; without a comma the order is not told
	Born  string   // FHIR date, perhaps partial
	Sex   string   // FHIR administrative gender
}

// Difference is what speaks against two being one person. Numbers are mistyped,
// and twins, fathers and sons differ in one thing only.
type Difference struct {
	Question string // what somebody has to look at first; "" where one may go on
	Note     string // what differs all the same, and is told; "" where nothing does
}

// Differs compares two people. What is not told on both sides says nothing.
//
// A question are: given names that have nothing in common (twins), birth dates that
// differ by more than a slip of the pen (a father and his son), a newborn's
// "Baby girl" where the birth date is not the same, and any two differences. A note
// is one alone: another family name, a slip in the birth date, another sex, a
// Jr. that one of them lacks, a newborn who has a name now.
func (d Demographics) Differs(o Demographics) Difference {
	c := d.compare(o)
	var all []string
	for _, is := range []struct {
		so   bool
		text string
	}{
		{c.name > sameName, c.name.String() + fmt.Sprintf(" (%s; %s)", c.one, c.other)},
		{c.date > sameDate, fmt.Sprintf("another birth date (%s; %s)", d.Born, o.Born)},
		{c.sex, fmt.Sprintf("another sex (%s; %s)", d.Sex, o.Sex)},
	} {
		if is.so {
			all = append(all, is.text)
		}
	}
	told := strings.Join(all, " and ")
	switch {
	case c.name >= otherGiven, c.date == otherDate, c.name == newborn && c.date != sameDate && c.date != slip, len(all) > 1:
		return Difference{Question: told}
	}
	return Difference{Note: told}
}

// MayBe reports whether two may be one person who was enrolled twice: the name is the same, in other
// spellings too, and so is the birth date. Where a birth date is not told, the name has to be the same
// in every word, and the sex no other. Twins have other given names.
func (d Demographics) MayBe(o Demographics) bool {
	c := d.compare(o)
	return c.name == sameName && (c.date == sameDate || c.date == untoldDate && c.written && !c.sex)
}

// comparison is how two people compare, thing by thing.
type comparison struct {
	name       nameLikeness
	one, other string // the names that come closest
	date       dateLikeness
	sex        bool // differs
	written    bool // the names are the same in every word
}

func (d Demographics) compare(o Demographics) comparison {
	c := comparison{date: dates(d.Born, o.Born), sex: d.Sex != o.Sex && maleOrFemale(d.Sex) && maleOrFemale(o.Sex)}
	for _, x := range d.Names[:min(len(d.Names), maxNames)] {
		n := parseName(x)
		for _, y := range o.Names[:min(len(o.Names), maxNames)] {
			like := n.against(parseName(y))
			if like != untoldName && (c.name == untoldName || like < c.name) {
				c.name, c.one, c.other = like, x, y
			}
			c.written = c.written || like == sameName && n.same(parseName(y))
		}
	}
	return c
}

// another reports whether two have another name and another birth date or sex.
func (d Demographics) another(o Demographics) bool {
	c := d.compare(o)
	return c.name >= otherFamily && (c.date >= slip || c.sex)
}

// exact reports whether nothing differs and name and birth date are told.
func (c comparison) exact() bool { return c.name == sameName && c.date == sameDate && !c.sex }

// fit is how well two fit each other in name and birth date; 0 where one of them differs,
// or the name is not told. One that is written the same is more than one that may be,
// and a birth date more than either; another sex, which may be a slip, is one less.
func (c comparison) fit() (fit int) {
	if c.name != sameName || c.date > sameDate {
		return 0
	}
	if fit = 1; c.written {
		fit++
	}
	if c.date == sameDate {
		fit += 2
	}
	if c.sex {
		fit--
	}
	return fit
}

func maleOrFemale(sex string) bool { return sex == "male" || sex == "female" }

type dateLikeness uint8

const (
	untoldDate dateLikeness = iota
	sameDate                // as far as both are told
	slip                    // of the pen
	otherDate
)

// standIns are written where no birth date is known, by people, or by programs whose days
// begin or end there.
var standIns = []string{
	"0001-01-01", "1753-01-01", "1800-01-01", "1850-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01", "2999-12-31", "9999-12-31",
}

// dates compares birth dates. A slip is one digit, two neighbours transposed, day
// and month swapped, or the first of January of the same year; but ten years are
// a son.
func dates(a, b string) dateLikeness {
	n := min(len(a), len(b), 10)
	if n < 4 || slices.Contains(standIns, a) || slices.Contains(standIns, b) {
		return untoldDate
	}
	a, b = a[:n], b[:n]
	x, errX := strconv.Atoi(a[:4])
	y, errY := strconv.Atoi(b[:4])
	switch {
	case a == b:
		return sameDate
	case errX != nil || errY != nil || max(x, y)-min(x, y) >= 10:
		return otherDate
	case n == 10 && x == y && (a[5:] == "01-01" || b[5:] == "01-01" || a[5:7] == b[8:] && a[8:] == b[5:7]):
		return slip
	}
	p, q := strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", "")
	var differ []int
	for i := range min(len(p), len(q)) {
		if p[i] != q[i] {
			differ = append(differ, i)
		}
	}
	switch {
	case len(differ) == 1:
		return slip
	case len(differ) == 2 && differ[1] == differ[0]+1 && p[differ[0]] == q[differ[1]] && p[differ[1]] == q[differ[0]]:
		return slip
	}
	return otherDate
}
