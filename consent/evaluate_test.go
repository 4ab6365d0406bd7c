package consent_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/consent"
	"pgregory.net/rapid"
)

// asked is a request that care permits.
func asked() Request {
	return Request{
		Asking: Asking{
			Who: subject("Dr Amara Okafor"), Organisation: subject("Northside Hospital"), Role: "doctor",
			FacilityKind: "hospital", Action: stele.ActionRead, Purpose: stele.Treatment, At: signedAt.Add(time.Hour),
		},
		Label: stele.Label{Category: stele.Allergies, Year: 2020, Source: subject("City Lab")},
		When:  "2020-05-06T10:00:00+02:00",
	}
}

func handle(n byte) *stele.ID {
	h := id(n)
	return &h
}

// evaluateCase is an asking under a grant: care and asked, changed.
type evaluateCase struct {
	name  string
	grant func(*Grant)
	ask   func(*Request)
	why   Reason
}

func evaluateCases() []evaluateCase {
	return []evaluateCase{
		{name: "as given"},
		{name: "first instant", ask: func(r *Request) { r.At = signedAt }},
		{name: "before the first instant", ask: func(r *Request) { r.At = signedAt.Add(-time.Millisecond) }, why: DenyNotYet},
		{name: "last instant", ask: func(r *Request) { r.At = signedAt.Add(24*time.Hour - time.Millisecond) }},
		{name: "at the end", ask: func(r *Request) { r.At = signedAt.Add(24 * time.Hour) }, why: DenyEnded},
		{name: "no time", ask: func(r *Request) { r.At = time.Time{} }, why: DenyNotYet},
		{name: "write under read", ask: func(r *Request) { r.Action = stele.ActionWrite }, why: DenyAction},
		{name: "read under write", grant: func(g *Grant) { g.Action = stele.ActionWrite }, why: DenyAction},
		{name: "somebody else", ask: func(r *Request) { r.Who = subject("Dr Jun Watanabe") }, why: DenyWho},
		{name: "nobody", ask: func(r *Request) { r.Who = stele.Subject{} }, why: DenyWho},
		{name: "elsewhere", ask: func(r *Request) { r.Organisation = subject("City Lab") }, why: DenyOrganisation},
		{name: "nowhere", ask: func(r *Request) { r.Organisation = stele.Subject{} }, why: DenyOrganisation},
		{name: "anywhere", grant: func(g *Grant) { g.Actor.At = Party{} },
			ask: func(r *Request) { r.Organisation = subject("City Lab") }},
		{name: "category", ask: func(r *Request) { r.Label.Category = stele.Results }, why: DenyCategory},
		{name: "no category", ask: func(r *Request) { r.Label.Category = "" }, why: DenyCategory},
		{name: "the word all is no category", grant: all, ask: func(r *Request) { r.Label.Category = AllCategories }, why: DenyCategory},
		{name: "all categories", grant: all, ask: func(r *Request) { r.Label.Category = stele.Claims }},
		{name: "sensitive", ask: sensitive(stele.PSY), why: DenySensitivity},
		{name: "sensitive under everything", grant: all, ask: sensitive(stele.PSY), why: DenySensitivity},
		{name: "sensitive and allowed", grant: allow(stele.PSY), ask: sensitive(stele.PSY)},
		{name: "one of two allowed", grant: allow(stele.PSY), ask: sensitive(stele.HIV, stele.PSY), why: DenySensitivity},
		{name: "unknown sensitivity", grant: allow(stele.Sensitivities()...), ask: sensitive("NEW"), why: DenySensitivity},
		{name: "ordinary under sensitive", grant: allow(stele.PSY)},
		{name: "source", grant: from("Northside Hospital"), why: DenySource},
		{name: "source allowed", grant: from("Northside Hospital", "City Lab")},
		{name: "before the period", grant: dated("2021", ""), why: DenyPeriod},
		{name: "after the period", grant: dated("", "2019"), why: DenyPeriod},
		{name: "in the period", grant: dated("2020", "2020")},
		{name: "no date under a period", grant: dated("2019", ""), ask: undated, why: DenyPeriod},
		{name: "no date under a period that only ends", grant: dated("", "2030"), ask: undated, why: DenyPeriod},
		{name: "no date without a period", ask: undated},
		{name: "folio under single records", grant: only(3), why: DenyRecord},
		{name: "single record", grant: only(3), ask: func(r *Request) { r.Record = handle(3) }},
		{name: "another record", grant: only(3), ask: func(r *Request) { r.Record = handle(4) }, why: DenyRecord},
		{name: "single record of another category", grant: only(3),
			ask: func(r *Request) { r.Record, r.Label.Category = handle(3), stele.Results }, why: DenyCategory},
		{name: "record by exact date", grant: dated("2020-05-06", "2020-05-06"), ask: func(r *Request) { r.Record = handle(3) }},
		{name: "record a day early", grant: dated("2020-05-07", ""), ask: func(r *Request) { r.Record = handle(3) }, why: DenyPeriod},
		{name: "record a day late", grant: dated("", "2020-05-05"), ask: func(r *Request) { r.Record = handle(3) }, why: DenyPeriod},
		{name: "record whose date may lie outside", grant: dated("2020-05", ""),
			ask: func(r *Request) { r.Record, r.When = handle(3), "2020" }, why: DenyPeriod},
		{name: "record with a broken date", grant: dated("2020", ""),
			ask: func(r *Request) { r.Record, r.When = handle(3), "2020-13-01" }, why: DenyPeriod},
		{name: "unfit grant", grant: func(g *Grant) { g.ID = stele.ID{} }, why: DenyUnfit},
		{name: "unfit list", grant: func(g *Grant) { g.Categories = append(g.Categories, "all-of-it") }, why: DenyUnfit},
	}
}

