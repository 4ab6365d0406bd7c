package intake

import (
	"cmp"
	"slices"
)

// A newborn is called by its mother until it has a name: "Baby girl Okafor", "Sofia Girl
// A", "BG Okafor", "B/O Grace Okafor". Of twins a letter or a number alone tells which.

// infant is such a name.
type infant struct {
	sex   string   // "girl" or "boy"; "" where it is not told
	mark  string   // of twins: "a", "b"; "" where there is none
	other []string // the mother's names
}

// infantWords are what stands in place of a name, and what sex it tells.
var infantWords = map[string]string{
	"baby": "", "newborn": "", "infant": "", "neonate": "", "twin": "", "triplet": "", "multiple": "", "nb": "", "girl": "girl", "boy": "boy",
	"babygirl": "girl", "babyboy": "boy", "bg": "girl", "bb": "boy", "infantgirl": "girl", "infantboy": "boy", "newborngirl": "girl", "newbornboy": "boy",
	"babyfemale": "girl", "babymale": "boy", "neugeborenes": "", "neugeborener": "boy", "neugeborene": "girl", "saugling": "", "zwilling": "",
	"neonato": "", "neonata": "girl", "nouveaune": "boy", "recien": "",
}

// infantSexes tell the sex beside a word that stands in place of a name.
var infantSexes = map[string]string{"male": "boy", "female": "girl", "m": "boy", "f": "girl", "of": "", "nacido": "boy", "nacida": "girl", "ne": "boy", "nee": "girl"}

// marks tell twins apart, in the order of their births.
var marks = map[string]string{
	"a": "a", "1": "a", "i": "a", "one": "a", "first": "a", "b": "b", "2": "b", "two": "b", "second": "b", "c": "c", "3": "c", "three": "c", "third": "c", "d": "d", "4": "d",
}

// readInfant reads given names, and the family's where that is told apart; nil of who
// has a name.
func readInfant(given, family []string) *infant {
	in := &infant{other: slices.Clone(family)}
	is := len(given) > 1 && given[0] == "b" && given[1] == "o" // B/O, baby of
	if is {
		given = given[2:]
	}
	var rest []string
	for _, w := range given {
		sex, mark, one := infantWord(w)
		if one {
			is = true
			in.sex, in.mark = cmp.Or(in.sex, sex), cmp.Or(in.mark, mark)
		} else {
			rest = append(rest, w)
		}
	}
	if len(given) == 1 && (given[0] == "male" || given[0] == "female") && family != nil {
		is = true
	}
	if !is {
		return nil
	}
	for _, w := range rest {
		if mark, is := marks[w]; is {
			in.mark = cmp.Or(in.mark, mark)
		} else if sex, is := infantSexes[w]; is {
			in.sex = cmp.Or(in.sex, sex)
		} else {
			in.other = append(in.other, w)
		}
	}
	return in
}

// infantWord reads a word that stands in place of a name, perhaps with a twin's mark
// at its end: "girlb".
func infantWord(w string) (sex, mark string, is bool) {
	if sex, is = infantWords[w]; is {
		return sex, "", true
	}
	if last := len(w) - 1; last > 1 {
		if mark, is = marks[w[last:]]; is {
			sex, is = infantWords[w[:last]]
			return sex, mark, is
		}
	}
	return "", "", false
}

// against compares two newborns: a mark that one of them lacks makes them two, as one
// who is alone has none.
func (n *infant) against(o *infant) nameLikeness {
	switch {
	case n.sex != "" && o.sex != "" && n.sex != o.sex, n.mark != o.mark:
		return otherGiven
	case len(n.other) == 0 || len(o.other) == 0, within(n.other, o.other), within(o.other, n.other):
		return sameName
	case shares(n.other, o.other):
		return otherGiven
	}
	return otherName
}
