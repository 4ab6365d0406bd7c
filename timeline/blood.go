package timeline

import (
	"slices"
	"strings"

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
	beforeGroup = words("group type abo ab0 blood blutgruppe gruppe groupe grupo tipo gruppo bloedgroep groep grubu rh rhd grp gp is system positive negative positiv negativ positivo negativo positif negatif pos neg")
	otherTests  = words("antigen screen crossmatch donor unit spender donneur donante donatore kreuzprobe antigene antigeno")
	antibodyFor = []string{"antibod", "antikorp", "anticorp", "anticuerp", "antistof", "antikor"}
)

// bloodGroup reads the group and the Rh factor that a finding tells of the person.
func bloodGroup(e Entry) (abo, rh string) {
	if e.Type != "Observation" || e.Stands != telling.Happened || !aboutBloodGroup(e.Name) || e.record.Root().Member("focus").Exists() {
		return "", ""
	}
	value := strings.ReplaceAll(strings.TrimSpace(stele.Fold(e.Value)), "ab0", "abo")
	said := tokens(value)
	for i, w := range said {
		first := i == 0 || beforeGroup[said[i-1]] // elsewhere they are articles, and "null" is a program's word for nothing
		switch {
		case first && (w == "0" || w == "null" && i+1 < len(said)):
			abo = "o"
		case abo == "" && first && slices.Contains([]string{"a", "b", "ab", "o"}, w):
			abo = w
		case strings.HasPrefix(w, "pos") || strings.HasPrefix(w, "poz"):
			rh = "positive"
		case strings.HasPrefix(w, "neg"):
			rh = "negative"
		}
	}
	switch {
	case rh != "":
	case strings.HasSuffix(value, "+"):
		rh = "positive"
	case strings.HasSuffix(value, "-"), strings.HasSuffix(value, "−"):
		rh = "negative"
	}
	return abo, rh
}

// aboutBloodGroup reports whether a name is that of a test for a blood group.
func aboutBloodGroup(name string) bool {
	said := tokens(stele.Fold(name))
	has := func(of map[string]bool) bool {
		return slices.ContainsFunc(said, func(w string) bool { return of[w] })
	}
	against := slices.ContainsFunc(said, func(w string) bool {
		return slices.ContainsFunc(antibodyFor, func(s string) bool { return strings.Contains(w, s) })
	})
	return (has(groupTests) || has(bloodWords) && has(groupWords)) && !has(otherTests) && !against
}
