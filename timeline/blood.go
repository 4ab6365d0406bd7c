package timeline

import (
	"slices"
	"strings"

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

// bloodGroup reads the group and the Rh factor that a finding tells of the person.
func bloodGroup(e Entry) (abo, rh string) {
	name := tokens(strings.ToLower(e.Name))
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(name, w) })
	}
	about := has("abo", "rh", "rhd") || has("blood") && has("group", "type")
	if e.Type != "Observation" || e.Stands != telling.Happened || !about || has("antibody", "antibodies", "antigen", "screen", "crossmatch", "donor", "unit") || e.record.Root().Member("focus").Exists() {
		return "", ""
	}
	value := strings.ToLower(e.Value)
	for i, w := range tokens(value) {
		switch {
		case w == "0" && i == 0:
			abo = "o"
		case abo == "" && slices.Contains([]string{"a", "b", "ab", "o"}, w):
			abo = w
		case strings.HasPrefix(w, "pos"):
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
