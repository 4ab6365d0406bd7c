package consent_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"
	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/consent"
	"pgregory.net/rapid"
)

// TestEveryGrantIsSaid keeps the sentences where people can read them:
// testdata/say.txt, rewritten with -rewrite.
func TestEveryGrantIsSaid(t *testing.T) {
	datadriven.RunTest(t, "testdata/say.txt", func(t *testing.T, d *datadriven.TestData) string {
		g := care()
		for _, a := range d.CmdArgs {
			if err := setting(&g, a.Key, strings.Join(a.Vals, ",")); err != nil {
				d.Fatalf(t, "%v", err)
			}
		}
		if d.Cmd == "presented" {
			return Presented(g) + "\n"
		}
		return Say(g, "en") + "\n"
	})
}

func setting(g *Grant, key, value string) error {
	switch key {
	case "sample":
		*g = samples()[value]
	case "action":
		g.Action = stele.ActionWrite
	case "actor":
		g.Actor = map[string]Actor{
			"person":       {Kind: Practitioner, Party: party("Dr Jun Watanabe")},
			"organisation": {Kind: Organisation, Party: party("City Lab")},
			"nurses":       {Kind: Organisation, Party: party("Northside Hospital"), Role: "nurse"},
			"role":         {Kind: RoleAtFacility, Role: "emergency-doctor", FacilityKind: "emergency-department"},
		}[value]
	case "categories":
		g.Categories = nil
		for _, c := range strings.Split(value, ",") {
			g.Categories = append(g.Categories, stele.Category(c))
		}
	case "sensitivity":
		for _, s := range strings.Split(value, ",") {
			g.Sensitivity = append(g.Sensitivity, stele.Sensitivity(s))
		}
	case "unclassified":
		for _, part := range strings.Split(value, ",") {
			category, list, _ := strings.Cut(part, ":")
			w := WorstCase{Category: stele.Category(strings.TrimPrefix(category, "all"))}
			for _, s := range strings.Split(list, "+") {
				w.Sensitivity = append(w.Sensitivity, stele.Sensitivity(s))
			}
			g.Unclassified = append(g.Unclassified, w)
		}
	case "wording":
		g.Wording = value
	case "purposes":
		g.Purposes = nil
		for _, p := range strings.Split(value, ",") {
			g.Purposes = append(g.Purposes, stele.Purpose(p))
		}
	case "from":
		g.From, _ = ParseDate(value)
	case "to":
		g.To, _ = ParseDate(value)
	case "source":
		g.Sources = append(g.Sources, party("City Lab"), party("Northside Hospital"))
	case "records":
		g.Records = []stele.ID{id(1), id(2)}
	case "once":
		g.MaxUses = 1
	default:
		return fmt.Errorf("no setting %q", key)
	}
	return g.Check()
}

// meaning is g without what no sentence has to tell: which document it is,
// whose, by which key, and where it is written down.
func meaning(g Grant) Grant {
	g.ID, g.Patient, g.Grantee = stele.ID{}, Party{}, stele.PublicKey{}
	g.Policy, g.Language, g.Wording, g.Signed = "", "", "", Signature{}
	return g
}

func TestDifferentMeaningsAreSaidDifferently(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyGrant(t), anyGrant(t)
		// Two random grants differ in everything; take single parts over, so
		// that each part alone has to make the difference.
		if rapid.Bool().Draw(t, "near") {
			b = transplant(a, b, rapid.IntRange(0, 14).Draw(t, "part"))
		}
		if b.Check() != nil {
			return
		}
		same := cmp.Equal(meaning(a), meaning(b))
		if said := Say(a, "en") == Say(b, "en"); said != same {
			t.Fatalf("same meaning: %v, same words: %v\n%s\n%s", same, said, Say(a, "en"), Say(b, "en"))
		}
	})
}

// transplant returns a with one part of b.
func transplant(a, b Grant, part int) Grant {
	switch part {
	case 0:
		a.Action = b.Action
	case 1:
		a.Actor = b.Actor
	case 2:
		a.Purposes = b.Purposes
	case 3:
		a.Categories = b.Categories
	case 4:
		a.Sensitivity = b.Sensitivity
	case 5:
		a.From = b.From
	case 6:
		a.To = b.To
	case 7:
		a.Sources = b.Sources
	case 8:
		a.Records = b.Records
	case 9:
		a.NotBefore, a.End = b.NotBefore, b.End
	case 10:
		a.MaxUses = b.MaxUses
	case 11:
		a.Unclassified = b.Unclassified
	case 12:
		a.Delegation.Kind, a.Delegation.OfAge = b.Delegation.Kind, b.Delegation.OfAge
	case 13:
		a.Delegation.Acts = b.Delegation.Acts
	case 14:
		a.Delegation.OfAge = b.Delegation.OfAge
	}
	return a
}

func TestEveryCategorySensitivityAndPurposeHasItsOwnWords(t *testing.T) {
	said := map[string]string{}
	note := func(code, context string, change func(*Grant)) {
		sentence := Say(with(change), "en")
		if strings.Contains(sentence, fmt.Sprintf(context, code)) {
			t.Errorf("%q is said as its code: %s", code, sentence)
		}
		if other, ok := said[sentence]; ok {
			t.Errorf("%q and %q are said alike", code, other)
		}
		said[sentence] = code
	}
	for _, c := range stele.Categories() {
		if slices.Contains([]stele.Category{stele.Allergies, stele.Procedures, stele.Imaging}, c) {
			continue // plain English as they are
		}
		note(string(c), "your %s for", func(g *Grant) { g.Categories = []stele.Category{c} })
	}
	for _, s := range stele.Sensitivities() {
		if s == stele.HIV {
			continue // plain English as it is
		}
		note(string(s), "marked as %s,", func(g *Grant) { g.Sensitivity = []stele.Sensitivity{s} })
	}
	for _, p := range stele.Purposes() {
		note(string(p), "for %s until", func(g *Grant) { g.Purposes = []stele.Purpose{p} })
	}
}

func TestSecondsAreSaid(t *testing.T) {
	said := map[string]bool{}
	for _, more := range []time.Duration{0, time.Millisecond, time.Second, time.Second + time.Millisecond, time.Minute} {
		said[Say(with(func(g *Grant) { g.End = g.End.Add(more) }), "en")] = true
		said[Say(with(func(g *Grant) { g.NotBefore = g.NotBefore.Add(more) }), "en")] = true
	}
	if len(said) != 9 { // the care grant itself comes up twice
		t.Errorf("9 grants are said in %d ways", len(said))
	}
}
