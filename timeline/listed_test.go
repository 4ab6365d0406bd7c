package timeline_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

// What a list of allergies, problems or medicines names and has no record of its own may
// be so: the last list of its source and name, and not what it strikes out.
func TestR38WhatAListNamesMayBeSo(t *testing.T) {
	list := func(date, status, entries string) string {
		return `{"resourceType":"List","id":"` + date + `","status":"` + status + `","mode":"snapshot","title":"Allergies","date":"` + date + `","entry":[` + entries + `]}`
	}
	const (
		penicillin = `{"item":{"display":"Penicillin: anaphylaxis"}}`
		latex      = `{"item":{"display":"Latex"}}`
		struck     = `{"deleted":true,"item":{"display":"Latex"}}`
		linked     = `{"item":{"reference":"AllergyIntolerance/1","display":"Penicillin"}}`
		allergy    = `{"resourceType":"AllergyIntolerance","id":"1","clinicalStatus":{"coding":[{"code":"active"}]},"verificationStatus":{"coding":[{"code":"confirmed"}]},"code":{"text":"Penicillin"}}`
	)
	for name, c := range map[string]struct {
		records []string
		want    string // may be so
	}{
		"named":       {[]string{list("2024-05-06", "current", penicillin)}, "Allergies: Penicillin: anaphylaxis (named in a list, mode snapshot, recorded 6 May 2024)"},
		"the last":    {[]string{list("2024-05-06", "current", penicillin), list("2024-05-07", "current", latex)}, "Allergies: Latex (named in a list, mode snapshot, recorded 7 May 2024)"},
		"retired":     {[]string{list("2024-05-06", "retired", penicillin)}, ""},
		"struck":      {[]string{list("2024-05-06", "current", struck)}, ""},
		"not here":    {[]string{list("2024-05-06", "current", linked)}, "Allergies: Penicillin (named in a list, mode snapshot, recorded 6 May 2024)"},
		"here":        {[]string{list("2024-05-06", "current", linked), allergy}, ""},
		"another too": {[]string{list("2024-05-06", "current", linked+","+latex), allergy}, "Allergies: Penicillin; Latex (named in a list, mode snapshot, recorded 6 May 2024)"},
	} {
		items := lines("A", c.records...)
		for i := range items {
			items[i].Label.Category = stele.Allergies
		}
		s := Tell(items, june)
		got := ""
		if _, below, ok := strings.Cut(s.Text(Page{Width: 200}), "May be so"); ok {
			below, _, _ = strings.Cut(below, "\n\n")
			got = strings.Join(strings.Fields(below), " ")
		}
		if c.want == "" && got != "" || !strings.Contains(got, "allergy "+c.want) && c.want != "" {
			t.Errorf("%s: may be so is %q, want %q:\n%s", name, got, c.want, s.Text(Page{}))
		}
	}
}
