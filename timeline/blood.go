package timeline

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// bloodGroups notes beside a blood group that another record tells another: one of
// them is of another person's blood, or after a transplant.
func bloodGroups(entries []Entry) {
	type group struct {
		at      int
		abo, rh string
	}
	var groups []group
	for i, e := range entries {
		if abo, rh := bloodGroup(e); abo+rh != "" {
			groups = append(groups, group{i, abo, rh})
		}
	}
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	for _, g := range groups {
		n := slices.IndexFunc(groups, func(o group) bool { return differ(g.abo, o.abo) || differ(g.rh, o.rh) })
		if n < 0 {
			continue
		}
		o := entries[groups[n].at]
		said := "yet another blood group is told: " + o.Value
		if day := telling.Day(o.When.Day); day != "" {
			said += " (" + day + ")"
		}
		e := &entries[g.at]
		e.Note = joined(", ", e.Note, said)
	}
}

// The names of a test for a blood group in English, German, French, Spanish, Italian, Dutch,
// Portuguese and Turkish, as folded: one word, or one of the first beside one of the second; and
// what stands beside them in the name of another test.
var (
	groupTests  = words("abo rh rhd rhesus rhesusfaktor blutgruppe blutgruppenbestimmung bloedgroep bloedgroepbepaling")
	bloodWords  = words("blood sanguin sanguineo sanguinea sanguigno kan")
	groupWords  = words("group groups grouping type typing groupe groupage grupo gruppo tipo tipagem tipificacion grubu")
	otherTests  = words("antigen screen crossmatch donor unit spender donneur donante donatore kreuzprobe antigene antigeno")
	antibodyFor = []string{"antibod", "antikorp", "anticorp", "anticuerp", "antistof", "antikor"}
)

// groupsSaid are the ABO groups, with their subgroups, and as a zero is written.
var groupsSaid = map[string]string{"a": "a", "a1": "a", "a2": "a", "b": "b", "ab": "ab", "a1b": "ab", "a2b": "ab", "o": "o", "0": "o", "null": "o"}

// bloodGroup reads the group and the Rh factor that a finding tells of the person.
func bloodGroup(e Entry) (abo, rh string) {
	if e.Type != "Observation" || e.Stands != telling.Happened || !aboutBloodGroup(e.Name) || e.record.Root().Member("focus").Exists() {
		return "", ""
	}
	said := strings.FieldsFunc(e.Value, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) })
	for _, w := range said {
		rh = cmp.Or(rh, signOf(stele.Fold(w)))
	}
	value := strings.TrimRight(e.Value, " .)")
	switch {
	case rh != "":
	case strings.HasSuffix(value, "+"):
		rh = "positive"
	case strings.HasSuffix(value, "-"), strings.HasSuffix(value, "−"):
		rh = "negative"
	}
	return aboOf(said), rh
}

// signOf is what a word says of the Rh factor, or "".
func signOf(w string) string {
	switch {
	case strings.HasPrefix(w, "pos"), strings.HasPrefix(w, "poz"):
		return "positive"
	case strings.HasPrefix(w, "neg"):
		return "negative"
	}
	return ""
}

// aboOf is the last of the words that is a group, or "". In small letters it may be an article,
// as before anything but the Rh factor: "O positive, a second sample is needed". A zero may count
// something else, and "null" is a program's word for nothing, unless the Rh factor follows.
func aboOf(said []string) (abo string) {
	best := 0
	for i, w := range said {
		folded, next := stele.Fold(w), stele.Fold(append(said, "")[i+1])
		if groupsSaid[folded] == "" || i > 0 && slices.Contains([]string{"n", "anti", "not"}, stele.Fold(said[i-1])) {
			continue
		}
		sure, factor := 0, next == "d" || strings.HasPrefix(next, "rh") || signOf(next) != ""
		switch {
		case folded == "null" && !factor:
			continue
		case folded == "0":
			sure = 1
		case folded != w:
			sure = 3
		}
		if factor || next == "" {
			sure++
		}
		if sure > 0 && sure >= best {
			abo, best = groupsSaid[folded], sure
		}
	}
	return abo
}

// aboutBloodGroup reports whether a name is that of a test for a blood group.
func aboutBloodGroup(name string) bool {
	said := tokens(stele.Fold(name))
	has := func(of map[string]bool) bool { return telling.HasWord(said, of) }
	against := slices.ContainsFunc(said, func(w string) bool {
		return slices.ContainsFunc(antibodyFor, func(s string) bool { return strings.Contains(w, s) })
	})
	return (has(groupTests) || has(bloodWords) && has(groupWords)) && !has(otherTests) && !against
}
