package wallet

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
)

// TestAGrantsShortWordsSayEachLimit: in the list of grants and in the log a grant never
// sounds wider than it is.
func TestAGrantsShortWordsSayEachLimit(t *testing.T) {
	all, some := []stele.Category{consent.AllCategories}, []stele.Category{"results", "vitals"}
	for _, c := range []struct {
		grant consent.Grant
		want  string
	}{
		{consent.Grant{Action: stele.ActionRead, Categories: all}, "all but sensitive"},
		{consent.Grant{Action: stele.ActionRead, Categories: all, Sensitivity: []stele.Sensitivity{"HIV"}}, "everything + HIV"},
		{consent.Grant{Action: stele.ActionWrite, Categories: all}, "everything"},
		{consent.Grant{Action: stele.ActionRead, Categories: some}, "results, vitals"},
		{consent.Grant{Action: stele.ActionRead, Categories: some, From: consent.Date{Year: 2019}}, "results, vitals, dated 2019 or later"},
		{consent.Grant{Action: stele.ActionRead, Categories: some, To: consent.Date{Year: 2021, Month: 3}}, "results, vitals, dated 2021-03 or earlier"},
		{consent.Grant{Action: stele.ActionRead, Categories: all, From: consent.Date{Year: 2019}, To: consent.Date{Year: 2021}}, "all but sensitive, dated 2019 to 2021"},
		{consent.Grant{Action: stele.ActionRead, Categories: all, From: consent.Date{Year: 2019}, To: consent.Date{Year: 2019}}, "all but sensitive, dated 2019"},
		{consent.Grant{Action: stele.ActionRead, Categories: some, Records: []stele.ID{{1}}}, "results, vitals, 1 record only"},
		{consent.Grant{Action: stele.ActionRead, Categories: some, Sources: []consent.Party{{Name: "Elm"}, {Name: "Lake"}}}, "results, vitals, from Elm or Lake"},
	} {
		if got := shortScope(c.grant); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