func (c evaluateCase) made() (Grant, Request) {
	g, r := care(), asked()
	if c.grant != nil {
		c.grant(&g)
	}
	if c.ask != nil {
		c.ask(&r)
	}
	return g, r
}

func TestEvaluateDeniesWhatTheGrantDoesNotAllow(t *testing.T) {
	for _, c := range evaluateCases() {
		t.Run(c.name, func(t *testing.T) {
			d := Evaluate(c.made())
			if d.Why() != c.why || d.Permit() != (c.why == Permitted) {
				t.Errorf("got %v %q, want %q", d.Permit(), d.Why(), c.why)
			}
		})
	}
}

// TestTheCapsuleOfARecordNeedsAGrantForThatRecord: one for its category does not do, and the label is
// judged as a folio's.
func TestTheCapsuleOfARecordNeedsAGrantForThatRecord(t *testing.T) {
	for what, c := range map[string]struct {
		grant  func(*Grant)
		record byte
		label  func(*stele.Label)
		why    Reason
	}{
		"its own":                  {only(3), 3, nil, Permitted},
		"another's":                {only(3), 4, nil, DenyRecord},
		"of a grant of folios":     {func(*Grant) {}, 3, nil, DenyRecord},
		"of another category":      {only(3), 3, func(l *stele.Label) { l.Category = stele.Results }, DenyCategory},
		"marked as something":      {only(3), 3, func(l *stele.Label) { l.Sensitivity = []stele.Sensitivity{stele.HIV} }, DenySensitivity},
		"under a grant not of use": {func(g *Grant) { g.Records, g.ID = []stele.ID{id(3)}, stele.ID{} }, 3, nil, DenyUnfit},
	} {
		g, r := care(), asked()
		c.grant(&g)
		if c.label != nil {
			c.label(&r.Label)
		}
		if got := CoversCapsule(g, r.Label, id(c.record)); got.Why() != c.why || got.Permit() != (c.why == Permitted) {
			t.Errorf("%s: %q", what, got.Why())
		}
	}
}

func all(g *Grant)       { g.Categories = []stele.Category{AllCategories} }
func undated(r *Request) { r.Label.Year, r.When = 0, "" }
func allow(s ...stele.Sensitivity) func(*Grant) {
	return func(g *Grant) { g.Sensitivity = s }
}
func sensitive(s ...stele.Sensitivity) func(*Request) {
	return func(r *Request) { r.Label.Sensitivity = s }
}
func from(names ...string) func(*Grant) {
	return func(g *Grant) {
		for _, n := range names {
			g.Sources = append(g.Sources, party(n))
		}
	}
}
func dated(from, to string) func(*Grant) {
	return func(g *Grant) {
		g.From, _ = ParseDate(from)
		g.To, _ = ParseDate(to)
	}
}
func only(n byte) func(*Grant) {
	return func(g *Grant) { g.Records = []stele.ID{id(n)} }
}

