package care

import (
	"fmt"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
)

// TestManyChartsNamed names a few people and counts the others; no one stands for two.
func TestManyChartsNamed(t *testing.T) {
	names := map[stele.Subject]string{}
	im := importing{whom: func(subject stele.Subject) string { return names[subject] }}
	var all []stele.Subject
	for i := range 8 {
		subject := stele.Subject{byte(i + 1)}
		names[subject] = fmt.Sprint("P", i+1)
		all = append(all, subject)
	}
	for n, want := range map[int]string{0: "", 1: "P1", 5: "P1, P2, P3, P4, P5", 6: "P1, P2, P3, P4, P5, 1 more", 8: "P1, P2, P3, P4, P5, 3 more"} {
		if got := im.people(all[:n]); got != want {
			t.Errorf("%d people are %q, want %q", n, got, want)
		}
	}
}

// TestChartsNamedByNobodyAreToBeLinked: linking is advised where nothing else is wrong.
func TestChartsNamedByNobodyAreToBeLinked(t *testing.T) {
	link, other := delivery.Note{Place: "line 1", Rule: delivery.RuleLink}, delivery.Note{Place: "line 2", Path: "Patient.id", Rule: "type id", Why: intake.Reason{Parts: []string{"it is no id: link: its patient is not linked here"}}}
	for _, c := range []struct {
		issues []delivery.Note
		want   bool
	}{{nil, false}, {[]delivery.Note{link}, true}, {[]delivery.Note{link, link}, true}, {[]delivery.Note{other}, false}, {[]delivery.Note{link, other}, false}, {[]delivery.Note{other, link}, false}} {
		if got := unlinked(delivery.Imported{Issues: c.issues}); got != c.want {
			t.Errorf("%v: %v", c.issues, got)
		}
	}
}

// TestWhoGivesTheWriteGrantThatLacksIsSaid: two members where nobody has claimed the chart, and of one that is merged
// into another the patient names it.
func TestWhoGivesTheWriteGrantThatLacksIsSaid(t *testing.T) {
	of := map[stele.Subject]giver{{1}: givenByPatient, {2}: givenByMembers, {3}: givenByOther}
	im := importing{who: "Elm", gives: func(subject stele.Subject) giver { return of[subject] }}
	patient := "the patient runs: stele wallet grant --write --to \"Elm\""
	for _, c := range []struct {
		closed []stele.Subject
		want   string
	}{
		{nil, patient},
		{[]stele.Subject{{1}}, patient},
		{[]stele.Subject{{1}, {2}}, "nobody has claimed the chart, and two members give: stele patient propose " + stele.Subject{2}.String() + " FILE --write --to \"Elm\""},
		{[]stele.Subject{{3}}, "the chart is merged into another; " + patient + " --chart " + stele.Subject{3}.String()},
	} {
		all := totalOf([]delivery.Imported{{Refused: 1, Denied: 1, Closed: c.closed}})
		if hint := stele.HintOf(im.verdict(all)); hint != c.want+"; then import the same again" {
			t.Errorf("%v: %s", c.closed, hint)
		}
	}
}
