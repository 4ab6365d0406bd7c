package consent_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/consent"
	"pgregory.net/rapid"
)

// TestADelegationThatIsNotGoodIsRefused: each rule by itself.
func TestADelegationThatIsNotGoodIsRefused(t *testing.T) {
	if err := parent().Check(); err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(*Grant){
		"no kind":                     func(g *Grant) { g.Delegation.Kind = "" },
		"an unknown kind":             func(g *Grant) { g.Delegation.Kind = "owner" },
		"no act":                      func(g *Grant) { g.Delegation.Acts = nil },
		"an unknown act":              func(g *Grant) { g.Delegation.Acts = append(g.Delegation.Acts, "recover") },
		"to let others act alone":     func(g *Grant) { g.Delegation.Acts = []Act{ActDelegate} },
		"a role":                      func(g *Grant) { g.Actor = Actor{Kind: RoleAtFacility, Role: "doctor", FacilityKind: "clinic"} },
		"a practitioner":              func(g *Grant) { g.Actor.Kind = Practitioner },
		"the patient":                 func(g *Grant) { g.Actor.Party = g.Patient },
		"single records":              func(g *Grant) { g.Records = []stele.ID{id(3)} },
		"a number of uses":            func(g *Grant) { g.MaxUses = 3 },
		"no day of age":               func(g *Grant) { g.Delegation.OfAge = Date{} },
		"a month of age":              func(g *Grant) { g.Delegation.OfAge = Date{2039, 8, 0} },
		"a day that is none":          func(g *Grant) { g.Delegation.OfAge = Date{2039, 2, 30} },
		"a day of age for a carer":    func(g *Grant) { g.Delegation.Kind = Carer },
		"an end too late":             func(g *Grant) { g.End = time.Date(2039, 10, 13, 0, 0, 0, 1e6, time.UTC) },
		"a beginning after the day":   func(g *Grant) { g.NotBefore = time.Date(2039, 8, 14, 0, 0, 0, 0, time.UTC) },
		"what is not for parents":     func(g *Grant) { g.Sensitivity = []stele.Sensitivity{stele.Adolescent} },
		"words that do not know it":   func(g *Grant) { g.Wording = "2" },
		"a grant to read by a parent": func(g *Grant) { g.Action = stele.ActionRead },
	} {
		g := parent()
		if spoil(&g); g.Check() == nil {
			t.Errorf("%s is taken", what)
		}
	}
	g := parent()
	if g.End = time.Date(2039, 10, 13, 0, 0, 0, 0, time.UTC); g.Check() != nil {
		t.Error("sixty days after the day are too long")
	}
	if with(func(g *Grant) { g.Actor = Actor{Kind: Person, Party: party("Maria Holm")} }).Check() == nil {
		t.Error("a grant to read is given to a person who treats nobody")
	}
}

// TestAParentActsUntilTheBirthday: to the last millisecond before, whatever the end on the
// ledger is.
func TestAParentActsUntilTheBirthday(t *testing.T) {
	day := time.Date(2039, 8, 14, 0, 0, 0, 0, time.UTC)
	for at, want := range map[time.Time]Reason{
		signedAt: Permitted, signedAt.Add(-time.Millisecond): DenyNotYet,
		day.Add(-time.Millisecond): Permitted, day: DenyOfAge, day.AddDate(0, 0, 40): DenyEnded,
	} {
		if got := EvaluateActing(parent(), Acting{Act: ActRead, At: at}).Why(); got != want {
			t.Errorf("at %v: %q, want %q", at, got, want)
		}
	}
}

// TestADelegateDoesWhatTheDocumentSays: an act that it does not name is denied, and an
// executor acts for nobody who lives.
func TestADelegateDoesWhatTheDocumentSays(t *testing.T) {
	if got := EvaluateActing(parent(), Acting{Act: ActDelegate, At: signedAt}).Why(); got != DenyAct {
		t.Errorf("another delegate is made: %q", got)
	}
	executor := samples()["executor"]
	if got := EvaluateActing(executor, Acting{Act: ActRead, At: signedAt}).Why(); got != DenyLiving {
		t.Errorf("an executor reads before the death: %q", got)
	}
	if got := EvaluateActing(executor, Acting{Act: ActRead, At: signedAt, Dead: true}).Why(); got != Permitted {
		t.Errorf("and after it: %q", got)
	}
	if got := EvaluateActing(parent(), Acting{Act: ActRead, At: signedAt, Dead: true}).Why(); got != DenyDead {
		t.Errorf("a parent acts after the death: %q", got)
	}
	if got := EvaluateActing(care(), Acting{Act: ActRead, At: signedAt}).Why(); got != DenyAction {
		t.Errorf("a grant to read is a delegation: %q", got)
	}
}

// given is what a parent gives a doctor.
func given(change func(*Grant)) Grant {
	return with(func(g *Grant) {
		g.Signed.By = party("Maria Holm")
		change(g)
	})
}

