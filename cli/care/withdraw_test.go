package care

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/delivery"
)

// TestASubmissionIsNamedAsListsShowIt: the whole of what they show, and what one alone has.
func TestASubmissionIsNamedAsListsShowIt(t *testing.T) {
	a, b, like := stele.ID{1, 2, 3, 4, 5, 6, 7, 8}, stele.ID{9, 2, 3, 4, 5, 6, 7, 8}, stele.ID{1, 2, 3, 4, 5, 6, 7, 9}
	two, three := []delivery.Standing{{Submission: a}, {Submission: a}, {Submission: b}}, []delivery.Standing{{Submission: a}, {Submission: like}}
	shown := a.String()[:shownID]
	for what, c := range map[string]struct {
		all  []delivery.Standing
		text string
		want stele.ID
	}{
		"as it is shown":            {two, shown, a},
		"and as it is cut":          {two, shown + "…", a},
		"more of it":                {two, a.String()[:shownID+1], a},
		"less, which one alone has": {two, a.String()[:shownID-1], stele.ID{}},
		"a letter":                  {two, a.String()[:1], stele.ID{}},
		"nothing":                   {two[:1], "", stele.ID{}},
		"which two have":            {three, shown, stele.ID{}},
		"nobody's":                  {two, "aaaaaaaaaa", stele.ID{}},
	} {
		if got, err := submissionIn(c.all, c.text); got != c.want || (err == nil) != (c.want != stele.ID{}) || err != nil && (stele.KindOf(err) != stele.KindUsage || stele.HintOf(err) == "") {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
}