func TestEvaluateByOrganisationAndRole(t *testing.T) {
	organisation := Actor{Kind: Organisation, Party: party("Northside Hospital")}
	nurses := organisation
	nurses.Role = "nurse"
	role := Actor{Kind: RoleAtFacility, Role: "doctor", FacilityKind: "emergency-department"}
	for _, c := range []struct {
		name  string
		actor Actor
		ask   func(*Request)
		why   Reason
	}{
		{"anyone there", organisation, func(r *Request) { r.Who = subject("x") }, Permitted},
		{"the organisation itself", organisation, func(r *Request) { r.Who, r.Organisation = subject("Northside Hospital"), stele.Subject{} }, Permitted},
		{"anyone elsewhere", organisation, func(r *Request) { r.Organisation = subject("City Lab") }, DenyOrganisation},
		{"a doctor where nurses may", nurses, func(*Request) {}, DenyRole},
		{"a nurse", nurses, func(r *Request) { r.Role = "nurse" }, Permitted},
		{"role at facility", role, func(r *Request) { r.FacilityKind = "emergency-department" }, Permitted},
		{"role at another facility", role, func(*Request) {}, DenyFacility},
		{"another role", role, func(r *Request) { r.FacilityKind, r.Role = "emergency-department", "clerk" }, DenyRole},
		{"no kind of actor", Actor{Party: party("Dr Amara Okafor")}, func(*Request) {}, DenyUnfit},
	} {
		r := asked()
		c.ask(&r)
		if d := Evaluate(with(func(g *Grant) { g.Actor = c.actor }), r); d.Why() != c.why {
			t.Errorf("%s: got %q, want %q", c.name, d.Why(), c.why)
		}
	}
}

func TestR23PurposeIsMandatoryAndWithinTheGrants(t *testing.T) {
	if _, err := Marshal(with(func(g *Grant) { g.Purposes = nil })); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("a grant without a purpose was written: %v", err)
	}
	if _, err := Marshal(with(func(g *Grant) { g.Purposes = []stele.Purpose{"CURIOSITY"} })); err == nil {
		t.Error("a grant for a purpose outside the value set was written")
	}
	for _, p := range append(stele.Purposes(), "", "CURIOSITY", "treat") {
		r := asked()
		r.Purpose = p
		if d := Evaluate(care(), r); d.Permit() != (p == stele.Treatment) {
			t.Errorf("purpose %q under a treatment grant: %v", p, d)
		}
	}
}

func TestR24ResearchIsNeverServedUnderATreatmentGrant(t *testing.T) {
	r := asked()
	r.Purpose = stele.Research
	both := with(func(g *Grant) { g.Purposes = []stele.Purpose{stele.Treatment, stele.Research} })
	for _, g := range []Grant{care(), both} {
		if d := Evaluate(g, r); d.Permit() {
			t.Error("research was served under a treatment grant")
		}
	}
	if _, err := Marshal(both); err == nil {
		t.Error("a grant for treatment and research together was written")
	}
	study := with(func(g *Grant) { g.Purposes = []stele.Purpose{stele.Research} })
	if d := Evaluate(study, r); !d.Permit() {
		t.Errorf("research under its own grant: %v", d.Why())
	}
	if d := Evaluate(study, asked()); d.Permit() {
		t.Error("treatment was served under a research grant")
	}
}

func TestLaw2ZeroValuesDeny(t *testing.T) {
	if (Decision{}).Permit() {
		t.Error("the zero decision permits")
	}
	if Evaluate(Grant{}, asked()).Permit() || Evaluate(care(), Request{}).Permit() || Covers(Grant{}, asked().Label).Permit() {
		t.Error("a zero value permits")
	}
}

// Widening a request's label or narrowing a grant can only turn yes into no.
func TestNarrowingNeverOpens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGrant(t)
		label := stele.Label{
			Category:    rapid.SampledFrom(stele.Categories()).Draw(t, "category"),
			Sensitivity: rapid.SliceOfN(rapid.SampledFrom(stele.Sensitivities()), 0, 2).Draw(t, "label"),
			Year:        rapid.IntRange(0, 2030).Draw(t, "year"),
			Source:      subject(rapid.SampledFrom(places).Draw(t, "source")),
		}
		when := anyDate(t, "when", 1985, 2030).String()
		h := id(rapid.ByteRange(1, 60).Draw(t, "handle"))
		narrow := g
		switch rapid.IntRange(0, 4).Draw(t, "narrowing") {
		case 0:
			narrow.Categories = []stele.Category{stele.Allergies}
			if g.Categories[0] != AllCategories {
				narrow.Categories = g.Categories[:1]
			}
		case 1:
			narrow.Sensitivity = nil
		case 2:
			narrow.From, narrow.To = Date{Year: 2005, Month: 12, Day: 28}, Date{Year: 2006}
		case 3:
			narrow.Sources = append([]Party{}, g.Sources...)
			if len(g.Sources) == 0 {
				narrow.Sources = []Party{party("City Lab")}
			}
			narrow.Sources = narrow.Sources[:1]
		case 4:
			if len(g.Records) == 0 {
				narrow.Records = []stele.ID{id(5)}
			}
		}
		if Covers(narrow, label).Permit() && !Covers(g, label).Permit() {
			t.Fatal("a narrower grant opens a folio that the wider one does not")
		}
		if CoversRecord(narrow, label, h, when).Permit() && !CoversRecord(g, label, h, when).Permit() {
			t.Fatal("a narrower grant opens a record that the wider one does not")
		}
	})
}
