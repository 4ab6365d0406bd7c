package cli_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/wallet"
)

// TestADelegationsFlagsAreChecked before anybody is asked anything, and its day before anything is signed.
func TestADelegationsFlagsAreChecked(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		says cli.Delegation
		good bool
	}{
		"a parent":               {cli.Delegation{Kind: "parent", OfAge: "2044-11-30", Acts: []string{"read"}}, true},
		"a carer":                {cli.Delegation{Kind: "carer", Acts: []string{"read", "give"}}, true},
		"no such kind":           {cli.Delegation{Kind: "owner", Acts: []string{"read"}}, false},
		"no kind":                {cli.Delegation{Acts: []string{"read"}}, false},
		"a parent for ever":      {cli.Delegation{Kind: "parent", Acts: []string{"read"}}, false},
		"a carer until of age":   {cli.Delegation{Kind: "carer", OfAge: "2044-11-30"}, false},
		"no such act":            {cli.Delegation{Kind: "carer", Acts: []string{"read", "recover"}}, false},
		"a month":                {cli.Delegation{Kind: "parent", OfAge: "2044-11"}, false},
		"of age already":         {cli.Delegation{Kind: "parent", OfAge: "2026-11-30"}, false},
		"no day":                 {cli.Delegation{Kind: "parent", OfAge: "soon"}, false},
		"a day that there isn't": {cli.Delegation{Kind: "parent", OfAge: "2043-02-29"}, false},
	} {
		var terms wallet.Terms
		err := c.says.Check("--kind parent")
		if err == nil {
			err = c.says.Into(&terms, now)
		}
		if (err == nil) != c.good || err != nil && stele.KindOf(err) != stele.KindUsage {
			t.Errorf("%s: %v", name, err)
		}
		if c.good && (terms.Action != stele.ActionDelegate || len(terms.Delegation.Acts) != len(c.says.Acts) || terms.End.After(now) != (c.says.OfAge != "")) {
			t.Errorf("%s: %+v", name, terms)
		}
	}
}