// TestADelegateGivesAsTheDelegationAllows: signed by the delegate, for this patient, and an
// act that it names.
func TestADelegateGivesAsTheDelegationAllows(t *testing.T) {
	for what, c := range map[string]struct {
		given Grant
		why   Reason
	}{
		"a grant":               {given(func(*Grant) {}), Permitted},
		"signed by the patient": {care(), DenyDelegate},
		"another child's":       {given(func(g *Grant) { g.Patient = party("José Ruiz") }), DenyDelegate},
		"a delegation": {given(func(g *Grant) {
			*g = with(func(g *Grant) { *g = parent(); g.Signed.By = party("Maria Holm"); g.Actor.Party = party("Anna Lind") })
		}), DenyAct},
		"a grant that is not in form": {given(func(g *Grant) { g.Purposes = nil }), DenyUnfit},
	} {
		if got := EvaluateGiven(parent(), c.given).Why(); got != c.why {
			t.Errorf("%s: %q, want %q", what, got, c.why)
		}
	}
}

// TestADelegateWidensNothing: what exceeds the delegation is named, and a grant that exceeds in
// nothing opens nothing that the delegation does not.
func TestADelegateWidensNothing(t *testing.T) {
	narrow := with(func(g *Grant) {
		*g = samples()["attorney"]
		g.Sensitivity, g.Sources, g.From, g.To = []stele.Sensitivity{stele.PSY}, []Party{party("City Lab")}, Date{2020, 0, 0}, Date{2024, 6, 0}
		g.Purposes = []stele.Purpose{stele.Treatment}
	})
	within := given(func(g *Grant) {
		g.Signed.By, g.Sources, g.From, g.To = narrow.Actor.Party, narrow.Sources, Date{2020, 3, 0}, Date{2024, 6, 30}
	})
	if over := Exceeds(narrow, within); over != "" {
		t.Fatalf("a narrower one exceeds by %s", over)
	}
	for what, widen := range map[string]func(*Grant){
		"everything":  func(g *Grant) { g.Categories = []stele.Category{AllCategories} },
		"a category":  func(g *Grant) { g.Categories = append(slices.Clone(g.Categories), stele.Claims) },
		"sensitivity": func(g *Grant) { g.Sensitivity = []stele.Sensitivity{stele.HIV} },
		"purpose":     func(g *Grant) { g.Purposes = []stele.Purpose{stele.Payment} },
		"end":         func(g *Grant) { g.End = narrow.End.Add(time.Millisecond) },
		"no start":    func(g *Grant) { g.From = Date{} },
		"earlier":     func(g *Grant) { g.From = Date{2019, 0, 0} },
		"no last day": func(g *Grant) { g.To = Date{} },
		"later":       func(g *Grant) { g.To = Date{2024, 7, 1} },
		"all sources": func(g *Grant) { g.Sources = nil },
		"a source":    func(g *Grant) { g.Sources = []Party{party("Hafen-Apotheke")} },
	} {
		g := within
		if widen(&g); Exceeds(narrow, g) == "" {
			t.Errorf("%s is wider, and nothing is said", what)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d, g := anyGrant(t), anyGrant(t)
		asDelegation(t, &d)
		if Exceeds(d.Normal(), g) != "" {
			return
		}
		label := stele.Label{
			Category: rapid.SampledFrom(stele.Categories()).Draw(t, "category"), Year: rapid.IntRange(1989, 2027).Draw(t, "year"),
			Source: subject(rapid.SampledFrom(places).Draw(t, "source")),
		}
		if s := rapid.SampledFrom(append(stele.Sensitivities(), "")).Draw(t, "label"); s != "" {
			label.Sensitivity = []stele.Sensitivity{s}
		}
		if Covers(g, label).Permit() && !Covers(d.Normal(), label).Permit() {
			t.Fatalf("a grant opens what the delegation does not: %+v", label)
		}
	})
}

// TestAdolescentConfidenceIsNotForParents: no parent's delegation covers it.
func TestAdolescentConfidenceIsNotForParents(t *testing.T) {
	g := parent()
	g.Sensitivity = slices.DeleteFunc(stele.Sensitivities(), func(s stele.Sensitivity) bool { return s == stele.Adolescent })
	label := stele.Label{Category: stele.Encounters, Year: 2026, Source: subject("City Lab")}
	for s, want := range map[stele.Sensitivity]bool{stele.SEX: true, stele.Adolescent: false} {
		if label.Sensitivity = []stele.Sensitivity{s}; Covers(g, label).Permit() != want {
			t.Errorf("%s: %v", s, !want)
		}
	}
	if !strings.Contains(Say(g, "en"), "nothing that is confidential to an adolescent") {
		t.Errorf("it is not said: %s", Say(g, "en"))
	}
}
